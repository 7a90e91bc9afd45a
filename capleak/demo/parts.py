"""What the demo is made of before it is stored. Pure: plain values, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from diary.drafts import CheckInDraft, Reading
from diary.vocabulary import to_canonical

HOME_ZONE: Final = "Europe/Berlin"
_NAMESPACE: Final = UUID("6f1d9a52-3c0e-5b7e-9d55-0c8f3a1be7d4")

Author = Literal["patient", "caregiver"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A check-in, when it was saved, and by whom."""

    draft: CheckInDraft
    recorded_at: datetime
    by: Author = "patient"


@dataclass(frozen=True, slots=True)
class Window:
    """Days that belong to a published attack; invented entries leave them out."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def meets(self, first: date, last: date) -> bool:
        """Whether any day from first to last lies in the window."""
        return first <= self.last and last >= self.first


def client_id(name: str) -> UUID:
    """The id of one demo entry: the same name always gives the same id."""
    return uuid5(_NAMESPACE, name)


def at_local(day: date, at: time, zone: str = HOME_ZONE) -> datetime:
    """A local time by day as an instant in UTC. No demo time lies in a clock change."""
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)


def reading(quantity: str, typed: Decimal, unit: str) -> Reading:
    """A typed value with its canonical one; ValueError for a unit that is not known."""
    return Reading(quantity, to_canonical(quantity, typed, unit), typed, unit)


def spared(day: date, windows: Iterable[Window]) -> bool:
    """Whether a day belongs to a published attack."""
    return any(day in window for window in windows)
