"""What a record holds around one attack, moment by moment: the numbers of its chart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.utils import dateformat
from django.utils.translation import gettext as _

from attacks.around import window
from attacks.models import Attack
from attacks.phases import Phase, phase_at
from diary import vocabulary
from diary.models import CheckIn, Measurement, Symptom
from diary.words import in_words, with_circumstance
from prophylaxis.models import Infusion
from sharing.models import Patient

MOST: Final = 600  # of each kind; an attack left open for years must still open


@dataclass(frozen=True, slots=True)
class Value:
    """One measured value in the reader's unit."""

    quantity: str
    label: str
    amount: Decimal
    unit: str
    posture: str = ""
    site: str = ""

    @property
    def told(self) -> str:
        text = in_words(self.quantity, self.amount, self.unit)
        return f"{with_circumstance(self.label, self.posture, self.site)} {text}"


@dataclass(frozen=True, slots=True)
class Row:
    """One moment: a check-in, what was measured with it, or an infusion."""

    at: datetime  # on the clock of the place where it was lived
    day: float  # from day 0 of the attack
    phase: Phase | None
    symptoms: tuple[Symptom, ...] = ()
    no_symptoms: bool = False
    values: tuple[Value, ...] = ()
    infusion: str = ""
    note: str = ""

    @property
    def on(self) -> str:
        return dateformat.format(self.at, "j M Y")

    @property
    def time(self) -> str:
        return dateformat.format(self.at, "H:i")

    @property
    def phase_label(self) -> str:
        return _(self.phase.label) if self.phase else ""

    @property
    def felt(self) -> list[str]:
        """Each symptom with its grade in words."""
        return [
            f"{symptom.label}: {(symptom.severity_label or _('not graded')).lower()}"
            for symptom in self.symptoms
        ]

    @property
    def readings(self) -> list[str]:
        """Label and value; the two halves of a blood pressure put together."""
        by = {(value.quantity, value.posture): value for value in self.values}
        told = []
        for value in self.values:
            upper = by.get(("systolic", value.posture))
            lower = by.get(("diastolic", value.posture))
            if value is lower and upper:
                continue
            if value is upper and lower:
                pressure = f"{value.amount:f}/{lower.amount:f} {value.unit}"
                label = with_circumstance(_("Blood pressure"), value.posture)
                told.append(f"{label} {pressure}")
            else:
                told.append(value.told)
        return told


@dataclass(frozen=True, slots=True)
class Entries:
    """The rows around an attack, oldest first."""

    rows: list[Row] = field(default_factory=list)
    cut: bool = False  # more are stored than are shown


def entries(patient: Patient, attack: Attack, now: datetime) -> Entries:
    """Everything felt, measured or infused around an attack, in five queries."""
    since, until = window(attack, now)
    measurements = list(
        Measurement.objects.readable(patient).measured_between(since, until)[:MOST]
    )
    checkins = list(CheckIn.objects.readable(patient).felt_between(since, until)[:MOST])
    infusions = Infusion.objects.readable(patient).filter(
        started_at__range=(since, until)
    )[:MOST]
    rows = [
        *_checkin_rows(patient, attack, checkins, measurements),
        *_infusion_rows(attack, infusions),
    ]
    rows.sort(key=lambda row: row.day)
    return Entries(rows, cut=MOST in (len(measurements), len(checkins)))


def day_of(attack: Attack, at: datetime) -> float:
    """Days that passed since day 0 of the attack."""
    return (at - attack.day_zero) / timedelta(days=1)


def _checkin_rows(
    patient: Patient,
    attack: Attack,
    checkins: Iterable[CheckIn],
    measurements: Iterable[Measurement],
) -> Iterable[Row]:
    """One row a check-in with its values, one a loose reading."""
    by_checkin: dict[int, list[Measurement]] = {}
    loose: dict[tuple[datetime, UUID], list[Measurement]] = {}
    shown = {checkin.pk for checkin in checkins}
    for m in measurements:
        if m.checkin_id in shown:
            by_checkin.setdefault(m.checkin_id, []).append(m)
        else:
            loose.setdefault((m.at, m.client_id), []).append(m)
    for checkin in checkins:
        yield Row(
            at=checkin.local_at,
            day=day_of(attack, checkin.at),
            phase=phase_at(attack.clock, checkin.at),
            symptoms=tuple(checkin.symptoms.all()),
            no_symptoms=checkin.no_symptoms,
            values=_values(by_checkin.get(checkin.pk, ()), patient.units),
            note=checkin.shown_note,
        )
    for together in loose.values():
        first = together[0]
        yield Row(
            at=first.local_at,
            day=day_of(attack, first.at),
            phase=phase_at(attack.clock, first.at),
            values=_values(together, patient.units),
        )


def _infusion_rows(attack: Attack, infusions: Iterable[Infusion]) -> Iterable[Row]:
    for infusion in infusions:
        yield Row(
            at=infusion.local_started_at,
            day=day_of(attack, infusion.started_at),
            phase=phase_at(attack.clock, infusion.started_at),
            infusion=infusion.product,
            note=infusion.shown_note,
        )


def _values(
    measurements: Iterable[Measurement], units: Mapping[str, str]
) -> tuple[Value, ...]:
    return tuple(value_in(m, units) for m in measurements)


def value_in(measurement: Measurement, units: Mapping[str, str]) -> Value:
    """A measurement in the unit that the patient chose for its quantity."""
    unit = unit_of(measurement.quantity, units)
    known = vocabulary.QUANTITIES.get(measurement.quantity)
    amount = measurement.shown_in(unit) if known else measurement.typed_value
    return Value(
        quantity=measurement.quantity,
        label=measurement.label,
        amount=amount.normalize(),
        unit=unit if known else measurement.typed_unit,
        posture=measurement.posture,
        site=measurement.site,
    )


def unit_of(quantity: str, units: Mapping[str, str]) -> str:
    """The unit that the patient chose for a quantity, else the canonical one."""
    known = vocabulary.QUANTITIES.get(quantity)
    if known is None:
        return ""
    chosen = units.get(quantity, known.canonical_unit)
    return chosen if chosen in known.units else known.canonical_unit
