"""From the day on which an infusion began to the day on which the next is due.

Pure: standard library only. Days are calendar days; whose, is the caller's affair.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

# What a month counts as where days are compared, such as the tolerance for late.
MONTH_DAYS: Final = 30

# Design choice: a planned day of the month that is nearer than this counts as had, so
# that two infusions are 12 to 42 days apart, and never more than the longest interval.
NEAREST_DAYS: Final = 12


@dataclass(frozen=True, slots=True)
class Cadence:
    """Every so many days; or on one weekday; or on one day of every month.

    A weekday (0 is Monday) comes with whole weeks in `days`. A month that is too short
    for `month_day` has it on its last day. ValueError for what is neither.
    """

    days: int
    weekday: int | None = None
    month_day: int | None = None

    def __post_init__(self) -> None:
        if self.days < 1:
            raise ValueError("an interval is at least one day")
        if self.weekday is not None:
            if self.month_day is not None:
                raise ValueError("a weekday or a day of the month, not both")
            if self.days % 7 or not 0 <= self.weekday <= 6:
                raise ValueError("a weekday comes with whole weeks")
        if self.month_day is not None and not 1 <= self.month_day <= 31:
            raise ValueError("a month has days 1 to 31")

    def after(self, day: date) -> date:
        """The day on which the one after an infusion on `day` is due.

        With a fixed weekday or day of the month, one that was early or late counts
        for the planned day beside it, and the rhythm goes on from there: being late
        once does not shift every later one. Always after `day`.
        """
        if self.month_day is not None:
            months = (self._in_month(day.year, day.month + step) for step in (0, 1, 2))
            return next(due for due in months if (due - day).days >= NEAREST_DAYS)
        if self.weekday is not None:
            ahead = (self.weekday - day.weekday()) % 7
            day += timedelta(ahead if ahead <= 3 else ahead - 7)
        return day + timedelta(self.days)

    def _in_month(self, year: int, month: int) -> date:
        """The planned day of a month; month 13 is the next January."""
        year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
        assert self.month_day is not None
        return date(year, month, min(self.month_day, monthrange(year, month)[1]))
