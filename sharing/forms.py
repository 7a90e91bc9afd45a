"""What a grant allows, as a form; and the form that invites somebody."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sharing.changing import end_of, start_of
from sharing.models import Category, Grant, Patient, Permission, User
from sharing.services import InvitationDraft

LATEST = timedelta(days=3653)  # about ten years; further off is a slip of the hand

# What is more than looking, said so that nobody gives it away by mistake.
EXTRAS = {
    Permission.LOG: gettext_lazy(
        "Add entries: check-ins, attacks, infusions, in their own name"
    ),
    Permission.EXPORT: gettext_lazy(
        "Download: take the entries out as a file, to keep outside CapLeak"
    ),
    Permission.MANAGE: gettext_lazy(
        "Manage: change the settings and the plan, invite and remove people. As strong "
        "as the owner: only for someone who runs this diary with you"
    ),
}

HIDES = {
    "hide_own_symptoms": Category.OWN_SYMPTOMS,
    "hide_period": Category.PERIOD,
}
SHOW, HIDE, AS_USUAL = "show", "hide", ""


def day_field(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": gettext_lazy("Enter a date, such as 2027-03-14.")},
    )


class AccessForm(forms.Form):
    """What a grant allows. Nobody can give away more than they have themselves."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Who are they to you?"),
        choices=[
            (Grant.Kind.CAREGIVER, gettext_lazy("Family, friend or caregiver")),
            (Grant.Kind.CLINICIAN, gettext_lazy("Doctor, nurse or clinic")),
        ],
        widget=forms.RadioSelect,
        initial=Grant.Kind.CAREGIVER,
    )
    permissions = forms.MultipleChoiceField(
        label=gettext_lazy("What may they do, besides looking?"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy("Everyone you invite can see the diary."),
    )
    notes = forms.ChoiceField(
        label=gettext_lazy("May they read your notes?"),
        choices=[
            (
                AS_USUAL,
                gettext_lazy("As usual: family and caregivers yes, a clinic no"),
            ),
            (SHOW, gettext_lazy("Yes")),
            (HIDE, gettext_lazy("No")),
        ],
        widget=forms.RadioSelect,
        required=False,
        initial=AS_USUAL,
    )
    hide_own_symptoms = forms.BooleanField(
        label=gettext_lazy("Keep the symptoms in my own words to myself"),
        required=False,
        help_text=gettext_lazy(
            "They see the symptoms of the list, and not those that you named yourself."
        ),
    )
    hide_period = forms.BooleanField(
        label=gettext_lazy("Keep my period to myself"),
        required=False,
        help_text=gettext_lazy("They see entries without the mark “period”."),
    )
    begins = forms.ChoiceField(
        label=gettext_lazy("From when?"),
        choices=[
            ("now", gettext_lazy("At once")),
            ("date", gettext_lazy("From a date")),
        ],
        widget=forms.RadioSelect,
        required=False,
        initial="now",
    )
    begins_on = day_field(gettext_lazy("First day, if you chose a date"))
    ends = forms.ChoiceField(
        label=gettext_lazy("For how long?"),
        choices=[
            ("never", gettext_lazy("Until I remove them")),
            ("30", gettext_lazy("30 days")),
            ("90", gettext_lazy("90 days")),
            ("date", gettext_lazy("Until a date")),
        ],
        widget=forms.RadioSelect,
        initial="never",
    )
    until = day_field(gettext_lazy("Last day, if you chose a date"))

    def __init__(self, data: Any = None, *, patient: Patient, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.patient = patient  # as whoever gives access may open it
        self.today = timezone.now().astimezone(patient.tz).date()
        self.offer(patient.given)
        if patient.granted_until:
            last_day = patient.granted_until.astimezone(patient.tz)
            self.fields["ends"].help_text = _(
                "Your own access ends on %(day)s. Theirs ends then, if not earlier."
            ) % {"day": date_format(last_day, "j F Y")}

    def offer(self, permissions: frozenset[str]) -> None:
        offered = self.fields["permissions"]
        assert isinstance(offered, forms.MultipleChoiceField)
        offered.choices = [
            (p, words) for p, words in EXTRAS.items() if p in permissions
        ]

    def stays_hidden(self, category: Category) -> bool:
        """Whether it cannot be shown, because whoever gives access must not see it."""
        return self.patient.hides(category)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        hidden = [name for name in HIDES if data.get(name)]
        hidden += ["notes"] if data.get("notes") == HIDE else []
        if hidden and Permission.MANAGE in data.get("permissions", ()):
            self.add_error(
                hidden[0],
                _(
                    "Someone who manages the diary sees all of it. Choose one of "
                    "the two."
                ),
            )
        self._check_days(data)
        return data

    def _check_days(self, data: dict[str, Any]) -> None:
        """Make `begins_on` and `until` the days that were chosen, or None."""
        for name, choice, missing in (
            ("begins_on", data.get("begins"), _("Choose the first day.")),
            ("until", data.get("ends"), _("Choose the last day.")),
        ):
            if choice != "date":
                data[name] = None
            elif data.get(name) is None and name in data:
                self.add_error(name, missing)
            elif data.get(name) and data[name] != self.initial.get(name):
                self._check_day(name, data[name])
        first = max(data.get("begins_on") or self.today, self.today)
        if data.get("ends") in {"30", "90"}:
            data["until"] = first + timedelta(days=int(data["ends"]))
        if data.get("until") and data["until"] < first:
            self.add_error("until", _("This is before the first day."))
        own_end = self.patient.granted_until
        if (
            own_end
            and data.get("begins_on")
            and start_of(first, self.patient) >= own_end
        ):
            self.add_error("begins_on", _("Your own access has ended by then."))

    def _check_day(self, name: str, day: date) -> None:
        if day <= self.today:
            self.add_error(name, _("Choose a day after today."))
        elif day > self.today + LATEST:
            self.add_error(name, _("Choose a day within the next ten years."))

    def permissions_given(self) -> list[str]:
        """As stored: in the order of the choices, with the permission to look."""
        ticked = {Permission.VIEW, *self.cleaned_data["permissions"]}
        return [p for p in Permission.values if p in ticked]

    def hidden(self) -> list[str]:
        """What is left out, as stored: in the order of the choices."""
        data = self.cleaned_data
        manages = Permission.MANAGE in data["permissions"]
        is_clinician = data["kind"] == Grant.Kind.CLINICIAN
        ticked = {category for name, category in HIDES.items() if data[name]}
        if data["notes"] == HIDE or (
            data["notes"] == AS_USUAL and is_clinician and not manages
        ):
            ticked.add(Category.NOTES)
        return [c for c in Category if c in ticked or self.stays_hidden(c)]


class NameForm(forms.Form):
    """By what name the invited are known; who has one already is not asked."""

    name = forms.CharField(
        label=gettext_lazy("Your name, as they know you"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def save(self, user: User) -> None:
        """Keep a name of somebody who has none yet."""
        if not user.name:
            user.name = self.cleaned_data["name"]
            user.save(update_fields=["name"])


class InviteForm(AccessForm):
    """Invite an address, or make a link for somebody who is here."""

    way = forms.ChoiceField(
        label=gettext_lazy("How do they get the invitation?"),
        choices=[
            ("mail", gettext_lazy("By e-mail")),
            ("link", gettext_lazy("From my screen: a QR code and a link")),
        ],
        widget=forms.RadioSelect,
        required=False,
        initial="mail",
    )
    email = forms.EmailField(
        label=gettext_lazy("Their e-mail address"),
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("The link works only for whoever owns this address."),
    )
    meant_for = forms.CharField(
        label=gettext_lazy("Who is it for?"),
        max_length=80,
        required=False,
        help_text=gettext_lazy(
            "For your own list, such as “my sister”. You see who opened the link, and "
            "let them in with one more tap."
        ),
    )
    client_id = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid4)

    @property
    def by_link(self) -> bool:
        return self.cleaned_data.get("way") == "link"

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("way") == "link":
            data["email"] = ""
            self.errors.pop("email", None)  # of a field that is not used
        elif data.get("email") == "":
            self.add_error("email", self.fields["email"].error_messages["required"])
        return data

    def to_draft(self) -> InvitationDraft:
        """The invitation as typed, with the permission to look."""
        data = self.cleaned_data
        begins_on, until = data["begins_on"], data["until"]
        return InvitationDraft(
            email=data["email"],
            meant_for=data["meant_for"] if self.by_link else "",
            kind=data["kind"],
            permissions=tuple(self.permissions_given()),
            hidden=tuple(self.hidden()),
            starts_at=start_of(begins_on, self.patient) if begins_on else None,
            expires_at=end_of(until, self.patient) if until else None,
            client_id=data["client_id"] or uuid4(),
        )
