"""What Today says of an open flag, and what it offers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from diary.flag_notices import RECHECK_HOURS, planned_recheck
from diary.flag_words import Answered, Shown, answered, shown
from diary.models import ProdromeFlag
from diary.telling import Circle, circle
from sharing.models import Patient, Permission

A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Banner:
    """An open flag on Today; times are the patient's."""

    shown: Shown
    answers: list[Answered]
    silent: bool  # nothing unusual within a day, and nothing that says otherwise
    recheck_at: datetime | None
    recheck_hours: tuple[int, ...]
    circle: Circle | None  # who is told by the button; None: it is not offered


def banner(flag: ProdromeFlag, patient: Patient, now: datetime) -> Banner:
    """The open flag for the reader of the opened record; a few queries."""
    may_log = Permission.LOG in patient.permissions
    asked = planned_recheck(patient, now) if may_log else None
    return Banner(
        shown=shown(flag, patient),
        answers=list(answered(flag.answers.select_related("by"), patient)),
        silent=now - flag.last_at >= A_DAY,
        recheck_at=asked.due_at.astimezone(patient.tz) if asked else None,
        recheck_hours=RECHECK_HOURS,
        circle=circle(patient) if may_log else None,
    )
