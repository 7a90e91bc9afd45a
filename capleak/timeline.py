"""A patient's days, newest first: everything of one record merged when it is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy

from attacks.models import BOUNDARIES, Attack, Precision
from attacks.phases import Phase, phase_at
from diary.models import CheckIn, Measurement
from prophylaxis.models import Infusion
from sharing.models import Patient

DAYS_A_PAGE = 14
LATE = timedelta(hours=1)  # from here on both times are shown (design choice)

LABELS = {
    "prodrome_start": gettext_lazy("First early signs"),
    "leak_start": gettext_lazy("The leak began"),
    "recovery_start": gettext_lazy("Recovery began"),
    "end": gettext_lazy("The attack was over"),
}

Kind = Literal["checkin", "measurement", "boundary", "infusion"]


@dataclass(frozen=True, slots=True)
class Boundary:
    """One known boundary of an attack, as a line of the timeline."""

    attack: Attack
    name: str  # one of attacks.models.BOUNDARIES
    at: datetime

    @property
    def label(self) -> str:
        return str(LABELS[self.name])

    @property
    def timed(self) -> bool:
        """Whether the hour means something."""
        precise = (Precision.EXACT, Precision.HOURS)
        return getattr(self.attack, f"{self.name}_precision") in precise

    @property
    def precision(self) -> str:
        """How well the time is known, in words; blank when it is exact."""
        if getattr(self.attack, f"{self.name}_precision") == Precision.EXACT:
            return ""
        return str(getattr(self.attack, f"get_{self.name}_precision_display")())


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: when it was lived, what kind it is, and the row itself."""

    at: datetime  # on the clock of the place where it was lived
    kind: Kind
    row: CheckIn | Measurement | Boundary | Infusion
    phase: Phase | None  # of the attack that the moment lies in, if any
    saved_at: datetime | None = None  # on the same clock, if well after `at`
    timed: bool = True  # False: the day is known, the hour is not
    measurements: tuple[Measurement, ...] = ()  # read together, without a check-in


@dataclass(frozen=True, slots=True)
class Day:
    """One local day with entries, and how many days without any lie before it."""

    day: date
    entries: list[Entry]
    silent_before: int  # towards the older neighbor shown next; 0 at the page's end


@dataclass(frozen=True, slots=True)
class Page:
    """Some days, newest first, and where the next older page starts."""

    days: list[Day] = field(default_factory=list)
    older: date | None = None  # show days before this one next


def page(patient: Patient, before: date | None, size: int = DAYS_A_PAGE) -> Page:
    """The `size` newest days with entries before `before`; a constant query count."""
    attacks = list(Attack.objects.readable(patient))
    days = _days(patient, attacks, before, size + 1)
    if not days:
        return Page()
    shown, older = days[:size], len(days) > size
    entries: dict[date, list[Entry]] = defaultdict(list)
    for day, entry in _entries(patient, attacks, shown[-1], shown[0]):
        entries[day].append(entry)
    gaps = [(a - b).days - 1 for a, b in pairwise(days)] + [0]
    return Page(
        days=[
            Day(day, sorted(entries[day], key=lambda e: e.at, reverse=True), gap)
            for day, gap in zip(shown, gaps, strict=False)
        ],
        older=shown[-1] if older else None,
    )


def _days(
    patient: Patient, attacks: Iterable[Attack], before: date | None, limit: int
) -> list[date]:
    """The newest days that hold anything, newest first."""
    until = before or date.max
    days = {b.at.date() for b in _boundaries(attacks) if b.at.date() < until}
    for rows in (
        CheckIn.objects.filter(patient=patient),
        Measurement.objects.filter(patient=patient, checkin=None),
        Infusion.objects.filter(patient=patient),
    ):
        found = rows.filter(day__lt=until).order_by("-day")
        days.update(found.values_list("day", flat=True).distinct()[:limit])
    return sorted(days, reverse=True)[:limit]


def _entries(
    patient: Patient, attacks: list[Attack], first: date, last: date
) -> Iterable[tuple[date, Entry]]:
    between = {"day__range": (first, last)}

    def phase(at: datetime) -> Phase | None:
        return next((p for a in attacks if (p := phase_at(a.clock, at))), None)

    checkins = CheckIn.objects.readable(patient).filter(**between)
    for c in checkins.select_related("entered_by").prefetch_related("measurements"):
        late = c.recorded_at - c.at > LATE
        saved_at = c.recorded_at.astimezone(ZoneInfo(c.zone)) if late else None
        yield c.day, Entry(c.local_at, "checkin", c, phase(c.at), saved_at)
    loose = Measurement.objects.readable(patient).filter(checkin=None, **between)
    for _, together in groupby(loose.order_by("at", "client_id", "pk"), _reading):
        rows = tuple(together)
        m = rows[0]
        yield (
            m.day,
            Entry(m.local_at, "measurement", m, phase(m.at), measurements=rows),
        )
    for i in Infusion.objects.readable(patient).filter(**between):
        yield i.day, Entry(i.local_started_at, "infusion", i, phase(i.started_at))
    for b in _boundaries(attacks):
        if first <= b.at.date() <= last:
            yield b.at.date(), Entry(b.at, "boundary", b, phase(b.at), timed=b.timed)


def _reading(measurement: Measurement) -> tuple[datetime, UUID]:
    return measurement.at, measurement.client_id


def _boundaries(attacks: Iterable[Attack]) -> Iterable[Boundary]:
    """Every known boundary, on the clock of the zone that its attack was lived in."""
    for attack in attacks:
        for name in BOUNDARIES:
            at: datetime | None = getattr(attack, name)
            if at is not None:
                yield Boundary(attack, name, at.astimezone(attack.tz))
