"""A plan, and infusions under it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from prophylaxis.drafts import InfusionDraft, PlanDraft
from prophylaxis.infusing import record_infusion
from prophylaxis.models import Infusion, Plan
from prophylaxis.services import save_plan
from sharing.models import Patient, User

PLAN = PlanDraft(
    product="Octagam 10 %",
    route="iv",
    dose_g_per_kg=Decimal("2.000"),
    interval_days=28,
    first_on=date(2026, 1, 5),
    local_time=time(9),
    zone="Europe/Berlin",
    remind_days_before=(7, 1),
)


@pytest.fixture
def plan(patient: Patient, alice: User) -> Plan:
    return save_plan(patient, PLAN, by=alice)[0]


@pytest.fixture
def infused(patient: Patient, alice: User) -> Callable[..., Infusion]:
    """Record an infusion of Alice's that started at an instant."""

    def record(started_at: datetime, **fields: Any) -> Infusion:
        said: dict[str, Any] = {
            "client_id": uuid4(),
            "started_at": started_at,
            "zone": "Europe/Berlin",
            "product": "Octagam 10 %",
        }
        draft = InfusionDraft(**said | fields)
        return record_infusion(patient, draft, by=alice).infusion

    return record
