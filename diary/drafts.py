"""What a form or an import hands to the diary before it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured value: canonical, and as it was typed."""

    quantity: str
    value: Decimal
    typed_value: Decimal
    typed_unit: str


@dataclass(frozen=True, slots=True)
class CheckInDraft:
    """A check-in that is not stored yet. `at` is aware; severity None is ungraded."""

    client_id: UUID
    at: datetime
    zone: str
    timed: bool = True  # False: nobody typed a time, so `at` is when it was sent
    symptoms: Mapping[str, int | None] = field(default_factory=dict)
    no_symptoms: bool = False
    note: str = ""
    readings: tuple[Reading, ...] = ()
