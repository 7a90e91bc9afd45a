"""When a local time is an instant, and when to remind of one.

Pure: standard library only. People plan in local days and times; everything that is
stored or compared is an instant in UTC.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


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
