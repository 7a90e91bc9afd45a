"""The check-in form: severities, a few measurements, a note and a moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import uuid4

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diary import vocabulary
from diary.drafts import CheckInDraft, Reading
from diary.models import CheckIn
from diary.redflags import RedFlag, red_flags
from sharing.fields import LocalMomentField, NumberField, note_field
from sharing.models import Patient

SEVERITIES = [
    (str(severity.value), gettext_lazy(severity.label))
    for severity in vocabulary.Severity
]
GROUPS = (
    (vocabulary.When.PRODROME, gettext_lazy("Early signs")),
    (vocabulary.When.LEAK, gettext_lazy("Leak phase")),
    (vocabulary.When.RECOVERY, gettext_lazy("Recovery")),
    (None, gettext_lazy("Other")),
)
MEASURED = ("systolic", "diastolic", "pulse", "weight", "temperature")


class Measured(NamedTuple):
    """A value's field with the choice of its unit, or the one unit that it has."""

    value: forms.BoundField
    unit_choice: forms.BoundField | None
    unit: str


class CheckInForm(forms.Form):
    """Everything is optional, but an empty check-in is not one."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    well = forms.BooleanField(required=False, widget=forms.HiddenInput)
    at = LocalMomentField(required=False, label=gettext_lazy("When did you feel this?"))
    note = note_field(label=gettext_lazy("Note"))

    def __init__(
        self,
        data: Any = None,
        *,
        patient: Patient,
        top: tuple[str, ...] = vocabulary.SHORT_LIST,
    ) -> None:
        typed = None if data is None else {name: data.get(name) for name in data}
        super().__init__(typed, initial={"client_id": uuid4()})
        self.patient = patient
        self.top = top
        self.refused: dict[str, Decimal] = {}  # values outside what is possible
        moment = self.fields["at"]
        assert isinstance(moment, LocalMomentField)
        moment.zone = patient.tz
        for symptom in vocabulary.SYMPTOMS.values():
            self.fields[f"s_{symptom.key}"] = forms.ChoiceField(
                choices=SEVERITIES,
                required=False,
                widget=forms.RadioSelect,
                label=_(symptom.label),
                # The short list stays short; the rest says what it means.
                help_text="" if symptom.key in top else _(symptom.plain),
            )
        for key in MEASURED:
            self._add_measurement(vocabulary.QUANTITIES[key])

    def _add_measurement(self, quantity: vocabulary.Quantity) -> None:
        self.fields[f"m_{quantity.key}"] = NumberField(
            required=False, max_digits=8, decimal_places=2, label=_(quantity.label)
        )
        if len(quantity.units) > 1:
            self.fields[f"u_{quantity.key}"] = forms.ChoiceField(
                choices=[(unit, unit) for unit in quantity.units],
                required=False,
                initial=self.patient.units.get(quantity.key, quantity.canonical_unit),
                label=_("Unit of %(quantity)s") % {"quantity": _(quantity.label)},
            )

    def top_symptoms(self) -> Iterator[forms.BoundField]:
        return (self[f"s_{key}"] for key in self.top)

    def more_symptoms(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """The rest of the vocabulary, under the phase that each mostly belongs to."""
        for group, label in GROUPS:
            keys = [
                s.key
                for s in vocabulary.SYMPTOMS.values()
                if s.key not in self.top and next(iter(s.phases), None) == group
            ]
            if keys:
                yield str(label), [self[f"s_{key}"] for key in keys]

    def measurements(self) -> Iterator[Measured]:
        for key in MEASURED:
            unit = f"u_{key}"
            yield Measured(
                self[f"m_{key}"],
                self[unit] if unit in self.fields else None,
                vocabulary.QUANTITIES[key].canonical_unit,
            )

    def opens(self, *prefixes: str) -> bool:
        """Whether a folded part holds something typed or refused."""
        return self.is_bound and any(
            self.data.get(name) or name in self.errors
            for name in self.fields
            if name.startswith(prefixes)
        )

    @property
    def more_open(self) -> bool:
        rest = {f"s_{key}" for key in vocabulary.SYMPTOMS if key not in self.top}
        return self.opens(*rest)

    @property
    def measurements_open(self) -> bool:
        return self.opens("m_")

    @property
    def note_open(self) -> bool:
        return self.opens("note")

    @property
    def at_open(self) -> bool:
        return self.opens("at")

    def renew(self) -> None:
        """Give the shown form a new client id, keeping everything else typed."""
        self.data = {**self.data, "client_id": str(uuid4())}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.symptoms = {
            key: int(data[f"s_{key}"])
            for key in vocabulary.SYMPTOMS
            if data.get(f"s_{key}")
        }
        self.readings = tuple(self._readings(data))
        if data.get("m_diastolic") is not None and "m_systolic" in data:
            upper, lower = data["m_systolic"], data["m_diastolic"]
            if upper is None:
                self.add_error("m_systolic", _("Enter the upper value too."))
            elif upper <= lower:
                self.add_error(
                    "m_diastolic",
                    _("The lower value must be below the upper one (%(upper)s).")
                    % {"upper": upper.normalize()},
                )
        if data.get("well") and any(self.symptoms.values()):
            self.add_error(
                None,
                _(
                    "You chose symptoms and pressed “No symptoms today”. "
                    "Press “Save check-in” to keep the symptoms."
                ),
            )
        if not self.errors and not (
            data.get("well") or self.symptoms or self.readings or data.get("note")
        ):
            self.add_error(
                None,
                _(
                    "Nothing is filled in yet. Choose a symptom, enter a measurement "
                    "or write a note, or press “No symptoms today”."
                ),
            )
        return data

    def _readings(self, data: dict[str, Any]) -> Iterator[Reading]:
        for key in MEASURED:
            typed: Decimal | None = data.get(f"m_{key}")
            if typed is None:
                continue
            quantity = vocabulary.QUANTITIES[key]
            unit = data.get(f"u_{key}") or quantity.canonical_unit
            try:
                value = vocabulary.to_canonical(key, typed, unit)
                vocabulary.check_range(key, value)
            except vocabulary.OutOfRange as limits:
                self.refused[key] = value
                low, high = (
                    vocabulary.from_canonical(key, limit, unit).normalize()
                    for limit in (limits.low, limits.high)
                )
                self.add_error(
                    f"m_{key}",
                    _("Enter a value from %(low)s to %(high)s %(unit)s.")
                    % {"low": f"{low:f}", "high": f"{high:f}", "unit": unit},
                )
            except ValueError:
                self.add_error(f"m_{key}", _("Enter a number."))
            else:
                yield Reading(key, value, typed, unit)

    def red_flags(self, now: datetime) -> list[RedFlag]:
        """The red flags in what was typed, as far as it can be read, saved or not."""
        typed = {r.quantity: r.value for r in self.readings}
        return red_flags(
            self.symptoms, self.refused | typed, is_child=self.patient.is_child(now)
        )

    def to_draft(self) -> CheckInDraft:
        """The check-in as typed; without a time it is felt now."""
        data = self.cleaned_data
        return CheckInDraft(
            client_id=data["client_id"],
            at=data["at"] or timezone.now(),
            zone=self.patient.zone,
            timed=data["at"] is not None,
            symptoms=self.symptoms,
            no_symptoms=bool(data["well"]),
            note=data["note"],
            readings=self.readings,
        )


def top_symptoms(patient: Patient) -> tuple[str, ...]:
    """What this patient logged most of late, filled up with the common list."""
    used = CheckIn.objects.most_used_symptoms(patient, limit=4)
    known = [code for code in used if code in vocabulary.SYMPTOMS]
    rest = [code for code in vocabulary.SHORT_LIST if code not in known]
    return tuple((known + rest)[: len(vocabulary.SHORT_LIST)])
