"""Forms about a record itself: its start and its settings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diary import vocabulary
from sharing.fields import EARLIEST_YEAR, ZoneField
from sharing.models import EmergencyContact, Patient

MEASURED_AT_HOME = ("weight", "temperature")  # what has a unit to choose
CONTACTS = 5  # design choice: more would not be called in a hurry
LONGEST_PLAN = 4000


class NameField(forms.CharField):
    """A person's name on one line; it goes into mail, so it holds no address."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=80, **kwargs)

    def to_python(self, value: Any) -> Any:
        return " ".join((super().to_python(value) or "").split())

    def validate(self, value: Any) -> None:
        super().validate(value)
        if "://" in value or "www." in value.lower():
            raise ValidationError(_("Enter a name without a web address."))


class DialableField(forms.CharField):
    """A number that a phone can call: digits, a leading +, and what separates them."""

    widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "off"})

    def __init__(self, *, fewest: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fewest = fewest

    def to_python(self, value: Any) -> Any:
        # Numbers copied from a contact list come with invisible marks of direction.
        typed = super().to_python(value) or ""
        shown = "".join(c if c.isprintable() else " " for c in typed)
        return " ".join(shown.split())

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value in self.empty_values:
            return
        digits = sum(c.isdigit() for c in value)
        if not re.fullmatch(r"\+?[0-9 ()./-]+", value):
            raise ValidationError(
                _("Enter a phone number: digits, with a + in front if you like.")
            )
        if not self.fewest <= digits <= 15:
            raise ValidationError(_("This is too short or too long to be called."))


def emergency_number() -> DialableField:
    return DialableField(
        label=gettext_lazy("Emergency number where you live"),
        fewest=2,
        max_length=20,
        help_text=gettext_lazy(
            "The number for an ambulance. Such as 112 in Europe, 911 in North America, "
            "000 in Australia. The help page calls it."
        ),
    )


class StartForm(forms.Form):
    """The little that a new record cannot do without."""

    name = NameField(
        label=gettext_lazy("Your name, as those you share with will see it"),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    zone = ZoneField(label=gettext_lazy("Your time zone"))
    emergency_number = emergency_number()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = self.fields["zone"]
        assert isinstance(zone, ZoneField)
        places = cast("Iterable[tuple[str, str]]", zone.choices)
        zone.choices = [("", _("Choose …")), *places]
        zone.widget.attrs["data-browser-zone"] = ""  # static/js/capleak.js fills it


@dataclass(frozen=True, slots=True)
class Contact:
    """Someone to call, as typed."""

    name: str
    phone: str
    role: str


class SettingsForm(forms.Form):
    """Everything about a record that is neither an entry nor a person with access."""

    emergency_number = emergency_number()
    plan_text = forms.CharField(
        label=gettext_lazy("My plan"),
        required=False,
        max_length=LONGEST_PLAN,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=gettext_lazy(
            "Written by you and your team: what to do and whom to call when an attack "
            "starts. CapLeak shows it on the help page, word for word."
        ),
    )
    name = NameField(label=gettext_lazy("Name"))
    born_on = forms.DateField(
        label=gettext_lazy("Date of birth"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": gettext_lazy("Enter a date, such as 1979-03-14.")},
        help_text=gettext_lazy("Some urgent signs differ for children."),
    )
    zone = ZoneField(
        label=gettext_lazy("Time zone"),
        help_text=gettext_lazy(
            "For what you enter from now on. Earlier entries stay on the day and at "
            "the hour at which they were lived, and an IVIG plan keeps its own zone "
            "until you change the plan."
        ),
    )

    def __init__(self, data: Any = None, *, patient: Patient) -> None:
        super().__init__(data, initial=_initial(patient))
        self.patient = patient
        for key in MEASURED_AT_HOME:
            quantity = vocabulary.QUANTITIES[key]
            self.fields[f"u_{key}"] = forms.ChoiceField(
                label=_(quantity.label),
                choices=[(unit, unit) for unit in quantity.units],
                widget=forms.RadioSelect,
            )
        for number in range(1, CONTACTS + 1):
            self._add_contact(number)

    def _add_contact(self, number: int) -> None:
        self.fields[f"c{number}_name"] = NameField(label=_("Name"), required=False)
        self.fields[f"c{number}_phone"] = DialableField(
            label=_("Phone"), required=False, fewest=3, max_length=40
        )
        self.fields[f"c{number}_role"] = forms.CharField(
            label=_("Who they are"), required=False, max_length=80
        )

    def units(self) -> list[forms.BoundField]:
        return [self[f"u_{key}"] for key in MEASURED_AT_HOME]

    def contacts(self) -> Iterator[ContactRow]:
        """The rows for contacts; the template folds away those that are empty."""
        for number in range(1, CONTACTS + 1):
            parts = (self[f"c{number}_{part}"] for part in ("name", "phone", "role"))
            yield ContactRow(number, *parts)

    def clean_born_on(self) -> date | None:
        born_on: date | None = self.cleaned_data["born_on"]
        today = timezone.now().astimezone(self.patient.tz).date()
        if born_on and not EARLIEST_YEAR <= born_on.year <= today.year:
            raise ValidationError(_("Enter a date between 1900 and today."))
        if born_on and born_on > today:
            raise ValidationError(_("This day has not come yet."))
        return born_on

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.typed_contacts = list(self._contacts(data))
        return data

    def _contacts(self, data: dict[str, Any]) -> Iterator[Contact]:
        for number in range(1, CONTACTS + 1):
            parts = [
                data.get(f"c{number}_{part}") for part in ("name", "phone", "role")
            ]
            if not any(parts):
                continue  # an emptied row is a contact removed
            words = {"number": number}
            if parts[0] == "":
                self.add_error(
                    f"c{number}_name", _("Contact %(number)s needs a name.") % words
                )
            if parts[1] == "":
                self.add_error(
                    f"c{number}_phone",
                    _("Contact %(number)s needs a phone number.") % words,
                )
            yield Contact(*(part or "" for part in parts))

    def save(self) -> None:
        """Store everything under the patient's lock; contacts in the order typed."""
        data, patient = self.cleaned_data, self.patient
        kept = ("emergency_number", "plan_text", "name", "born_on", "zone")
        chosen = {key: data[f"u_{key}"] for key in MEASURED_AT_HOME}
        with Patient.objects.writing(patient):
            Patient.objects.filter(pk=patient.pk).update(
                units=patient.units | chosen, **{field: data[field] for field in kept}
            )
            patient.emergency_contacts.all().delete()
            EmergencyContact.objects.bulk_create(
                EmergencyContact(
                    patient=patient,
                    name=contact.name,
                    phone=contact.phone,
                    role=contact.role,
                    position=position,
                )
                for position, contact in enumerate(self.typed_contacts)
            )


@dataclass(frozen=True, slots=True)
class ContactRow:
    """The three fields of one contact."""

    number: int
    name: forms.BoundField
    phone: forms.BoundField
    role: forms.BoundField

    @property
    def is_blank(self) -> bool:
        fields = (self.name, self.phone, self.role)
        return not any(field.value() or field.errors for field in fields)


def _initial(patient: Patient) -> dict[str, Any]:
    initial = {
        name: getattr(patient, name)
        for name in ("emergency_number", "plan_text", "name", "born_on", "zone")
    }
    for key in MEASURED_AT_HOME:
        unit = vocabulary.QUANTITIES[key].canonical_unit
        initial[f"u_{key}"] = patient.units.get(key, unit)
    for number, contact in enumerate(patient.emergency_contacts.all()[:CONTACTS], 1):
        for part in ("name", "phone", "role"):
            initial[f"c{number}_{part}"] = getattr(contact, part)
    return initial
