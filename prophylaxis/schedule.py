"""When the next infusion is due.

Pure: standard library and the rule for local times, the time now is an argument. Days
are calendar days of the zone that is given.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from notifications.schedule import local_day, resolve_local

# Monthly is the usual course (Ebdrup 2018, PMC6119378), so 28 days is the default;
# from weekly to every six weeks is a design choice. Domain sheet, section 12.
DEFAULT_INTERVAL_DAYS: Final = 28
SHORTEST_INTERVAL_DAYS: Final = 7
LONGEST_INTERVAL_DAYS: Final = 42
WHOLE_WEEKS: Final = (7, 14, 21, 28, 35, 42)
LONGEST_COURSE: Final = 5  # days that one dose may be split over; design choice

# Design choice: from a week before on, it is named as coming.
DUE_SOON_DAYS: Final = 7


def _(text: str) -> str:
    """Mark a text for makemessages and hand it back as it is."""
    return text


class State(StrEnum):
    """Where a patient stands before or after a due day."""

    PLANNED = "planned"
    DUE_SOON = "due soon"
    DUE = "due"
    OVERDUE = "overdue"

    @property
    def label(self) -> str:
        """The word for this state, to be translated."""
        return _STATE_LABELS[self]


_STATE_LABELS: Final = {
    State.PLANNED: _("Planned"),
    State.DUE_SOON: _("Due soon"),
    State.DUE: _("Due today"),
    State.OVERDUE: _("Overdue"),
}


@dataclass(frozen=True, slots=True)
class Status:
    """How far away a due day is; never both days ahead and days behind."""

    state: State
    days_until: int  # 0 on the day and after
    overdue_days: int  # 0 on the day and before


def next_due(
    interval_days: int,
    local_time: time,
    zone: ZoneInfo,
    *,
    last_start: datetime | None,
    first_on: date,
) -> datetime:
    """When the infusion after the last start is due (UTC), at the plan's local time.

    Counted from the day on which the last one began in `zone`, whenever that was
    written down; without a last one it is `first_on`. ValueError for an interval that
    is not positive.
    """
    if interval_days < 1:
        raise ValueError("an interval is at least one day")
    if last_start is None:
        return resolve_local(first_on, local_time, zone)
    day = local_day(last_start, zone) + timedelta(days=interval_days)
    return resolve_local(day, local_time, zone)


def due_status(due: datetime, now: datetime, zone: ZoneInfo) -> Status:
    """Whether a due instant is planned, near, today or past, by calendar days.

    The whole due day is "due", also after its hour: overdue begins at midnight.
    """
    days = (local_day(due, zone) - local_day(now, zone)).days
    if days < 0:
        return Status(State.OVERDUE, 0, -days)
    if days == 0:
        return Status(State.DUE, 0, 0)
    soon = days <= DUE_SOON_DAYS
    return Status(State.DUE_SOON if soon else State.PLANNED, days, 0)


def days_since(last_start: datetime, now: datetime, zone: ZoneInfo) -> int:
    """Calendar days from an infusion's start until now; 0 on the same day."""
    return (local_day(now, zone) - local_day(last_start, zone)).days
