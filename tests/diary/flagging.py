"""A diary of quiet weeks, and the entries that make it unusual."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from django.utils import timezone

from diary.drafts import CheckInDraft, Reading
from diary.models import CheckIn, FlagChoice, Measurement
from diary.services import Saved, record_checkin
from sharing.models import Patient, User

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

# What the rule calls "watch" and "act" in a diary of quiet weeks. No red flags.
WATCH: dict[str, int | None] = {"dizziness": 2}
ACT: dict[str, int | None] = {"dizziness": 2, "thirst": 2}


def quiet_weeks(patient: Patient, now: datetime | None = None, days: int = 40) -> None:
    """Days that said "no symptoms", up to four days ago, with a pressure each."""
    now = now or timezone.now()
    FlagChoice.objects.create(patient=patient, since=now - days * DAY)
    checkins, readings = [], []
    for ago in range(4, days):
        checkin = CheckIn(patient=patient, no_symptoms=True)
        checkin.set_moment(now - ago * DAY, patient.zone)
        checkin.recorded_at = checkin.at
        checkins.append(checkin)
        value = Decimal(122 + ago % 3)
        reading = Measurement(
            patient=patient,
            checkin=checkin,
            client_id=checkin.client_id,
            quantity="systolic",
            value=value,
            typed_value=value,
            typed_unit="mmHg",
        )
        reading.set_moment(checkin.at, checkin.zone)
        readings.append(reading)
    CheckIn.objects.bulk_create(checkins)
    Measurement.objects.bulk_create(readings)


def draft(
    symptoms: Mapping[str, int | None] | None = None,
    *,
    hours_ago: float = 0,
    client_id: UUID | None = None,
    now: datetime | None = None,
    own: dict[int, int | None] | None = None,
    **values: str,
) -> CheckInDraft:
    """A check-in; without symptoms and values it says that there are none."""
    return CheckInDraft(
        client_id=client_id or uuid4(),
        at=(now or timezone.now()) - hours_ago * HOUR,
        zone="Europe/Berlin",
        symptoms=symptoms or {},
        own=own or {},
        no_symptoms=not (symptoms or values or own),
        readings=tuple(
            Reading(key, Decimal(value), Decimal(value), "mmHg")
            for key, value in values.items()
        ),
    )


def say(
    patient: Patient, by: User, symptoms: Mapping[str, int | None] | None = None, **more
) -> Saved:
    return record_checkin(patient, draft(symptoms, **more), by=by)
