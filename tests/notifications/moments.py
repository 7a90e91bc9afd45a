"""Moments that somebody wants to be told of."""

from datetime import timedelta

from django.utils import timezone

from notifications.models import Occurrence
from notifications.services import Due

HOUR = timedelta(hours=1)


def due(key: str, *, due_in: timedelta, lasts: timedelta = HOUR) -> Due:
    """A moment `due_in` from now, for an infusion an hour after it."""
    at = timezone.now() + due_in
    return Due(
        key=key,
        due_at=at,
        expires_at=at + lasts,
        about_at=at + HOUR,
        zone="Europe/Berlin",
        urgency=Occurrence.Urgency.ASKED,
    )
