"""What a form hands over before it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PlanDraft:
    """A plan that is not stored yet; its first infusion is a local time in `zone`."""

    product: str
    route: str
    dose_g_per_kg: Decimal
    interval_days: int
    first_on: date
    local_time: time
    zone: str
    remind_days_before: tuple[int, ...] = ()  # most days first


@dataclass(frozen=True, slots=True)
class InfusionDraft:
    """An infusion that is not stored yet. `started_at` is aware."""

    client_id: UUID
    started_at: datetime
    zone: str
    product: str
    dose_g: Decimal | None = None
    weight_kg: Decimal | None = None
    note: str = ""
