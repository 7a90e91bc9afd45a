"""Attacks side by side, aligned at leak onset or at the first early signs.

Up to thirty of them, read in a constant number of queries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.db.models import Q

from attacks import words
from attacks.known import COUNTED, ROUGH
from attacks.models import BOUNDARIES, Attack, Precision
from capleak.attack_entries import unit_of
from diary.models import CheckIn, Measurement
from diary.vocabulary import from_canonical
from sharing.models import Patient

MOST: Final = 30
# What is shown around day 0, and how long "first" lasts (design choices).
BEFORE: Final = timedelta(days=5)
AFTER: Final = timedelta(days=21)
FIRST: Final = timedelta(hours=24)
ENDED, UNENDED = timedelta(days=3), timedelta(days=7)
DAY: Final = timedelta(days=1)

# Quantity -> whether its lowest value is the one to tell.
DRAWN: Final[Mapping[str, bool]] = {
    "systolic": True,
    "pulse": False,
    "hematocrit": False,
    "hemoglobin": False,
    "albumin": True,
    "weight": False,
    "urine_volume": True,
}


class By(StrEnum):
    """What day 0 is."""

    LEAK = "leak"
    PRODROME = "prodrome"

    @property
    def boundary(self) -> str:
        return f"{self.value}_start"


@dataclass
class Compared:
    """One attack: its day 0, its values in days from it, and what came first."""

    attack: Attack
    zero: datetime
    values: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)  # name -> label

    def day(self, at: datetime) -> float:
        return (at - self.zero) / DAY

    def worst(self, quantity: str) -> float | None:
        """The lowest value where that is the one to fear, else the highest."""
        values = [value for _day, value in self.values.get(quantity, ())]
        if not values:
            return None
        return min(values) if DRAWN[quantity] else max(values)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Attacks, oldest first, and how many there are that cannot be aligned so."""

    by: By
    attacks: list[Compared]
    left_out: int  # day 0 not known to the day
    older: int  # beyond the thirty newest
    units: Mapping[str, str]

    @property
    def quantities(self) -> list[str]:
        """Those of which some attack has a value."""
        return [q for q in DRAWN if any(one.values.get(q) for one in self.attacks)]

    @property
    def with_symptoms(self) -> int:
        return sum(bool(one.first) for one in self.attacks)

    @property
    def signature(self) -> list[tuple[str, int]]:
        """First symptoms with the number of attacks, most frequent first."""
        names: Counter[str] = Counter()
        labels: dict[str, str] = {}
        for one in self.attacks:
            names.update(one.first.keys())
            labels |= one.first
        ranked = sorted(names.items(), key=lambda item: (-item[1], labels[item[0]]))
        return [(labels[name], count) for name, count in ranked]


def compare(patient: Patient, by: By, now: datetime) -> Comparison:
    """The newest attacks of an opened record, in four queries."""
    counted = [
        attack
        for attack in Attack.objects.readable(patient)
        if attack.outcome in COUNTED
    ]
    usable = [attack for attack in counted if _zero(attack, by)]
    chosen = [_compared(attack, by) for attack in reversed(usable[:MOST])]
    windows = [(one, *_window(one, now)) for one in chosen]
    if windows:
        _measure(patient, windows)
        _feel(patient, windows)
    return Comparison(
        by=by,
        attacks=chosen,
        left_out=len(counted) - len(usable),
        older=max(0, len(usable) - MOST),
        units=patient.units,
    )


def _zero(attack: Attack, by: By) -> datetime | None:
    """Day 0, if it is known to the day."""
    if getattr(attack, f"{by.boundary}_precision") in ROUGH:
        return None
    found: datetime | None = getattr(attack, by.boundary)
    return found


def _compared(attack: Attack, by: By) -> Compared:
    zero = _zero(attack, by)
    assert zero is not None  # it was chosen for that
    return Compared(attack, zero)


Windows = Sequence[tuple[Compared, datetime, datetime]]


def _window(one: Compared, now: datetime) -> tuple[datetime, datetime]:
    """The time around day 0, not far beyond the end, or the last time known of it."""
    until = min(one.zero + AFTER, now)
    if not one.attack.ongoing:
        last = max(at for at in one.attack.clock.boundaries if at)
        until = min(until, last + (ENDED if one.attack.end else UNENDED))
    return one.zero - BEFORE, max(until, one.zero)


def _any_of(windows: Windows) -> Q:
    found = Q()
    for _one, since, until in windows:
        found |= Q(at__range=(since, until))
    return found


def _measure(patient: Patient, windows: Windows) -> None:
    """Values of each attack by day; those taken standing are another quantity."""
    rows = (
        Measurement.objects.readable(patient)
        .filter(_any_of(windows), quantity__in=list(DRAWN))
        .exclude(posture=Measurement.Posture.STANDING)
        .order_by("at", "pk")
        .values_list("at", "quantity", "value")
    )
    units = {quantity: unit_of(quantity, patient.units) for quantity in DRAWN}
    for at, quantity, value in rows:
        shown = float(from_canonical(quantity, value, units[quantity]))
        for one, since, until in windows:
            if since <= at <= until:
                one.values.setdefault(quantity, []).append((one.day(at), shown))


def _feel(patient: Patient, windows: Windows) -> None:
    """The symptoms of the first day on which any was written down."""
    checkins = (
        CheckIn.objects.readable(patient).filter(_any_of(windows)).order_by("at", "pk")
    )
    began: dict[int, datetime] = {}
    for checkin in checkins:
        present = {
            s.name: str(s.label) for s in checkin.symptoms.all() if s.severity != 0
        }
        if not present:
            continue
        for place, (one, _since, until) in enumerate(windows):
            if not _starts(one.attack) <= checkin.at <= until:
                continue
            if checkin.at <= began.setdefault(place, checkin.at) + FIRST:
                one.first |= present


def _starts(attack: Attack) -> datetime:
    """When entries begin to belong to an attack: as early as it can have begun."""
    name = next(name for name in BOUNDARIES if getattr(attack, name))
    at: datetime = getattr(attack, name)
    return at - words.MARGIN[Precision(getattr(attack, f"{name}_precision"))]
