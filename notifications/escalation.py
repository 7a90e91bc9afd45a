"""A missed infusion: the patient again, then the people whom the patient named."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from notifications.models import Occurrence, Preferences, preferences_of
from notifications.planning import Due, plan
from notifications.schedule import steps_after
from sharing.models import Patient, Topic

SUBJECT: Final = "infusion"  # as of its reminders, so that one answer stops both
_LASTS: Final = timedelta(days=3)  # long enough for a mail server that is away

Audience = Occurrence.Audience


def plan_missed(patient: Patient, due_at: datetime | None, zone: str) -> None:
    """Plan what is said if the infusion due then is not entered; None: nothing is due.

    At the times that the patient set, by the clock of `zone`. An infusion that is
    entered, skipped or moved makes another moment due, and these steps go. Call it
    inside `Patient.objects.writing`.
    """
    chosen = preferences_of(patient)
    chosen.infusion_due_at, chosen.infusion_zone = due_at, zone
    chosen.save(update_fields=["infusion_due_at", "infusion_zone"])
    follow_steps(patient, chosen)


def follow_steps(patient: Patient, chosen: Preferences) -> None:
    """Plan the steps that are chosen now, for the infusion that is due next."""
    wanted: list[Due] = []
    if (due_at := chosen.infusion_due_at) is not None:
        zone = chosen.infusion_zone
        wanted = [
            *_steps(due_at, chosen.missed_patient_hours, zone, Audience.PATIENT),
            *_steps(due_at, chosen.missed_circle_hours, zone, Audience.CIRCLE),
        ]
    plan(patient, SUBJECT, Occurrence.Kind.INFUSION_MISSED, wanted)


def _steps(
    due_at: datetime, hours: list[int], zone: str, audience: Occurrence.Audience
) -> list[Due]:
    return [
        Due(
            key=f"missed:{audience}:{due_at:%Y%m%dT%H%MZ}:{step}",
            due_at=at,
            expires_at=at + _LASTS,
            about_at=due_at,
            zone=zone,
            audience=audience,
            topic=Topic.INFUSION if audience == Audience.CIRCLE else "",
            urgency=Occurrence.Urgency.ASKED,
        )
        for step, at in steps_after(due_at, hours, ZoneInfo(zone))
    ]
