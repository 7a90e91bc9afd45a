"""Ordinary messages: outside quiet hours, and one a day for each person.

Their texts are neutral, so one message stands for all that are due together.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Max
from django.db.models.functions import Now

from notifications.models import Delivery, Occurrence, shown_preferences
from notifications.models.delivery import LEASE
from notifications.schedule import local_day, ordinary_at
from sharing.models import User

_FAR_ENOUGH: Final = timedelta(days=2)  # a local day before this is not today


def not_before(delivery: Delivery) -> datetime | None:
    """When a delivery may be sent if not now; None: now. In the claim's transaction."""
    occurrence = delivery.occurrence
    if occurrence.urgency != Occurrence.Urgency.ORDINARY:
        return None
    # Two workers with two messages for one person decide one after the other.
    User.objects.select_for_update(no_key=True).get(pk=delivery.user_id)
    others = Delivery.objects.beside(delivery)
    now = delivery.looked_at
    if others.filter(state=Delivery.State.SENDING, lease_until__gt=Now()).exists():
        return now + LEASE
    chosen = shown_preferences(occurrence.patient)
    sent = others.filter(
        state=Delivery.State.SENT,
        together_with=None,
        settled_at__gt=now - _FAR_ENOUGH,
    )
    last: datetime | None = sent.aggregate(at=Max("settled_at"))["at"]
    at = ordinary_at(
        now,
        chosen.tz,
        quiet=chosen.quiet,
        morning=chosen.morning,
        told_on=local_day(last, chosen.tz) if last else None,
    )
    return at if at > now else None


def stand_for_others(delivery: Delivery) -> None:
    """Settle the ordinary messages that waited beside one that was just sent.

    A reminder stands for reminders. What the circle of a record was to be told is
    never told by a reminder, nor by a notice about another record.
    """
    occurrence = delivery.occurrence
    if occurrence.urgency != Occurrence.Urgency.ORDINARY:
        return
    alike = Delivery.objects.beside(delivery).filter(
        occurrence__audience=occurrence.audience
    )
    if occurrence.audience == Occurrence.Audience.CIRCLE:
        alike = alike.filter(occurrence__patient=occurrence.patient_id)
    alike.filter(
        state=Delivery.State.WAITING,
        # With those that another worker just let wait for what becomes of this one.
        next_attempt_at__lte=Now() + LEASE,
        occurrence__state=Occurrence.State.DISPATCHED,
        occurrence__expires_at__gt=Now(),
    ).update(
        state=Delivery.State.SENT,
        settled_at=Now(),
        together_with=delivery,
        problem="",
    )
