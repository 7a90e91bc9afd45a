"""When something that repeats falls due in a zone.

Pure: standard library only. A rule is kept in local days and a local time; what comes
out are instants in UTC, so travel and clock changes move no reminder by an hour.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import count, takewhile
from typing import Self
from zoneinfo import ZoneInfo

from notifications.schedule import local_day, resolve_local

# The calendar can jump over a whole day (Apia, 2011), and a time of that day is then
# due on the next one: so far behind a moment lies the earliest day that still matters.
LONGEST_JUMP = timedelta(days=2)

# A rule that may begin at any time counts from here: a Monday, before anybody's rule.
EPOCH = date(1970, 1, 5)


class Unit(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Rule:
    """At a local time on `first_on`, and again every so many units after that day.

    The day it begins on says which weekday, which day of the month and which day of
    the year; in a month that is too short it is the month's last day. ValueError for
    an interval below one, and for a time that names its zone.
    """

    unit: Unit
    at: time
    first_on: date
    every: int = 1

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ValueError("an interval is at least one")
        if self.at.tzinfo is not None:
            raise ValueError("a rule has no zone of its own")

    @classmethod
    def daily(cls, at: time) -> Self:
        return cls(Unit.DAY, at, EPOCH)

    @classmethod
    def every_days(cls, days: int, at: time, first_on: date) -> Self:
        return cls(Unit.DAY, at, first_on, days)

    @classmethod
    def weekly(cls, weekday: int, at: time) -> Self:
        """On a weekday, Monday is 0."""
        return cls(Unit.WEEK, at, EPOCH + timedelta(days=weekday))

    @classmethod
    def monthly(cls, day: int, at: time) -> Self:
        """On a day of the month, 1 to 31; 31 is always the last."""
        return cls(Unit.MONTH, at, date(1970, 1, day))

    @classmethod
    def yearly(cls, month: int, day: int, at: time) -> Self:
        """On a day of the year; 29 February is the 28th in a common year."""
        return cls(Unit.YEAR, at, date(1972, month, day))

    def days(self, since: date) -> Iterator[date]:
        """Its days, as calendar days, from `since` or its first day on, in order."""
        return (
            day
            for number in count(max(0, self._first_number(since)))
            if (day := self._day(number)) >= since
        )

    def _first_number(self, day: date) -> int:
        """A number below which no day of this rule is as late as `day`."""
        match self.unit:
            case Unit.DAY:
                passed = (day - self.first_on).days
            case Unit.WEEK:
                passed = (day - self.first_on).days // 7
            case Unit.MONTH:
                passed = _months(day) - _months(self.first_on)
            case Unit.YEAR:
                passed = day.year - self.first_on.year
        return passed // self.every

    def _day(self, number: int) -> date:
        steps = number * self.every
        match self.unit:
            case Unit.DAY:
                return self.first_on + timedelta(days=steps)
            case Unit.WEEK:
                return self.first_on + timedelta(weeks=steps)
            case Unit.MONTH:
                return _in_month(_months(self.first_on) + steps, self.first_on.day)
            case Unit.YEAR:
                return _in_month(_months(self.first_on) + 12 * steps, self.first_on.day)


def occurrences(
    rule: Rule, zone: ZoneInfo, after: datetime, until: datetime
) -> list[datetime]:
    """The instants (UTC) at which a rule falls due in (after, until], oldest first.

    A local time that does not exist is due at the first valid minute after it, one
    that exists twice at the first. No instant comes twice: where the calendar skips a
    day, its midnight and the next one's are the same moment. ValueError for instants
    without a zone.
    """
    return list(takewhile(lambda at: at <= until, _instants(rule, zone, after)))


def next_occurrence(rule: Rule, zone: ZoneInfo, after: datetime) -> datetime:
    """The first instant (UTC) later than `after` at which a rule falls due."""
    return next(_instants(rule, zone, after))


def _instants(rule: Rule, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    latest = after
    for day in rule.days(local_day(after, zone) - LONGEST_JUMP):
        instant = resolve_local(day, rule.at, zone)
        if instant > latest:
            yield instant
            latest = instant


def _months(day: date) -> int:
    return day.year * 12 + day.month - 1


def _in_month(months: int, day: int) -> date:
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day, monthrange(year, month + 1)[1]))
