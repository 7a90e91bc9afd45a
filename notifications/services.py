"""What the other apps ask of this one, in one place."""

from notifications.answers import answer, may_answer
from notifications.dispatch import deliver, sweep
from notifications.planning import Due, cancel, plan, tell_circle

__all__ = [
    "Due",
    "answer",
    "cancel",
    "deliver",
    "may_answer",
    "plan",
    "sweep",
    "tell_circle",
]
