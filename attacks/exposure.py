"""How long a record was observed, on which prophylaxis, and which attacks fell into it.

Pure: the standard library alone, today is an argument. Days are the patient's local
days and a stretch leaves its end out. Time is observed from the first entry of the
diary on, and in earlier periods for which the patient gave a count; nothing else is:
attacks remembered from a time without such a period are no part of any rate.

Prophylaxis is counted by what was given. A day is covered while the last infusion is
no longer ago than the interval planned then and a grace; a plan alone covers nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

A_DAY: Final = timedelta(days=1)
# Design choices: how late an infusion may be and still be one in time, and the interval
# where no plan says one (monthly is usual: Ebdrup 2018, PMC6119378).
GRACE_DAYS: Final = 7
USUAL_INTERVAL_DAYS: Final = 28


def _(text: str) -> str:
    """Mark a text for makemessages and hand it back as it is."""
    return text


class Cover(StrEnum):
    """What stood between the patient and an attack on a day."""

    BEFORE = "before"
    ON = "on"
    MISSED = "missed"
    STOPPED = "stopped"

    @property
    def label(self) -> str:
        """The words for this time, to be translated."""
        return _COVER_LABELS[self]


_COVER_LABELS: Final = {
    Cover.BEFORE: _("Before the first infusion"),
    Cover.ON: _("Infusions in time"),
    Cover.MISSED: _("Infusion late or missed"),
    Cover.STOPPED: _("Stopped or without a plan"),
}
# On treatment is counted from the first infusion until the stop, late ones included:
# leaving out the time in which it failed to be given would flatter it.
TREATED: Final = frozenset({Cover.ON, Cover.MISSED})


@dataclass(frozen=True, slots=True)
class Course:
    """A plan as it was in force; without an end it still is."""

    began_on: date
    ended_on: date | None
    interval_days: int
    label: str

    def covers(self, day: date) -> bool:
        return self.began_on <= day and (self.ended_on is None or day < self.ended_on)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days of one kind of cover under one plan; `course` is its label or empty."""

    start: date
    end: date
    cover: Cover
    course: str = ""

    @property
    def days(self) -> int:
        return (self.end - self.start).days


@dataclass(frozen=True, slots=True)
class Onset:
    """The days on one of which an attack began; one and the same if it is known."""

    first: date
    last: date

    @property
    def rough(self) -> bool:
        return self.first < self.last


@dataclass(frozen=True, slots=True)
class Past:
    """A period before the diary for which the patient gave a count of attacks."""

    start: date
    end: date
    count: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Attacks that began in so many observed days."""

    count: int = 0
    days: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.count + other.count, self.days + other.days)


@dataclass(frozen=True, slots=True)
class Tallies:
    """Every count that a rate can be made of, and those that none can."""

    overall: Tally
    by_cover: dict[Cover, Tally]
    by_course: dict[str, Tally]  # infusions in time, by the plan
    outside: int  # attacks that began, or may have, when nobody observed
    unplaced: int  # observed, but on which side of a change is not known

    @property
    def before(self) -> Tally:
        return self.by_cover.get(Cover.BEFORE, Tally())

    @property
    def treated(self) -> Tally:
        """From the first infusion until the stop, late and missed ones included."""
        of_each = (self.by_cover.get(cover, Tally()) for cover in sorted(TREATED))
        return sum(of_each, Tally())


def stretches(
    infusions: Iterable[date], courses: Sequence[Course], since: date, until: date
) -> list[Stretch]:
    """[since, until) cut by cover and plan, oldest first; plans are oldest first."""
    given = sorted(set(infusions))
    ends = [_covered_until(day, courses) for day in given]
    cuts = {since, until, *given, *ends}
    for course in courses:
        cuts |= {course.began_on, course.ended_on or until}
    found: list[Stretch] = []
    for start, end in pairwise(sorted(cut for cut in cuts if since <= cut <= until)):
        last = max((n for n, day in enumerate(given) if day <= start), default=None)
        covered = last is not None and start < ends[last]
        kind, course_label = _kind(start, last is not None, covered, courses)
        same = found and (found[-1].cover, found[-1].course) == (kind, course_label)
        began = found.pop().start if same else start
        found.append(Stretch(began, end, kind, course_label))
    return found


def _kind(
    day: date, ever: bool, covered: bool, courses: Sequence[Course]
) -> tuple[Cover, str]:
    if not ever:
        return Cover.BEFORE, ""
    course = _course(day, courses)
    label = course.label if course else ""
    if covered:
        return Cover.ON, label
    return (Cover.MISSED, label) if course else (Cover.STOPPED, "")


def _course(day: date, courses: Sequence[Course]) -> Course | None:
    """The plan in force on a day; of two on the day of a change, the later."""
    return next((course for course in reversed(courses) if course.covers(day)), None)


def _covered_until(infusion: date, courses: Sequence[Course]) -> date:
    """The first day that an infusion no longer covers."""
    course = _course(infusion, courses)
    interval = course.interval_days if course else USUAL_INTERVAL_DAYS
    return infusion + timedelta(days=interval + GRACE_DAYS + 1)


def tallies(
    onsets: Sequence[Onset],
    past: Sequence[Past],
    observed_since: date | None,
    today: date,
    timeline: Sequence[Stretch],
) -> Tallies:
    """Count attacks and days by cover; `timeline` holds the stretches up to today.

    In a period with a count that count stands, or the number of attacks written down
    in it if that is greater; of periods that overlap the first is taken. The diary's
    own days are all others since it began. Today counts as a day.
    """
    counting = _Counting(timeline)
    seen = 0
    periods = _apart(past, today)
    for period in periods:
        inside = sum(_within(onset, period.start, period.end) for onset in onsets)
        seen += inside
        counting.add_period(period, max(period.count, inside))
    for start, end in _between(periods, observed_since, today + A_DAY):
        diary = [onset for onset in onsets if _within(onset, start, end)]
        seen += len(diary)
        counting.add_diary(diary, start, end)
    return Tallies(
        overall=counting.overall,
        by_cover=counting.by_cover,
        by_course=counting.by_course,
        outside=len(onsets) - seen,
        unplaced=counting.unplaced,
    )


class _Counting:
    """Adds attacks and days to the kind of time that they fell into."""

    def __init__(self, timeline: Sequence[Stretch]) -> None:
        self.timeline = timeline
        self.overall = Tally()
        self.by_cover: dict[Cover, Tally] = {}
        self.by_course: dict[str, Tally] = {}
        self.unplaced = 0

    def add_period(self, period: Past, count: int) -> None:
        """A period as a whole: a count cannot be divided where the cover changes."""
        tally = Tally(count, (period.end - period.start).days)
        self.overall += tally
        touched = _touched(self.timeline, period.start, period.end)
        if len({stretch.cover for stretch in touched}) == 1:
            self._add(touched[0], tally)
        else:
            self.unplaced += count

    def add_diary(self, onsets: Sequence[Onset], start: date, end: date) -> None:
        """The diary's own days, and the attacks that began in them."""
        self.overall += Tally(len(onsets), (end - start).days)
        for stretch in _touched(self.timeline, start, end):
            days = min(stretch.end, end) - max(stretch.start, start)
            self._add(stretch, Tally(0, days.days))
        for onset in onsets:
            touched = _touched(self.timeline, onset.first, onset.last + A_DAY)
            if len({stretch.cover for stretch in touched}) == 1:
                self._add(touched[-1], Tally(1, 0))
            else:
                self.unplaced += 1

    def _add(self, stretch: Stretch, tally: Tally) -> None:
        cover, course = stretch.cover, stretch.course
        self.by_cover[cover] = self.by_cover.get(cover, Tally()) + tally
        if cover == Cover.ON:
            self.by_course[course] = self.by_course.get(course, Tally()) + tally


def _apart(past: Sequence[Past], today: date) -> list[Past]:
    """Periods without overlap and without days to come, oldest first."""
    kept: list[Past] = []
    for period in sorted(past, key=lambda period: period.start):
        free = not kept or kept[-1].end <= period.start
        if free and period.start < period.end <= today + A_DAY:
            kept.append(period)
    return kept


def _between(
    periods: Iterable[Past], since: date | None, until: date
) -> Iterator[tuple[date, date]]:
    """[since, until) without the periods, which are apart and oldest first."""
    begins = since or until
    for period in periods:
        if begins < period.start:
            yield begins, period.start
        begins = max(begins, period.end)
    if begins < until:
        yield begins, until


def _within(onset: Onset, start: date, end: date) -> bool:
    return start <= onset.first and onset.last < end


def _touched(timeline: Sequence[Stretch], start: date, end: date) -> list[Stretch]:
    """The stretches that have a day in [start, end)."""
    return [one for one in timeline if one.start < end and start < one.end]


@dataclass(frozen=True, slots=True)
class Free:
    """Days without an attack, from the day after one until the day before the next."""

    start: date
    end: date  # the first day no longer in it
    since_attack: bool  # False: observation began so, and it may have been longer
    until_attack: bool  # False: it lasts until today

    @property
    def days(self) -> int:
        return (self.end - self.start).days


@dataclass(frozen=True, slots=True)
class Attacked:
    """The first and the last known day of an attack; ongoing until today."""

    first: date
    last: date
    ongoing: bool = False


def attack_free(
    attacks: Iterable[Attacked], observed_since: date | None, today: date
) -> list[Free]:
    """Every interval without an attack that was observed, oldest first.

    One before the first attack begins with the observation. The one that lasts until
    today includes today; there is none while an attack is going on.
    """
    if observed_since is None:
        return []
    found: list[Free] = []
    start, after, end = observed_since, False, today + A_DAY
    for attack in sorted(attacks, key=lambda attack: attack.first):
        if attack.first > start:
            found.append(Free(start, attack.first, after, until_attack=True))
        after = after or attack.last + A_DAY >= start
        start = max(start, attack.last + A_DAY)
        if attack.ongoing:
            return found
    if start < end:
        found.append(Free(start, end, after, until_attack=False))
    return found


def days_since_infusion(onset: date, infusions: Iterable[date]) -> int | None:
    """Days from the last infusion before or on a day; None without one."""
    before = [day for day in infusions if day <= onset]
    return (onset - max(before)).days if before else None
