"""How an immunoglobulin plan was kept: counts, always with the time observed.

Pure: standard library only, today is an argument, days are the patient's own.

A course is one dose of the plan, on one day or split over several. It counts once, on
the day it began, and the next due day is counted from there. Begun no later than the
tolerance after its due day, a course is on time, an early one as well; after that it is
late. A due day is missed when nothing was begun before the next due day came, or
skipped when that was written down. The last due day stays open until then.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Final

DAYS_A_MONTH: Final = Decimal("30.4375")  # a twelfth of 365.25

# Design choices: three days are a weekend, and at a shorter rhythm a day for each week
# of it; what is a course; and from when on a figure per month is shown.
TOLERANCE_DAYS: Final = 3
COURSE_GAP_DAYS: Final = 3  # from one infusion of a course to the next, over a weekend
COURSE_DAYS: Final = 7  # a new course begins at the latest, the shortest interval
LEAST_DAYS: Final = 90
LEAST_COURSES: Final = 3


def _(text: str) -> str:
    """Mark a text for makemessages and hand it back as it is."""
    return text


class Outcome(StrEnum):
    """What became of a due day."""

    ON_TIME = "on time"
    LATE = "late"
    SKIPPED = "skipped"
    MISSED = "missed"

    @property
    def label(self) -> str:
        """The word for this outcome, to be translated."""
        return _LABELS[self]


_LABELS: Final = {
    Outcome.ON_TIME: _("on time"),
    Outcome.LATE: _("late"),
    Outcome.SKIPPED: _("skipped"),
    Outcome.MISSED: _("missed"),
}


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, in force on the days from `since` up to the one before `until`.

    `due_after` is the day on which the plan asks for the course after one that began
    on a day; after None, for its first.
    """

    key: int
    since: date
    until: date | None  # None: it is the current one
    dose_g_per_kg: Decimal
    due_after: Callable[[date | None], date]


@dataclass(frozen=True, slots=True)
class Dose:
    """One infusion that was begun; None: dose or weight is not known."""

    day: date
    g_per_kg: Decimal | None


@dataclass(frozen=True, slots=True)
class Course:
    """One or several infusions that are one dose of the plan, oldest first."""

    doses: tuple[Dose, ...]

    @property
    def day(self) -> date:
        return self.doses[0].day

    @property
    def g_per_kg(self) -> Decimal | None:
        """What is known to have been given; None if nothing is."""
        known = [d.g_per_kg for d in self.doses if d.g_per_kg is not None]
        return sum(known, Decimal(0)) if known else None


@dataclass(frozen=True, slots=True)
class Due:
    """A due day that is settled, and the course that was given for it, if any."""

    day: date
    outcome: Outcome
    course: Course | None = None

    @property
    def days_late(self) -> int:
        """Days from the due day to the start; negative when it was early."""
        return (self.course.day - self.day).days if self.course else 0


@dataclass(frozen=True, slots=True)
class Period:
    """The days under one plan, or without any, as far as they are over by today."""

    planned: Planned | None
    since: date
    until: date  # the day after the last
    courses: tuple[Course, ...]
    dues: tuple[Due, ...] = ()

    @property
    def days(self) -> int:
        """The time observed."""
        return (self.until - self.since).days

    def count(self, outcome: Outcome) -> int:
        return sum(due.outcome == outcome for due in self.dues)

    @property
    def intervals(self) -> list[int]:
        """Days from each course to the next, both of them in this period."""
        return [(b.day - a.day).days for a, b in pairwise(self.courses)]

    @property
    def mean_interval_days(self) -> Decimal | None:
        """To a tenth of a day; None without two courses."""
        found = self.intervals
        return round(Decimal(sum(found)) / len(found), 1) if found else None

    @property
    def g_per_kg(self) -> Decimal:
        """All that is known to have been given."""
        zero = Decimal(0)
        return sum((course.g_per_kg or zero for course in self.courses), zero)

    @property
    def undosed(self) -> int:
        """Infusions whose dose per weight is not known, so not in the sum."""
        doses = [dose for course in self.courses for dose in course.doses]
        return sum(dose.g_per_kg is None for dose in doses)

    @property
    def is_long_enough(self) -> bool:
        """Whether a figure per month says anything."""
        return self.days >= LEAST_DAYS and len(self.courses) >= LEAST_COURSES

    @property
    def g_per_kg_a_month(self) -> Decimal | None:
        """Delivered per 30.4375 days of the time observed; None below the minimum.

        The time after the last course is in it: what was stopped is not still given.
        """
        if not self.is_long_enough:
            return None
        return round(self.g_per_kg * DAYS_A_MONTH / self.days, 2)


def courses(doses: Iterable[Dose]) -> list[Course]:
    """The courses of all infusions, oldest first."""
    found: list[list[Dose]] = []
    for dose in sorted(doses, key=lambda dose: dose.day):
        if found and _belongs(dose, found[-1]):
            found[-1].append(dose)
        else:
            found.append([dose])
    return [Course(tuple(together)) for together in found]


def _belongs(dose: Dose, course: Sequence[Dose]) -> bool:
    near = (dose.day - course[-1].day).days <= COURSE_GAP_DAYS
    return near and (dose.day - course[0].day).days < COURSE_DAYS


def tolerance_days(interval_days: int) -> int:
    """How many days after the due day still count as on time."""
    return min(TOLERANCE_DAYS, interval_days // 7)


def periods(
    plans: Sequence[Planned],
    doses: Iterable[Dose],
    today: date,
    *,
    skipped: Iterable[date] = (),
    missed: Iterable[date] = (),
) -> list[Period]:
    """The record by plan, oldest first, and what was infused while there was none.

    `skipped` and `missed` are days for which that was written down. ValueError for
    plans that are not oldest first or that overlap.
    """
    if any(a.until is None or a.until > b.since for a, b in pairwise(plans)):
        raise ValueError("plans must be oldest first, one at a time")
    given = [course for course in courses(doses) if course.day <= today]
    marks = dict.fromkeys(missed, Outcome.MISSED)
    marks |= dict.fromkeys(skipped, Outcome.SKIPPED)
    found: list[Period] = []
    reached, carried = date.min, None
    for plan in (plan for plan in plans if plan.since <= today):
        found += _unplanned(given, reached, plan.since, today)
        walk = _Walk(plan, given, marks, today, carried)
        if walk.period.days or walk.period.courses:
            found.append(walk.period)
        carried = walk.due
        reached = plan.until or date.max
    return [*found, *_unplanned(given, reached, date.max, today)]


def _unplanned(
    given: Sequence[Course], since: date, until: date, today: date
) -> list[Period]:
    """The days between two plans, from the first course that lies in them."""
    within = tuple(course for course in given if since <= course.day < until)
    return [Period(None, within[0].day, min(until, today), within)] if within else []


class _Walk:
    """Goes from due day to due day through the time of one plan.

    `due` is the day that is still open at its end.
    """

    def __init__(
        self,
        plan: Planned,
        given: Sequence[Course],
        marks: dict[date, Outcome],
        today: date,
        carried: date | None,
    ) -> None:
        self._plan, self._dues = plan, list[Due]()
        until = min(plan.until or today, today)
        self._marks = {day: mark for day, mark in marks.items() if day >= plan.since}
        before = [course.day for course in given if course.day < plan.since]
        # What was not due yet when the plan began is not due before it began.
        floor = min(plan.since, carried or plan.since)
        self.due = max(plan.due_after(max(before, default=None)), floor)
        ends = plan.until or date.max
        within = tuple(c for c in given if plan.since <= c.day < ends)
        for course in within:
            self._give(course)
        self._pass(until)
        if ends > today and self._take_mark(self._after):
            self.due = self._after
        self.period = Period(plan, plan.since, until, within, tuple(self._dues))

    @property
    def _after(self) -> date:
        """The due day after the open one, if nothing is begun."""
        after = self._plan.due_after(self.due)
        if after <= self.due:
            raise ValueError("a plan asks for days that follow each other")
        return after

    def _give(self, course: Course) -> None:
        self._pass(course.day)
        late = (course.day - self.due).days
        on_time = late <= tolerance_days((self._after - self.due).days)
        outcome = Outcome.ON_TIME if on_time else Outcome.LATE
        self._dues.append(Due(self.due, outcome, course))
        self._marks = {d: mark for d, mark in self._marks.items() if d > course.day}
        self.due = self._plan.due_after(course.day)

    def _pass(self, day: date) -> None:
        """Settle the due days that had a successor by `day`, without a course."""
        while (after := self._after) <= day:
            if not self._take_mark(after):
                self._dues.append(Due(self.due, Outcome.MISSED))
            self.due = after

    def _take_mark(self, before: date) -> bool:
        """Settle the open due day by what was written down before the next."""
        taken = {day: mark for day, mark in self._marks.items() if day < before}
        if not taken:
            return False
        self._marks = {d: mark for d, mark in self._marks.items() if d not in taken}
        skipped = Outcome.SKIPPED in taken.values()
        outcome = Outcome.SKIPPED if skipped else Outcome.MISSED
        self._dues.append(Due(self.due, outcome))
        return True
