"""What a form hands over before it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PlanDraft:
    """A plan that is not stored yet; its first infusion is a local time in `zone`.

    With `weekday` (0 is Monday) the interval is in whole weeks; `month_day` is every
    month. Valid from the day on which it is stored if no other is given.
    """

    product: str
    route: str
    dose_g_per_kg: Decimal
    interval_days: int
    first_on: date
    local_time: time
    zone: str
    remind_days_before: tuple[int, ...] = ()  # most days first
    weekday: int | None = None
    month_day: int | None = None
    course_days: int = 1
    weight_kg: Decimal | None = None
    site: str = ""
    premedication: str = ""
    prescriber: str = ""
    valid_from: date | None = None


@dataclass(frozen=True, slots=True)
class LotDraft:
    """Vials of one lot. A blank product is that of the infusion."""

    number: str
    count: int = 1
    vial_g: Decimal | None = None
    expires_on: date | None = None
    product: str = ""
    gtin: str = ""


@dataclass(frozen=True, slots=True)
class RateDraft:
    """A rate from an instant on."""

    at: datetime
    ml_per_h: Decimal


@dataclass(frozen=True, slots=True)
class ReactionDraft:
    """One reaction; `other` says what it was if the kind does not."""

    kind: str
    severity: str
    other: str = ""
    onset_at: datetime | None = None
    action: str = ""


@dataclass(frozen=True, slots=True)
class InfusionDraft:
    """An infusion that is not stored yet. Instants are aware."""

    client_id: UUID
    started_at: datetime
    zone: str
    product: str
    dose_g: Decimal | None = None
    weight_kg: Decimal | None = None
    note: str = ""
    is_running: bool = False
    finished_at: datetime | None = None
    course_day: int = 1
    premedication: str = ""
    hydration_ml: int | None = None
    site: str = ""
    given_by: str = ""
    lots: tuple[LotDraft, ...] = ()
    rate_steps: tuple[RateDraft, ...] = ()  # oldest first
    reactions: tuple[ReactionDraft, ...] = ()


@dataclass(frozen=True, slots=True)
class MedicineDraft:
    """A medicine that is not stored yet; `times` are local in `zone`, in order."""

    client_id: UUID
    name: str
    dose: str
    times: tuple[time, ...]
    zone: str
    valid_from: date
    valid_until: date | None = None
    prescriber: str = ""
    remind: bool = False
