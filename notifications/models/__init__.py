"""What is due, each message that follows from it, answers, and signs of life.

PostgreSQL is the truth: everything that was due, sent or given up is a row here.
"""

from notifications.models.address import Address
from notifications.models.answer import Answer
from notifications.models.delivery import (
    BACKOFF_MINUTES,
    LEASE,
    MOST_ATTEMPTS,
    Delivery,
)
from notifications.models.heartbeat import Heartbeat
from notifications.models.hospital import HospitalStay
from notifications.models.occurrence import Occurrence, OccurrenceQuerySet
from notifications.models.preferences import (
    Preferences,
    Schedule,
    preferences_of,
    shown_preferences,
)

__all__ = [
    "BACKOFF_MINUTES",
    "LEASE",
    "MOST_ATTEMPTS",
    "Address",
    "Answer",
    "Delivery",
    "Heartbeat",
    "HospitalStay",
    "Occurrence",
    "OccurrenceQuerySet",
    "Preferences",
    "Schedule",
    "preferences_of",
    "shown_preferences",
]
