"""What became of one attempt to send a message."""

from dataclasses import dataclass
from enum import StrEnum


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
