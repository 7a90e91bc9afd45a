"""The stored facts of one attack, read together, and what follows from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Protocol, TypeVar

from django.db.models import QuerySet

from attacks.hints import Known
from attacks.models import (
    Attack,
    Complication,
    Facts,
    Grade,
    Stay,
    Treatment,
    Trigger,
)
from attacks.severity import Course
from sharing.models import Category, Patient

OVERNIGHT: Final = timedelta(hours=12)  # design choice
LAST: Final = datetime.max.replace(tzinfo=UTC)


class Timed(Protocol):
    pk: int

    @property
    def at(self) -> datetime | None: ...


T = TypeVar("T", bound=Timed)


@dataclass(frozen=True, slots=True)
class Rows:
    """What was told of one attack, as far as the reader may see it."""

    facts: Facts
    triggers: tuple[Trigger, ...]
    stays: tuple[Stay, ...]
    treatments: tuple[Treatment, ...]
    complications: tuple[Complication, ...]
    grades: tuple[Grade, ...]
    hides_notes: bool

    @property
    def course(self) -> Course:
        return how_far(self.facts, self.stays, self.treatments)

    @property
    def liters(self) -> Decimal | None:
        """All fluids whose amount is known, L; None if none is."""
        amounts = [row.liters for row in self.treatments if row.liters is not None]
        return sum(amounts, Decimal()) if amounts else None


def rows_of(patient: Patient, attack: Attack) -> Rows:
    """The facts of an attack of the opened record; six queries."""
    return rows_of_each(patient, [attack])[attack.pk]


def rows_of_each(patient: Patient, attacks: Collection[Attack]) -> dict[int, Rows]:
    """The facts of some attacks of the opened record, by key; six queries."""
    facts = {row.attack_id: row for row in Facts.objects.filter(attack__in=attacks)}
    triggers = _by_attack(Trigger.objects.readable(patient), attacks)
    stays = _by_attack(Stay.objects.readable(patient), attacks)
    treatments = _by_attack(Treatment.objects.readable(patient), attacks)
    complications = _by_attack(Complication.objects.readable(patient), attacks)
    grades = _by_attack(
        Grade.objects.select_related("assigned_by").order_by("pk"), attacks
    )
    return {
        attack.pk: Rows(
            facts=facts.get(attack.pk) or Facts(attack=attack),
            triggers=tuple(triggers[attack.pk]),
            stays=by_time(stays[attack.pk]),
            treatments=by_time(treatments[attack.pk]),
            complications=by_time(complications[attack.pk]),
            grades=tuple(grades[attack.pk]),
            hides_notes=patient.hides(Category.NOTES),
        )
        for attack in attacks
    }


def _by_attack(
    rows: QuerySet[Any], attacks: Collection[Attack]
) -> defaultdict[int, list[Any]]:
    found = defaultdict(list)
    for row in rows.filter(attack__in=attacks):
        found[row.attack_id].append(row)
    return found


def how_far(
    facts: Facts, stays: Iterable[Stay], treatments: Iterable[Treatment]
) -> Course:
    """How far it went: what was answered, and what the other rows say besides."""
    stays, kinds = tuple(stays), {row.kind for row in treatments}
    kind, fluids = Treatment.Kind, set(Treatment.FLUIDS)
    in_icu = any(stay.icu_from or stay.icu_until for stay in stays)
    return Course(
        drank_at_home=facts.drank_at_home,
        iv_fluids=True if kinds & fluids else facts.iv_fluids,
        ward=True if any(map(_overnight, stays)) else facts.ward,
        icu=True if in_icu else facts.icu,
        ventilated=True if kind.VENTILATION in kinds else facts.ventilated,
        surgery=True if kind.DECOMPRESSION in kinds else facts.surgery,
    )


def _overnight(stay: Stay) -> bool:
    """Whether somebody stayed: an arrival may have been the emergency room alone."""
    if stay.arrived_at is None or stay.discharged_at is None:
        return bool(stay.icu_from or stay.icu_until)
    return stay.discharged_at - stay.arrived_at >= OVERNIGHT


def by_time(rows: Iterable[T]) -> tuple[T, ...]:
    """Oldest first; what has no time comes last, in the order it was told."""
    return tuple(sorted(rows, key=lambda row: (row.at or LAST, row.pk)))


def known_of(attack: Attack, rows: Rows, measured: Iterable[str]) -> Known:
    """What is known of an attack, for the list of what is still wanted."""
    course = rows.course
    answered = [getattr(course, name) for name in Course.__dataclass_fields__]
    stays = rows.stays
    return Known(
        clock=attack.clock,
        certainty=bool(attack.certainty),
        trigger=bool(rows.triggers),
        course=any(answer is not None for answer in answered),
        drip=bool(course.iv_fluids),
        in_hospital=bool(course.ward or course.icu or course.ventilated or stays),
        in_icu=bool(course.icu),
        arrival=any(stay.arrived_at for stay in stays),
        discharge=any(stay.discharged_at for stay in stays),
        icu_times=any(stay.icu_from and stay.icu_until for stay in stays),
        first_called=any(stay.first_called for stay in stays),
        fluids_amount=rows.liters is not None,
        complications=bool(rows.complications) or rows.facts.no_complications,
        sequelae=bool(
            rows.facts.sequelae or rows.facts.sequelae_note or rows.facts.no_sequelae
        ),
        graded=bool(rows.grades),
        measured=frozenset(measured),
    )
