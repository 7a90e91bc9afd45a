"""What the diaries of these tests hold, and merging two of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from attacks.models import Attack
from capleak.merging import run
from diary.drafts import CheckInDraft
from diary.models import CheckIn
from diary.services import record_checkin
from prophylaxis.models import Infusion, Plan
from sharing.models import (
    Merge,
    Patient,
    User,
)

MARCH = datetime(2024, 3, 14, 8, tzinfo=UTC)
A_MONTH_BEFORE = MARCH - timedelta(days=30)


def opened(user: User, name: str) -> Patient:
    """A record as the door hands it out."""
    return Patient.objects.visible_to(user).get(name=name)


def merge(
    target: Patient, source: Patient, by: User, *kept: int, **answers: str
) -> Merge:
    """Merge two records as a page does that was opened just now."""
    target, source = (opened(by, r.name) for r in (target, source))
    return run.merge(
        target,
        source,
        answers,
        frozenset(kept),
        seen=run.versions(target, source),
        by=by,
    )


def say(record: Patient, by: User, at: datetime = MARCH, **said: Any) -> CheckIn:
    draft = CheckInDraft(client_id=uuid4(), at=at, zone="Europe/Berlin", **said)
    return record_checkin(record, draft, by=by).checkin


def attack(record: Patient, first: int, last: int, **fields: Any) -> Attack:
    """An attack of March 2024 between two days."""
    return Attack.objects.create(
        patient=record,
        leak_start=MARCH.replace(day=first),
        end=MARCH.replace(day=last),
        zone="Europe/Berlin",
        **fields,
    )


def infusion(record: Patient, at: datetime, **fields: Any) -> Infusion:
    row = Infusion(patient=record, product="Panzyga", **fields)
    row.set_start(at, "Europe/Berlin")
    row.save()
    return row


def plan(record: Patient, product: str, began_at: datetime) -> Plan:
    return Plan.objects.create(
        patient=record,
        product=product,
        dose_g_per_kg=2,
        first_on=date(2030, 1, 1),
        local_time="08:00",
        zone="Europe/Berlin",
        valid_from=began_at.date(),
        began_at=began_at,
    )
