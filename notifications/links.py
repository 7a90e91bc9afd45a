"""The link in a message by which it is answered without signing in.

Whoever holds it can say done, later, not this time, or seen, and sees no health data.
Only the hash of its secret is stored. It ends some days after it was due, and at once
for someone who is no longer to be told.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse

from notifications.models import Answer, Delivery, Occurrence
from notifications.recipients import recipients
from sharing.models import hash_token

LINK_LASTS: Final = timedelta(days=7)  # design choice


def link(delivery: Delivery) -> str:
    """The address of the page that answers this message."""
    return urljoin(settings.BASE_URL, reverse("answer:page", args=[delivery.secret]))


def ends_at(occurrence: Occurrence) -> datetime:
    """When the links of an occurrence end: never before it is of use to nobody."""
    return max(occurrence.due_at + LINK_LASTS, occurrence.expires_at)


def answerable(secret: str, now: datetime) -> Delivery | None:
    """The message that this secret came with, if its reader may answer it now."""
    delivery = (
        Delivery.objects.filter(answer_hash=hash_token(secret))
        .select_related("occurrence__patient", "user")
        .first()
    )
    if delivery is None or not delivery.user.is_active:
        return None
    occurrence = delivery.occurrence
    told = recipients([occurrence])[occurrence.pk]
    if now >= ends_at(occurrence) or delivery.user_id not in told:
        return None
    return delivery


def said(delivery: Delivery) -> list[Answer]:
    """What this person said to this message, oldest first; or how another closed it."""
    occurrence = delivery.occurrence
    about = Answer.objects.about(
        occurrence.patient, occurrence.subject, [occurrence.about_at]
    )
    return [
        answer
        for answer in about.order_by("at", "pk")
        if answer.closes
        or (answer.occurrence_id, answer.user_id) == (occurrence.pk, delivery.user_id)
    ]
