"""How many attacks a record holds, always with the time it was kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import models
from django.db.models.functions import Greatest, Least

from attacks.models import BOUNDARIES, Attack
from diary.models import CheckIn, Measurement
from diary.personal import LABS
from sharing.models import Patient

A_YEAR: Final = timedelta(days=365)
SAVED_WITHIN: Final = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of what was recorded as an attack. Days are the patient's own.

    Early signs that came to nothing and false alarms are listed, not counted.
    """

    in_all: int
    last_12_months: int
    days_since: int | None  # since the last ended; None: none recorded, or one is open
    observed_since: date | None  # first diary entry; None: no entry yet


def summary(patient: Patient, now: datetime) -> Summary:
    """Count the attacks of an opened record."""
    now = patient.until(now)
    today = now.astimezone(patient.tz).date()
    counted = Attack.objects.counted().filter(patient=patient)
    found = counted.annotate(
        first_at=Least(*BOUNDARIES), last_at=Greatest(*BOUNDARIES)
    ).aggregate(
        in_all=models.Count("pk"),
        last_12_months=models.Count("pk", filter=models.Q(first_at__gt=now - A_YEAR)),
        latest=models.Max("last_at"),
        ongoing=models.Count("pk", filter=models.Q(ongoing=True)),
    )
    over = None if found["ongoing"] else found["latest"]
    return Summary(
        in_all=found["in_all"],
        last_12_months=found["last_12_months"],
        days_since=(today - over.astimezone(patient.tz).date()).days if over else None,
        observed_since=first_entry(patient),
    )


def first_entry(patient: Patient) -> date | None:
    """The day from which on the diary itself observes: its earliest entry.

    Of an opened record: what is hidden from its reader observes nothing for them. A
    check-in says how somebody was that day, however late it was written down. A reading
    that was brought in years later says nothing of attacks, and neither does a
    laboratory value copied from a letter: a reading counts if it was taken at home and
    saved within a month (design choice).
    """
    readings = Measurement.objects.exclude(quantity__in=LABS).filter(
        recorded_at__lte=models.F("at") + SAVED_WITHIN
    )
    days = [
        rows.readable(patient).aggregate(first=models.Min("day"))["first"]
        for rows in (CheckIn.objects, readings)
    ]
    return min((day for day in days if day), default=None)
