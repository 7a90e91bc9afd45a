"""What a flag lets the notification engine say, to whom and when.

All of it inside `Patient.objects.writing`. No text is made here: outside the app a
message says neither that there is a flag nor what it is about.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from diary.flag_entries import Entry
from diary.models import FlagChange, ProdromeFlag
from diary.models.flags import Closed, Level
from notifications import services
from notifications.models import Occurrence
from notifications.services import Due
from sharing.models import Patient, Topic

Kind, Urgency = Occurrence.Kind, Occurrence.Urgency

# After a first suspicious entry the next one is due in 2 to 4 hours (domain sheet,
# section 15); the patient is asked once, and the circle, if at all, as long after.
SILENT_AFTER: Final = timedelta(hours=4)
TELL_SILENCE_AFTER: Final = timedelta(hours=8)
_LASTS: Final = timedelta(hours=12)  # a question of yesterday helps nobody (design)

RECHECK: Final = "recheck"
RECHECK_HOURS: Final = (2, 3, 4)
_RECHECK_LASTS: Final = timedelta(hours=6)


def subject_of(flag: ProdromeFlag) -> str:
    return f"flag:{flag.pk}"


def tell(flag: ProdromeFlag, change: FlagChange, now: datetime) -> Occurrence:
    """Tell those of the circle who may be told of this level that it was reached.

    Watch waits for the end of quiet hours, act does not.
    """
    act = change.level == Level.ACT
    return services.tell_circle(
        flag.patient,
        kind=Kind.FLAG,
        topic=Topic.ACT if act else Topic.WATCH,
        subject=subject_of(flag),
        key=f"{subject_of(flag)}:change:{change.pk}",
        now=now,
        urgency=Urgency.URGENT if act else Urgency.ORDINARY,
    )


def watch_silence(
    flag: ProdromeFlag, entries: Iterable[Entry], now: datetime, *, circle: bool
) -> None:
    """Ask the patient once if nothing more is written, then tell the circle if chosen.

    Counted from the newest saving, so that each entry takes back what was planned.
    """
    spoke_at = max((e["recorded_at"] for e in entries if e["entry_id"]), default=now)
    spoke_at = min(spoke_at, now)
    asked_for = planned_recheck(flag.patient, now)
    begin = (
        max(spoke_at, asked_for.due_at - SILENT_AFTER / 2) if asked_for else spoke_at
    )
    name = f"{subject_of(flag)}:silence:{spoke_at:%Y%m%dT%H%M%S}"
    wanted = [_due(flag, f"{name}:ask", begin + SILENT_AFTER, spoke_at)]
    if circle:
        wanted.append(
            _due(
                flag,
                f"{name}:tell",
                begin + TELL_SILENCE_AFTER,
                spoke_at,
                audience=Occurrence.Audience.CIRCLE,
                topic=Topic.WATCH,
            )
        )
    services.plan(flag.patient, subject_of(flag), Kind.CHECKIN, wanted)


def _due(
    flag: ProdromeFlag,
    key: str,
    at: datetime,
    about_at: datetime,
    audience: Occurrence.Audience = Occurrence.Audience.PATIENT,
    topic: str = "",
) -> Due:
    return Due(
        key=key,
        due_at=at,
        expires_at=at + _LASTS,
        about_at=about_at,
        zone=flag.patient.zone,
        audience=audience,
        topic=topic,
    )


def forget(flag: ProdromeFlag) -> None:
    """Withdraw what was still to be said about a flag that is closed.

    Where an attack took its place only the questions go: who was to be told that the
    diary looks unusual must not miss it because the attack was opened a minute later.
    """
    if flag.closed_why == Closed.ATTACK:
        services.plan(flag.patient, subject_of(flag), Kind.CHECKIN, [])
    else:
        services.cancel(flag.patient, subject_of(flag))


# --- Check in again ------------------------------------------------------------------


def plan_recheck(patient: Patient, now: datetime, hours: int) -> datetime:
    """Remind of the next check-in in some hours, instead of an earlier reminder."""
    at = now + timedelta(hours=hours)
    due = Due(
        key=f"{RECHECK}:{at:%Y%m%dT%H%M}",
        due_at=at,
        expires_at=at + _RECHECK_LASTS,
        about_at=at,
        zone=patient.zone,
        urgency=Urgency.ASKED,
    )
    services.plan(patient, RECHECK, Kind.RECHECK, [due])
    return at


def forget_recheck(patient: Patient) -> None:
    services.plan(patient, RECHECK, Kind.RECHECK, [])


def planned_recheck(patient: Patient, now: datetime) -> Occurrence | None:
    """The reminder to check in again that is still to come."""
    return Occurrence.objects.filter(
        patient=patient,
        subject=RECHECK,
        kind=Kind.RECHECK,
        state=Occurrence.State.PENDING,
        due_at__gt=now,
    ).first()
