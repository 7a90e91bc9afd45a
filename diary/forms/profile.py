"""The diagnosis, and what is usual for this person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundWidget
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diary import causes
from diary.forms.confirming import ConfirmsDoubts, Measured
from diary.models import Profile
from diary.personal import ProfileDraft, UsualValue, last_units, stored_usual
from diary.vocabulary import SYMPTOMS, Severity, When
from sharing.fields import EARLIEST_YEAR
from sharing.models import Patient

# One line of the form each: what is measured together has one day.
USUAL: Final = (
    ("systolic", "diastolic"),
    ("pulse",),
    ("weight",),
    ("hematocrit",),
    ("hemoglobin",),
    ("albumin",),
    ("creatinine",),
)
SHORT: Final = {
    "systolic": gettext_lazy("Upper pressure"),
    "diastolic": gettext_lazy("Lower pressure"),
}
PHASES: Final = (
    (When.PRODROME, gettext_lazy("Early signs")),
    (When.LEAK, gettext_lazy("Leak phase")),
    (When.RECOVERY, gettext_lazy("Recovery")),
    (None, gettext_lazy("Other")),
)
SEVERITIES: Final = [(str(s.value), gettext_lazy(s.label)) for s in Severity]


class PastDayField(forms.DateField):
    """A day from 1900 to today; the form sets `zone`, by which it is today."""

    default_error_messages = {
        "invalid": gettext_lazy("Enter a date, such as 2019-03-14."),
        "absurd": gettext_lazy("Enter a date between 1900 and today."),
        "future": gettext_lazy("This day has not come yet."),
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget", forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        )
        super().__init__(**kwargs)
        self.zone = ZoneInfo("UTC")

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value is None:
            return
        today = timezone.now().astimezone(self.zone).date()
        if not EARLIEST_YEAR <= value.year <= today.year:
            raise ValidationError(self.error_messages["absurd"], code="absurd")
        if value > today:
            raise ValidationError(self.error_messages["future"], code="future")


@dataclass(frozen=True, slots=True)
class UsualRow:
    """The fields of one line of usual values."""

    values: list[Measured]
    on: forms.BoundField

    @property
    def is_pair(self) -> bool:
        return len(self.values) > 1


class SymptomGroup(NamedTuple):
    """Symptoms under one heading; `is_open` if one of them is filled in or refused."""

    label: str
    fields: list[forms.BoundField]
    is_open: bool


def _named(choices: Mapping[str, causes.Choice]) -> list[Any]:
    return [(choice.key, _(choice.label)) for choice in choices.values()]


def _grouped(groups: tuple[causes.Group, ...]) -> list[Any]:
    return [
        (_(group.label), [(choice.key, _(choice.label)) for choice in group.choices])
        for group in groups
    ]


class ProfileForm(ConfirmsDoubts):
    """Everything is optional: blank is "not known", which is an answer too."""

    kind = forms.ChoiceField(
        required=False,
        widget=forms.RadioSelect,
        label=gettext_lazy("Form of the disease"),
    )
    cause = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Cause, if it is secondary"),
    )
    cause_text = forms.CharField(
        required=False,
        max_length=120,
        label=gettext_lazy("Which, in your own words"),
    )
    diagnosed_on = PastDayField(
        required=False,
        label=gettext_lazy("Date of diagnosis"),
        help_text=gettext_lazy("A rough date is enough."),
    )
    m_protein = forms.ChoiceField(
        required=False,
        label=gettext_lazy("M-protein in the blood"),
    )
    capillary_hemoglobin = forms.BooleanField(
        required=False,
        label=gettext_lazy("I measure hemoglobin with a finger-prick meter"),
        help_text=gettext_lazy(
            "Only if your own team gave you one. Its values are kept as a series and "
            "nothing else: there is no published limit for them."
        ),
    )

    def __init__(self, data: Any = None, *, patient: Patient, profile: Profile) -> None:
        super().__init__(None if data is None else data.copy())
        self.patient = patient
        self.said = tuple(usual.reading for usual in stored_usual(patient))
        blank = ("", _("Not known"))
        self._choices("kind", [*_named(causes.FORMS), blank])
        self._choices("cause", [blank, *_grouped(causes.CAUSE_GROUPS)])
        self._choices("m_protein", [blank, *_named(causes.M_PROTEINS)])
        self.initial.update(
            kind=profile.form,
            cause=profile.cause,
            cause_text=profile.cause_text,
            diagnosed_on=profile.diagnosed_on,
            m_protein=profile.m_protein,
            capillary_hemoglobin=profile.capillary_hemoglobin,
        )
        self._add_symptoms(profile)
        self._add_usual()
        for field in self.fields.values():
            if isinstance(field, PastDayField):
                field.zone = patient.tz

    def _choices(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def _add_symptoms(self, profile: Profile) -> None:
        for symptom in SYMPTOMS.values():
            name = f"s_{symptom.key}"
            self.fields[name] = forms.ChoiceField(
                choices=SEVERITIES,
                required=False,
                widget=forms.RadioSelect,
                label=_(symptom.label),
                help_text=_(symptom.plain),
            )
            severity = profile.usual_symptoms.get(symptom.key)
            if severity is not None:
                self.initial[name] = str(severity)

    def _add_usual(self) -> None:
        units = last_units(self.patient, [key for row in USUAL for key in row])
        days = {u.reading.quantity: u.on for u in stored_usual(self.patient)}
        known = {reading.quantity: reading for reading in self.said}
        for row in USUAL:
            for key in row:
                self.add_value(f"m_{key}", key, str(SHORT.get(key, "")))
                if key in units:
                    self.initial[f"u_{key}"] = units[key]
                if key in known:
                    typed = known[key].typed_value.normalize()
                    self.initial[f"m_{key}"] = f"{typed:f}"
                    self.initial[f"u_{key}"] = known[key].typed_unit
            self.fields[f"d_{row[0]}"] = PastDayField(required=False, label=_("As of"))
            self.initial[f"d_{row[0]}"] = days.get(row[0])

    # --- What the page shows ----------------------------------------------------------

    def kinds(self) -> Iterator[tuple[BoundWidget, str]]:
        """Each form of the disease with what it means in everyday words."""
        for choice in self["kind"]:
            known = causes.FORMS.get(choice.data["value"])
            yield choice, _(known.plain) if known else ""

    def symptoms(self) -> Iterator[SymptomGroup]:
        """Every symptom under the phase that it mostly belongs to."""
        for phase, label in PHASES:
            fields = [
                self[f"s_{symptom.key}"]
                for symptom in SYMPTOMS.values()
                if next(iter(symptom.phases), None) == phase
            ]
            filled = any(field.value() or field.errors for field in fields)
            yield SymptomGroup(str(label), fields, filled)

    def usual(self) -> Iterator[UsualRow]:
        for row in USUAL:
            values = [self.measured(f"m_{key}", key) for key in row]
            yield UsualRow(values, self[f"d_{row[0]}"])

    # --- What it says -----------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        primary = data.get("kind") in {Profile.Form.ACUTE, Profile.Form.CHRONIC}
        if primary and (data.get("cause") or data.get("cause_text")):
            self.add_error(
                "cause",
                _(
                    "A primary form is one without a known cause. Choose “secondary” "
                    "above, or empty the cause."
                ),
            )
        self.check_pressure("m_systolic", "m_diastolic")
        self.usual_values = tuple(self._usual_values())
        return data

    def _usual_values(self) -> Iterator[UsualValue]:
        for row in USUAL:
            day = f"d_{row[0]}"
            typed = [key for key in row if self.data.get(f"m_{key}")]
            if self.cleaned_data.get(day) and not typed:
                self.add_error(day, _("Enter the value too, or empty the date."))
            for key in row:
                if reading := self.read(f"m_{key}", key):
                    yield UsualValue(reading, self.cleaned_data.get(day))

    def to_draft(self) -> ProfileDraft:
        """The profile as filled in."""
        data = self.cleaned_data
        return ProfileDraft(
            form=data["kind"],
            cause=data["cause"],
            cause_text=data["cause_text"],
            diagnosed_on=data["diagnosed_on"],
            m_protein=data["m_protein"],
            capillary_hemoglobin=data["capillary_hemoglobin"],
            usual_symptoms={
                key: int(data[f"s_{key}"]) for key in SYMPTOMS if data[f"s_{key}"]
            },
            usual_values=self.usual_values,
        )
