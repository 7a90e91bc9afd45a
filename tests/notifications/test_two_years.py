"""Two simulated years, minute by minute, in twelve zones with their oddest changes.

What is expected is found without the code under test: a clock on the wall is watched
minute by minute, and whatever it shows or jumps over for the first time is due then.
"""

from __future__ import annotations

import random
from array import array
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from notifications.rules import Rule, Unit, next_occurrence, occurrences

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
DAY_MINUTES = 24 * 60

# Two years each, by the first of them, and what happens in them.
YEARS = {
    "Europe/Berlin": 2024,  # an hour in spring and autumn
    "America/New_York": 2006,  # from 2007 on summer time is longer
    "Australia/Sydney": 2007,  # from 2008 on it is longer, in the southern year
    "Australia/Lord_Howe": 2024,  # half an hour
    "Asia/Kathmandu": 1985,  # a quarter of an hour, on the first day of 1986
    "Pacific/Apia": 2011,  # 30 December 2011 does not exist
    "Africa/Casablanca": 2018,  # summer time for good, but not in Ramadan
    "Asia/Tehran": 2021,  # at midnight, and for the last time
    "America/Sao_Paulo": 2018,  # at midnight, and for the last time
    "Antarctica/Troll": 2024,  # two hours
    "Pacific/Chatham": 2007,  # at a quarter to three
    "UTC": 2015,  # never
}

# Within and at the ends of every gap and overlap above, and far from them.
TIMES = """
00:00 00:01 00:15 00:30 00:59 01:00 01:30 01:45 01:59 02:00 02:01 02:10 02:29 02:30
02:44 02:45 02:46 02:59 03:00 03:01 03:30 03:44 03:45 03:46 04:00 09:00 12:00 21:30
23:00 23:30 23:44 23:45 23:59
"""
CLOCKS = [time.fromisoformat(clock) for clock in TIMES.split()]


def rules(first: date) -> list[Rule]:
    daily = [Rule.daily(at) for at in CLOCKS]
    others = [
        make(at)
        for at in CLOCKS[::3]
        for make in (
            lambda at: Rule.every_days(2, at, first),
            lambda at: Rule.every_days(28, at, first - 5 * DAY),
            lambda at: Rule.weekly(6, at),  # when most clocks change
            lambda at: Rule.weekly(4, at),  # the weekday that Apia skipped
            lambda at: Rule(Unit.WEEK, at, first - 100 * DAY, every=3),
            lambda at: Rule.monthly(31, at),
            lambda at: Rule.monthly(30, at),
            lambda at: Rule.monthly(1, at),
            lambda at: Rule(Unit.MONTH, at, date(first.year - 1, 8, 31), every=6),
            lambda at: Rule.yearly(2, 29, at),
            lambda at: Rule.yearly(12, 30, at),
            lambda at: Rule.yearly(1, 1, at),
        )
    ]
    return daily + others


def is_day_of(rule: Rule, day: date) -> bool:
    """Whether a rule has this day, told from the calendar alone."""
    first = rule.first_on
    if day < first:
        return False
    last_of_month = monthrange(day.year, day.month)[1]
    same_number = day.day == min(first.day, last_of_month)
    months = 12 * (day.year - first.year) + day.month - first.month
    match rule.unit:
        case Unit.DAY:
            return (day - first).days % rule.every == 0
        case Unit.WEEK:
            return (day - first).days % (7 * rule.every) == 0
        case Unit.MONTH:
            return same_number and months % rule.every == 0
        case Unit.YEAR:
            return same_number and months % (12 * rule.every) == 0


@dataclass(frozen=True, slots=True)
class Watched:
    """A wall clock watched from `start` on for some minutes.

    `due[n]` is the minute since `start` at which the clock first showed, or first went
    past, the nth minute of `first_day`; no minute that it never came to is in it.
    """

    zone: ZoneInfo
    start: datetime
    minutes: int
    first_day: date
    due: array[int]

    @property
    def end(self) -> datetime:
        return self.start + self.minutes * MINUTE

    def expected(self, rule: Rule) -> list[datetime]:
        """When a rule is due in (start, end]."""
        days = range(len(self.due) // DAY_MINUTES + 1)
        of_rule = [n for n in days if is_day_of(rule, self.first_day + n * DAY)]
        at = rule.at.hour * 60 + rule.at.minute
        walls = [n * DAY_MINUTES + at for n in of_rule]
        minutes = {self.due[wall] for wall in walls if wall < len(self.due)}
        return [self.start + minute * MINUTE for minute in sorted(minutes - {0})]


def watch(zone: ZoneInfo, start: datetime, minutes: int) -> Watched:
    """Read the clock on the wall once a minute; `start` is in no hour shown twice."""
    first = start.astimezone(zone)
    midnight = first.toordinal() * DAY_MINUTES
    due = array("q", [0]) * (first.hour * 60 + first.minute + 1)
    began = int(start.timestamp())
    for minute in range(1, minutes + 1):
        wall = datetime.fromtimestamp(began + 60 * minute, zone)
        shown = wall.toordinal() * DAY_MINUTES + wall.hour * 60 + wall.minute - midnight
        for _ in range(shown + 1 - len(due)):  # one, more at a jump, none in a repeat
            due.append(minute)
    return Watched(zone, start, minutes, first.date(), due)


def changes(zone: ZoneInfo, year: int) -> list[datetime]:
    """The UTC midnights before the clock changes within two years."""
    midnight = datetime(year, 1, 1, tzinfo=UTC)
    days = [
        midnight + n * DAY for n in range((date(year + 2, 1, 1) - midnight.date()).days)
    ]
    return [
        day
        for day in days
        if day.astimezone(zone).utcoffset() != (day + DAY).astimezone(zone).utcoffset()
    ]


def assert_each_is_due_once_when_the_clock_says_so(watched: Watched) -> None:
    for rule in rules(watched.start.date()):
        found = occurrences(rule, watched.zone, watched.start, watched.end)
        assert found == watched.expected(rule), rule


def ticking(watched: Watched, rule: Rule, pauses: random.Random) -> list[datetime]:
    """What a sweep sends that asks for the next one only after the last was due.

    It wakes after one to three minutes, and now and then only after days.
    """
    sent = []
    now, due = watched.start, next_occurrence(rule, watched.zone, watched.start)
    while now < watched.end:
        pause = pauses.choice((1, 1, 2, 3)) if pauses.random() < 0.9999 else 4000
        now = min(now + pause * MINUTE, watched.end)
        while due <= now:
            sent.append(due)
            due = next_occurrence(rule, watched.zone, due)
    return sent


def test_the_years_are_full_of_changes():
    found = {zone: len(changes(ZoneInfo(zone), year)) for zone, year in YEARS.items()}
    assert found == {
        "Europe/Berlin": 4,
        "America/New_York": 4,
        "Australia/Sydney": 4,
        "Australia/Lord_Howe": 4,
        "Asia/Kathmandu": 1,
        "Pacific/Apia": 5,
        "Africa/Casablanca": 5,
        "Asia/Tehran": 4,
        "America/Sao_Paulo": 3,
        "Antarctica/Troll": 4,
        "Pacific/Chatham": 4,
        "UTC": 0,
    }


@pytest.mark.parametrize("zone", YEARS)
def test_around_each_change_each_occurrence_is_due_once_at_its_local_time(zone):
    tz, year = ZoneInfo(zone), YEARS[zone]
    for day in changes(tz, year) or [datetime(year, 2, 27, tzinfo=UTC)]:
        watched = watch(tz, day - 2 * DAY, 5 * DAY_MINUTES)
        assert_each_is_due_once_when_the_clock_says_so(watched)


@pytest.mark.slow
@pytest.mark.parametrize("zone", YEARS)
def test_in_two_years_each_occurrence_is_due_once_at_its_local_time(zone):
    start = datetime(YEARS[zone], 1, 1, tzinfo=UTC)
    days = (date(start.year + 2, 1, 1) - start.date()).days
    watched = watch(ZoneInfo(zone), start, days * DAY_MINUTES)
    assert_each_is_due_once_when_the_clock_says_so(watched)
    pauses = random.Random(zone)
    for rule in (Rule.daily(time(2, 30)), Rule.weekly(6, time(0, 15))):
        due = watched.expected(rule)
        assert len(due) >= days // 7
        assert ticking(watched, rule, pauses) == due
