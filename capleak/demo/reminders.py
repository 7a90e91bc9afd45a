"""What Ana chose to be reminded of, whom she lets be told, and what was sent before."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final

from capleak.demo.parts import at_local
from capleak.demo.people import Household
from notifications.models import (
    Answer,
    Delivery,
    Occurrence,
    Preferences,
    preferences_of,
)
from notifications.planners import follow_preferences
from prophylaxis.models import Infusion
from sharing.models import Grant, Topic

_TOLD: Final = [Topic.ACT, Topic.HELP, Topic.INFUSION, Topic.HOSPITAL]
_BLOODS_IN: Final = timedelta(days=40)
_LEADS_DAYS: Final = (7, 1)


def choose(people: Household, now: datetime) -> None:
    """Store the choices; call it before reminders are planned."""
    Grant.objects.filter(patient=people.patient, user=people.caregiver).update(
        told=_TOLD
    )
    chosen = preferences_of(people.patient)
    chosen.checkin = Preferences.CheckIn.GAP
    chosen.checkin_time = time(18, 30)
    chosen.bloods_on = (now + _BLOODS_IN).date()
    chosen.missed_patient_hours = [24]
    chosen.missed_circle_hours = [48]
    chosen.save()
    follow_preferences(people.patient, now)


def send(people: Household) -> None:
    """What went out for the last infusion, as the reminders page shows it."""
    last = Infusion.objects.filter(patient=people.patient).latest("started_at")
    for days in _LEADS_DAYS:
        sent_at = at_local(last.day - timedelta(days), time(8))
        reminder = Occurrence.objects.create(
            patient=people.patient,
            kind=Occurrence.Kind.INFUSION,
            subject="infusion",
            key=f"demo:{days}",
            due_at=sent_at,
            expires_at=last.started_at,
            about_at=last.started_at,
            zone=last.zone,
            urgency=Occurrence.Urgency.ASKED,
            state=Occurrence.State.DISPATCHED,
        )
        Delivery.objects.create(
            occurrence=reminder,
            user=people.owner,
            channel="email",
            endpoint=people.owner.email,
            message_id=f"<demo-{reminder.pk}@capleak.invalid>",
            state=Delivery.State.SENT,
            attempts=1,
            settled_at=sent_at + timedelta(seconds=20),
        )
    Answer.objects.create(
        occurrence=reminder,
        user=people.owner,
        what=Answer.What.DONE,
        at=sent_at + timedelta(hours=3),
    )
