"""When the next infusion is due.

Pure: standard library and the rule for local times, the time now is an argument. Days
are calendar days of the zone that is given.

The next due day follows from the last start, never from when somebody wrote it down. A
course that is split over several days counts from its first. One that was skipped, for
a reason that a person gave, moves the next due day one step on. One that was missed
moves nothing: it stays overdue until an infusion begins or it is skipped. An
appointment that was arranged stands in for the day that the plan would ask for.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from notifications.schedule import local_day, resolve_local
from prophylaxis.cadence import Cadence

# Monthly is the usual course (Ebdrup 2018, PMC6119378), so 28 days is the default;
# from weekly to every six weeks is a design choice. Domain sheet, section 12.
DEFAULT_INTERVAL_DAYS: Final = 28
SHORTEST_INTERVAL_DAYS: Final = 7
LONGEST_INTERVAL_DAYS: Final = 42
WHOLE_WEEKS: Final = (7, 14, 21, 28, 35, 42)
LONGEST_COURSE: Final = 5  # days that one dose may be split over; design choice

# Design choice: from a week before on, it is named as coming.
DUE_SOON_DAYS: Final = 7

# Design choice: for how long after its day the next part of a course that was begun is
# asked for. Then the next course is what is due.
COURSE_GRACE_DAYS: Final = 2


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


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What a plan asks for; `first_on` is a day of `zone`."""

    cadence: Cadence
    first_on: date
    local_time: time
    zone: ZoneInfo
    course_days: int = 1

    def at(self, day: date) -> datetime:
        """The instant (UTC) of the plan's local time on a day."""
        return resolve_local(day, self.local_time, self.zone)

    def due_after(self, day: date | None) -> date:
        """The day of the course after one that began on `day`; the first after None.

        Never before the plan's first one: after a break, an interval since long ago
        says nothing.
        """
        if day is None:
            return self.first_on
        return max(self.first_on, self.cadence.after(day))


@dataclass(frozen=True, slots=True)
class SoFar:
    """What was begun, skipped and arranged, as far as the next due day needs it.

    Instants are aware; `course_day` is which day of its course the last start was.
    """

    last_start: datetime | None = None
    course_day: int = 1
    skipped: tuple[datetime, ...] = ()
    planned_at: datetime | None = None


def next_due(rhythm: Rhythm, so_far: SoFar, now: datetime) -> datetime:
    """When the next infusion is due (UTC): the rest of a course, or the next one."""
    rest = course_rest(rhythm, so_far)
    return rest if rest and _is_open(rest, now, rhythm) else next_course(rhythm, so_far)


def next_course(rhythm: Rhythm, so_far: SoFar) -> datetime:
    """When the next course is to begin (UTC), whatever is left of the last one."""
    if so_far.planned_at is not None and _comes_after_last(rhythm, so_far):
        return so_far.planned_at
    began = _course_began(rhythm, so_far)
    due = rhythm.due_after(began)
    for at in sorted(so_far.skipped):
        skipped = local_day(at, rhythm.zone)
        # Nearer to this due day than to the one before: this one was meant.
        if (due - skipped).days < rhythm.cadence.days / 2:
            due = rhythm.cadence.after(max(skipped, due))
    return rhythm.at(due)


def course_rest(rhythm: Rhythm, so_far: SoFar) -> datetime | None:
    """When the day after the last one of an unfinished course is due (UTC).

    None if the course is complete, or if its rest was skipped.
    """
    began = _course_began(rhythm, so_far)
    if began is None or so_far.course_day >= rhythm.course_days:
        return None
    day = began + timedelta(so_far.course_day)
    end = began + timedelta(rhythm.course_days + COURSE_GRACE_DAYS)
    skipped = (local_day(at, rhythm.zone) for at in so_far.skipped)
    return None if any(day <= s < end for s in skipped) else rhythm.at(day)


def one_after(rhythm: Rhythm, due: datetime) -> datetime:
    """The due moment (UTC) after one, if nothing is begun for it."""
    return rhythm.at(rhythm.cadence.after(local_day(due, rhythm.zone)))


def following(rhythm: Rhythm, due: datetime, now: datetime) -> datetime:
    """The first planned moment (UTC) after `due` that is still to come."""
    after = one_after(rhythm, due)
    while after <= now:
        after = one_after(rhythm, after)
    return after


def missed(rhythm: Rhythm, so_far: SoFar, now: datetime) -> list[datetime]:
    """The due moments (UTC), oldest first, whose successor has come due as well.

    Nothing was begun or skipped for them. The oldest of them is what is overdue.
    """
    found = []
    due = next_course(rhythm, so_far)
    while (after := one_after(rhythm, due)) <= now:
        found.append(due)
        due = after
    return found


def _course_began(rhythm: Rhythm, so_far: SoFar) -> date | None:
    if so_far.last_start is None:
        return None
    day = local_day(so_far.last_start, rhythm.zone)
    return day - timedelta(so_far.course_day - 1)


def _comes_after_last(rhythm: Rhythm, so_far: SoFar) -> bool:
    assert so_far.planned_at is not None
    if so_far.last_start is None:
        return True
    zone = rhythm.zone
    return local_day(so_far.planned_at, zone) > local_day(so_far.last_start, zone)


def _is_open(rest: datetime, now: datetime, rhythm: Rhythm) -> bool:
    """Whether the next part of a course is still asked for."""
    over = local_day(rest, rhythm.zone) + timedelta(COURSE_GRACE_DAYS)
    return local_day(now, rhythm.zone) <= over


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
