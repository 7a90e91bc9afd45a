"""Forms about a record itself: its start and its settings."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
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

KEPT = ("emergency_number", "plan_text", "name", "born_on", "zone")  # of the record
UNITS = {f"u_{key}": key for key in MEASURED_AT_HOME}
CONTACT_PARTS = ("name", "phone", "role")
PARTS = (*KEPT, *UNITS, "contacts")  # what two people may change beside each other
Settings = Mapping[str, Any]  # some PARTS, each with its value; contacts as a tuple


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

    def __str__(self) -> str:
        return ", ".join(filter(None, (self.name, self.phone, self.role)))


class SettingsForm(forms.Form):
    """Everything about a record that is neither an entry nor a person with access.

    `seen` says what the page showed, so that a page that stood open does not bring
    back what somebody else has changed meanwhile.
    """

    seen = forms.CharField(required=False, max_length=600, widget=forms.HiddenInput)
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
        stored = _stored(patient)
        seen = _write(_marks(stored))
        super().__init__(data, initial=_initial(stored) | {"seen": seen})
        self.patient = patient
        for name, key in UNITS.items():
            quantity = vocabulary.QUANTITIES[key]
            self.fields[name] = forms.ChoiceField(
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
        return [self[name] for name in UNITS]

    def contacts(self) -> Iterator[ContactRow]:
        """The rows for contacts; the template folds away those that are empty."""
        for number in range(1, CONTACTS + 1):
            parts = (self[f"c{number}_{part}"] for part in CONTACT_PARTS)
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
        data["contacts"] = tuple(self._contacts(data))
        return data

    def _contacts(self, data: dict[str, Any]) -> Iterator[Contact]:
        for number in range(1, CONTACTS + 1):
            parts = [data.get(f"c{number}_{part}") for part in CONTACT_PARTS]
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

    def save(self) -> bool:
        """Store under the patient's lock what was changed here, and nothing else.

        False, and nothing stored, if somebody else changed one of these meanwhile; the
        form then says what is saved now, and saving again replaces that knowingly.
        """
        with Patient.objects.writing(self.patient):
            record = Patient.objects.get(pk=self.patient.pk)
            stored = _stored(record)
            seen = _read(self.cleaned_data["seen"])
            typed, found = _marks(self.cleaned_data), _marks(stored)
            changed = [part for part in PARTS if typed[part] != seen.get(part)]
            mine = [part for part in changed if typed[part] != found[part]]
            taken = [part for part in mine if found[part] != seen.get(part)]
            if not taken:
                self._store(record, mine)
        if taken:
            untouched = {part: stored[part] for part in PARTS if part not in changed}
            self.data = dict(self.data.items(), **_initial(untouched))
            self.data["seen"] = _write(found)
            self._show_conflict({part: stored[part] for part in taken})
        return not taken

    def _store(self, record: Patient, parts: Iterable[str]) -> None:
        new = {part: self.cleaned_data[part] for part in parts}
        units = {UNITS[part]: new.pop(part) for part in UNITS.keys() & new.keys()}
        contacts: Iterable[Contact] | None = new.pop("contacts", None)
        same_record = Patient.objects.filter(pk=record.pk)
        same_record.update(units=record.units | units, **new)
        if contacts is not None:
            record.emergency_contacts.all().delete()
            EmergencyContact.objects.bulk_create(
                EmergencyContact(patient=record, position=position, **asdict(contact))
                for position, contact in enumerate(contacts)
            )

    def _show_conflict(self, stored: Settings) -> None:
        self.add_error(
            None,
            _(
                "Somebody changed the same settings after you opened this page. "
                "Nothing of yours is saved yet. What is saved now stands beside each "
                "of them: save again to keep what you typed. Everything that you left "
                "alone is shown as it is saved now."
            ),
        )
        for part, value in stored.items():
            words = str(value or "")
            if part == "contacts":
                words = "; ".join(map(str, value))
            self.add_error(
                "c1_name" if part == "contacts" else part,
                _("Saved meanwhile: %(value)s") % {"value": words or _("empty")},
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


def _stored(patient: Patient) -> Settings:
    """What is saved, in the parts of the form."""
    stored = {name: getattr(patient, name) for name in KEPT}
    for name, key in UNITS.items():
        unit = vocabulary.QUANTITIES[key].canonical_unit
        stored[name] = patient.units.get(key, unit)
    rows = patient.emergency_contacts.all()[:CONTACTS]
    stored["contacts"] = tuple(Contact(row.name, row.phone, row.role) for row in rows)
    return stored


def _initial(settings: Settings) -> dict[str, Any]:
    """Some parts of the settings as values of fields; no contact is an empty row."""
    initial = {part: value for part, value in settings.items() if part != "contacts"}
    if "contacts" in settings:
        rows = [asdict(contact) for contact in settings["contacts"]]
        for number in range(1, CONTACTS + 1):
            row = rows[number - 1] if number <= len(rows) else {}
            for part in CONTACT_PARTS:
                initial[f"c{number}_{part}"] = row.get(part, "")
    return initial


def _marks(settings: Settings) -> dict[str, str]:
    """A digest of each part. Browsers send line ends as CRLF, whatever they got."""
    marks = {}
    for part in PARTS:
        value = settings[part]
        text = "\n".join(value.strip().splitlines()) if part == "plan_text" else value
        marks[part] = hashlib.sha256(repr(text).encode()).hexdigest()[:16]
    return marks


def _write(marks: Mapping[str, str]) -> str:
    return " ".join(f"{part}:{mark}" for part, mark in marks.items())


def _read(seen: str) -> dict[str, str]:
    """The marks that a page carries; a mark that is missing agrees with nothing."""
    return {
        part: mark for part, _colon, mark in (p.partition(":") for p in seen.split())
    }
