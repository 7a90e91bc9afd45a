"""When a record moves to another zone, its reminders move only if its patient says so.

What writes is called inside `Patient.objects.writing(patient)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.utils import timezone

from notifications.models import (
    Preferences,
    Schedule,
    preferences_of,
    shown_preferences,
)
from notifications.planners import keep
from notifications.schedule import local_day, resolve_local
from sharing.models import Patient


@dataclass(frozen=True, slots=True)
class Move:
    """One reminder that repeats: its time, what that is here now, and the zone."""

    schedule: Schedule
    at: time  # in the zone that it keeps, and in the new one if it moves
    here: time  # the same moment by the clock of the new zone


def asks(patient: Patient, chosen: Preferences) -> bool:
    """Whether reminders keep another zone than the record, and nobody said why."""
    return patient.zone not in {chosen.zone, chosen.zone_refused}


def moves(patient: Patient, now: datetime) -> list[Move]:
    """What would move, with the times before and after."""
    chosen = shown_preferences(patient)
    found = []
    schedules = Schedule.objects.filter(patient=patient, zone=chosen.zone)
    for schedule in schedules.order_by("subject"):
        today = local_day(now, schedule.tz)
        for at in schedule.times:
            instant = resolve_local(today, at, schedule.tz)
            here = instant.astimezone(ZoneInfo(patient.zone)).time()
            found.append(Move(schedule, at, here))
    return found


def move(patient: Patient) -> None:
    """Let every reminder of the old zone come at its local time in the new one."""
    chosen = preferences_of(patient)
    Schedule.objects.filter(patient=patient, zone=chosen.zone).update(zone=patient.zone)
    chosen.zone, chosen.zone_refused = patient.zone, ""
    chosen.save(update_fields=["zone", "zone_refused"])
    keep(patient, timezone.now())


def stay(patient: Patient) -> None:
    """Keep the reminders where they are; asked again only for another zone."""
    chosen = preferences_of(patient)
    chosen.zone_refused = patient.zone
    chosen.save(update_fields=["zone_refused"])
