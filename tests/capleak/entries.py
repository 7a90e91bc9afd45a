"""Short ways to put something into a record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from diary.drafts import CheckInDraft
from diary.models import CheckIn
from diary.services import record_checkin
from prophylaxis.models import Infusion
from sharing.models import Patient, User


def utc(year: int, month: int, day: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def check_in(
    patient: Patient,
    at: datetime,
    zone: str = "Europe/Berlin",
    by: User | None = None,
    **said: Any,
) -> CheckIn:
    draft = CheckInDraft(client_id=uuid4(), at=at, zone=zone, **said)
    author = by or patient.owner
    assert author is not None
    return record_checkin(patient, draft, by=author).checkin


def infuse(
    patient: Patient, at: datetime, zone: str = "Europe/Berlin", **fields: Any
) -> Infusion:
    infusion = Infusion(patient=patient, product="Ig 10 %", **fields)
    infusion.set_start(at, zone)
    infusion.save()
    return infusion
