"""What the other apps ask of this one, in one place."""

from notifications.answers import answer, may_answer
from notifications.dispatch import deliver, sweep
from notifications.escalation import plan_missed
from notifications.models import preferences_of
from notifications.planners import (
    checked_in,
    each_record,
    keep_reminding,
    no_longer_needed,
    stop_reminding,
)
from notifications.planning import Due, cancel, plan, tell_circle

__all__ = [
    "Due",
    "answer",
    "cancel",
    "checked_in",
    "deliver",
    "each_record",
    "keep_reminding",
    "may_answer",
    "no_longer_needed",
    "plan",
    "plan_missed",
    "preferences_of",
    "stop_reminding",
    "sweep",
    "tell_circle",
]
