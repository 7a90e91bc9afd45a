"""The form that invites someone into a record."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sharing.models import Category, Grant, Patient, Permission
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
    "hide_notes": Category.NOTES,
    "hide_own_symptoms": Category.OWN_SYMPTOMS,
    "hide_period": Category.PERIOD,
}


class InviteForm(forms.Form):
    """Nobody can give away more than they have themselves."""

    email = forms.EmailField(
        label=gettext_lazy("Their e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("The link works only for whoever owns this address."),
    )
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
    hide_notes = forms.BooleanField(
        label=gettext_lazy("Keep the notes to myself"),
        required=False,
        help_text=gettext_lazy("They see entries and attacks without what is written."),
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
    until = forms.DateField(
        label=gettext_lazy("Last day, if you chose a date"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": gettext_lazy("Enter a date, such as 2027-03-14.")},
    )

    def __init__(self, data: Any = None, *, patient: Patient) -> None:
        super().__init__(data)
        self.patient = patient
        offered = self.fields["permissions"]
        assert isinstance(offered, forms.MultipleChoiceField)
        offered.choices = [
            (p.value, words) for p, words in EXTRAS.items() if p in patient.given
        ]
        if patient.granted_until:
            last_day = patient.granted_until.astimezone(patient.tz)
            self.fields["ends"].help_text = _(
                "Your own access ends on %(day)s. Theirs ends then, if not earlier."
            ) % {"day": date_format(last_day, "j F Y")}

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        hidden = [name for name in HIDES if data.get(name)]
        if hidden and Permission.MANAGE in data.get("permissions", ()):
            self.add_error(
                hidden[0],
                _(
                    "Someone who manages the diary sees all of it. Choose one of "
                    "the two."
                ),
            )
        if data.get("ends") == "date" and "until" in data:
            self._check_until(data["until"])
        return data

    def _check_until(self, until: date | None) -> None:
        today = timezone.now().astimezone(self.patient.tz).date()
        if until is None:
            self.add_error("until", _("Choose the last day."))
        elif until <= today:
            self.add_error("until", _("Choose a day after today."))
        elif until > today + LATEST:
            self.add_error("until", _("Choose a day within the next ten years."))

    def to_draft(self) -> InvitationDraft:
        """The invitation as typed, with the permission to look."""
        data = self.cleaned_data
        return InvitationDraft(
            email=data["email"],
            kind=data["kind"],
            permissions=(Permission.VIEW, *data["permissions"]),
            hidden=tuple(
                category
                for name, category in HIDES.items()
                if data[name] or self.patient.hides(category)
            ),
            expires_at=self._expires_at(),
        )

    def _expires_at(self) -> datetime | None:
        """The end of the last day, on the patient's clock."""
        ends, zone = self.cleaned_data["ends"], self.patient.tz
        if ends == "never":
            return None
        if ends == "date":
            last: date = self.cleaned_data["until"]
        else:
            last = timezone.now().astimezone(zone).date() + timedelta(days=int(ends))
        end = datetime.combine(last, time(23, 59, 59), tzinfo=zone)
        return end.astimezone(UTC)
