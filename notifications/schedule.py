"""When a local time is an instant, when to say something, and which hours are quiet.

Pure: standard library only. People plan in local days and times; everything that is
stored or compared is an instant in UTC. The clock is an argument.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

A_DAY = timedelta(days=1)
EVENING = time(18)  # design choice: "this evening"


@dataclass(frozen=True, slots=True)
class LeadTime:
    """A reminder some days before something is due."""

    days: int
    at: datetime  # UTC


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The calendar day of an instant in a zone; ValueError if it has no zone."""
    if moment.utcoffset() is None:
        raise ValueError("an instant needs a zone")
    return moment.astimezone(zone).date()


def resolve_local(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant (UTC) of a local time on a day.

    A time that does not exist, because clocks or the calendar jump over it, is the
    first valid minute after the jump; one that exists twice is the first of the two.
    OverflowError within a day of the end of the calendar (years 1 and 9999).
    """
    wall = datetime.combine(day, at.replace(fold=0), tzinfo=zone)
    instant = wall.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return instant
    return _jump(wall)


def lead_times(
    due: datetime, leads_days: Iterable[int], zone: ZoneInfo, local_time: time
) -> list[LeadTime]:
    """Reminders that many calendar days before a due instant, oldest first.

    Each at the same local time in `zone`; 0 is the due day itself. Leads given twice
    count once; ValueError for a negative one. What lies in the past is not left out.
    """
    leads = sorted(set(leads_days), reverse=True)
    if leads and leads[-1] < 0:
        raise ValueError("a reminder cannot come after what it reminds of")
    due_day = local_day(due, zone)
    return [
        LeadTime(days, resolve_local(due_day - timedelta(days), local_time, zone))
        for days in leads
    ]


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one local time until another; over midnight if the second is earlier.

    ValueError if they are the same: a day that is quiet throughout would say nothing.
    """

    begin: time
    end: time

    def __post_init__(self) -> None:
        if self.begin == self.end:
            raise ValueError("quiet hours must begin and end at two times")

    def holds(self, at: time) -> bool:
        """Whether a local time lies in them."""
        if self.begin < self.end:
            return self.begin <= at < self.end
        return at >= self.begin or at < self.end

    def over_at(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """When the quiet hours that hold `moment` end (UTC); None if none do."""
        today = local_day(moment, zone)
        for day in (today - A_DAY, today):
            end_day = day if self.begin < self.end else day + A_DAY
            end = resolve_local(end_day, self.end, zone)
            if resolve_local(day, self.begin, zone) <= moment < end:
                return end
        return None


def ordinary_at(
    moment: datetime,
    zone: ZoneInfo,
    *,
    quiet: QuietHours | None,
    morning: time,
    told_on: date | None,
) -> datetime:
    """When an ordinary message may go out: from `moment` on, outside quiet hours.

    And not on `told_on`, the local day of the last one: then on the morning after it.
    """
    if told_on is not None and local_day(moment, zone) <= told_on:
        moment = resolve_local(told_on + A_DAY, morning, zone)
    over_at = quiet.over_at(moment, zone) if quiet else None
    return over_at or moment


class Later(StrEnum):
    """What a snooze can be."""

    HOUR = "hour"
    EVENING = "evening"
    TOMORROW = "tomorrow"


def later_at(choice: Later, now: datetime, zone: ZoneInfo, morning: time) -> datetime:
    """When a snooze ends (UTC). An evening that has begun is that of tomorrow."""
    today = local_day(now, zone)
    match choice:
        case Later.HOUR:
            return now + timedelta(hours=1)
        case Later.TOMORROW:
            return resolve_local(today + A_DAY, morning, zone)
        case Later.EVENING:
            evening = resolve_local(today, EVENING, zone)
            return (
                evening
                if evening > now
                else resolve_local(today + A_DAY, EVENING, zone)
            )


def steps_after(
    due: datetime, hours: Iterable[int], zone: ZoneInfo
) -> list[tuple[int, datetime]]:
    """Steps that many hours after a due instant (UTC), with their hours, in order.

    Whole days are calendar days at the same local time; fewer hours are hours.
    ValueError for a step that is not after it.
    """
    local = due.astimezone(zone)
    found = []
    for step in sorted(set(hours)):
        if step < 1:
            raise ValueError("a step comes after what it follows")
        days, rest = divmod(step, 24)
        if rest:
            at = due + timedelta(hours=step)
        else:
            at = resolve_local(local.date() + days * A_DAY, local.time(), zone)
        found.append((step, at))
    return found


def _jump(missing: datetime) -> datetime:
    """The instant (UTC) at which clocks jumped over a local time that does not exist.

    In a gap fold 0 reads the time by the offset before the jump and fold 1 by the one
    after (PEP 495), so the jump lies between the two readings: at most a day of
    seconds to halve, for zoneinfo does not tell its transitions.
    """
    missing = missing.replace(microsecond=0)
    early = missing.replace(fold=1).astimezone(UTC)
    late = missing.replace(fold=0).astimezone(UTC)
    while late - early > timedelta(seconds=1):
        middle = (early + (late - early) / 2).replace(microsecond=0)
        if middle.astimezone(missing.tzinfo).utcoffset() == missing.utcoffset():
            early = middle
        else:
            late = middle
    return late
