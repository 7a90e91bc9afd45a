"""Attacks of a record with what numbers and charts need of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db.models import Prefetch

from attacks import severity, words
from attacks.exposure import Onset
from attacks.fact_rows import how_far
from attacks.models import (
    BOUNDARIES,
    Attack,
    Facts,
    Grade,
    Precision,
    Stay,
    Treatment,
    Trigger,
)
from sharing.models import Patient

SEVERE: Final = 3  # intensive care or surgery, of the four grades in attacks.severity
COUNTED: Final = frozenset({Attack.Outcome.ATTACK, Attack.Outcome.SELF_LIMITED})
ROUGH: Final = (Precision.WEEK, Precision.MONTH, Precision.YEAR)


@dataclass(frozen=True, slots=True)
class Known:
    """One attack as the numbers need it; days are local to it."""

    attack: Attack
    onset: Onset
    last: date
    grade: int | None
    provisional: bool  # the grade follows from facts; nobody gave it
    stays: tuple[Stay, ...]
    triggers: tuple[Trigger, ...]

    @property
    def counted(self) -> bool:
        return self.attack.outcome in COUNTED

    @property
    def severe(self) -> bool:
        return self.grade is not None and self.grade >= SEVERE

    @property
    def leak_on(self) -> date | None:
        """The day of leak onset, where it is known to the day."""
        at = self.attack.leak_start
        if at is None or self.attack.leak_start_precision in ROUGH:
            return None
        return at.astimezone(self.attack.tz).date()

    @property
    def rough(self) -> bool:
        """Whether any of its times is not known to the day."""
        names = [name for name in BOUNDARIES if getattr(self.attack, name)]
        return any(getattr(self.attack, f"{n}_precision") in ROUGH for n in names)


def known_attacks(patient: Patient, today: date) -> list[Known]:
    """All attacks of an opened record, oldest first, in five queries."""
    attacks = (
        Attack.objects.readable(patient)
        .reverse()
        .select_related("facts")
        .prefetch_related("grades")
        .prefetch_related(Prefetch("stays", Stay.objects.readable(patient)))
        .prefetch_related(Prefetch("treatments", Treatment.objects.readable(patient)))
        .prefetch_related(Prefetch("triggers", Trigger.objects.readable(patient)))
    )
    return [_known(attack, today) for attack in attacks]


def _known(attack: Attack, today: date) -> Known:
    grade, provisional = grade_of(attack)
    onset, last = _occupied(attack, today)
    return Known(
        attack=attack,
        onset=onset,
        last=last,
        grade=grade,
        provisional=provisional,
        stays=tuple(attack.stays.all()),
        triggers=tuple(attack.triggers.all()),
    )


def _occupied(attack: Attack, today: date) -> tuple[Onset, date]:
    """The days on which an attack can have begun, and the last that it can take."""
    first = next(name for name in BOUNDARIES if getattr(attack, name))
    last = next(name for name in reversed(BOUNDARIES) if getattr(attack, name))
    onset = days_of(attack, first, today)
    return onset, today if attack.ongoing else days_of(attack, last, today).last


def touches(attack: Attack, since: date | None, until: date | None) -> bool:
    """Whether an attack can take any of these days, both included; None: no bound."""
    onset, last = _occupied(attack, date.max)
    return (until is None or onset.first <= until) and (since is None or last >= since)


def grade_of(attack: Attack) -> tuple[int | None, bool]:
    """The grade of an attack, and whether it only follows from facts."""
    given: Sequence[Grade] = list(attack.grades.all())
    if best := severity.outranking(given):
        return best.value, False
    facts: Facts | None = getattr(attack, "facts", None)
    course = how_far(
        facts or Facts(attack=attack), attack.stays.all(), attack.treatments.all()
    )
    told = severity.provisional(course)
    return (told.value, True) if told else (None, False)


def days_of(attack: Attack, name: str, today: date) -> Onset:
    """The local days on which a known boundary can lie, none of them to come."""
    at: datetime = getattr(attack, name).astimezone(attack.tz)
    precision = Precision(getattr(attack, f"{name}_precision"))
    day = at.date()
    if precision not in ROUGH:
        return Onset(day, day)
    if precision == Precision.YEAR:
        first, last = date(day.year, 1, 1), date(day.year, 12, 31)
    else:
        margin = words.MARGIN[precision]
        first, last = (at - margin).date(), (at + margin).date()
    return Onset(first, max(first, min(last, today)))
