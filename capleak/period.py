"""The days that a report or an export is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Period:
    """Local days of one record, `since` and `until` included; None: without a bound.

    ValueError if it ends before it begins.
    """

    since: date | None
    until: date | None
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if self.since and self.until and self.until < self.since:
            raise ValueError("a period ends on the day it begins or later")

    @property
    def start(self) -> datetime | None:
        """The first instant that is in it."""
        return self._midnight(self.since) if self.since else None

    @property
    def end(self) -> datetime | None:
        """The first instant that is no longer in it."""
        return self._midnight(self.until + timedelta(days=1)) if self.until else None

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time.min, tzinfo=self.zone)

    def holds(self, at: datetime) -> bool:
        """Whether an instant lies in it."""
        after = self.start is None or at >= self.start
        return after and (self.end is None or at < self.end)
