"""What became of one attempt to send a message, and of the message."""

from dataclasses import dataclass
from enum import StrEnum

from django.db import models


class DeliveryState(models.TextChoices):
    """Where one message stands."""

    WAITING = "waiting"  # also between attempts
    SENDING = "sending"  # leased: if the lease runs out, nobody knows if it left
    SENT = "sent"
    FAILED = "failed"  # given up
    CANCELLED = "cancelled"


class Result(StrEnum):
    SENT = "sent"
    RETRY = "retry"  # nobody knows whether it left, or the way is closed for now
    REFUSED = "refused"  # this endpoint will never take it
    DROPPED = "dropped"  # nobody should get it any more


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result and, unless sent, why: a class of error or a word, never its text.

    The text of an error can quote an address, and an address is nobody's business.
    """

    result: Result
    problem: str = ""
