"""What is due, each message that follows from it, answers, and signs of life.

PostgreSQL is the truth: everything that was due, sent or given up is a row here.
"""

from notifications.models.answer import Answer
from notifications.models.delivery import (
    BACKOFF_MINUTES,
    LEASE,
    MOST_ATTEMPTS,
    Delivery,
)
from notifications.models.heartbeat import Heartbeat
from notifications.models.occurrence import Occurrence, OccurrenceQuerySet

__all__ = [
    "BACKOFF_MINUTES",
    "LEASE",
    "MOST_ATTEMPTS",
    "Answer",
    "Delivery",
    "Heartbeat",
    "Occurrence",
    "OccurrenceQuerySet",
]
