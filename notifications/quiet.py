"""Saying nothing more of a record that was closed, and beginning again if it opens."""

from __future__ import annotations

from datetime import datetime

from notifications import planners
from notifications.models import HospitalStay, Occurrence
from notifications.planning import withdraw
from sharing.models import Patient, User


def fall_silent(patient: Patient, now: datetime, *, by: User) -> None:
    """Withdraw all that is planned; a stay in hospital that goes on is over.

    What repeats stays written down, and begins again with `speak_again`. Inside
    `Patient.objects.writing(patient)`.
    """
    withdraw(Occurrence.objects.filter(patient=patient))
    for stay in HospitalStay.objects.open().filter(patient=patient):
        stay.end(now, by)
    HospitalStay.objects.filter(patient=patient, settled_at=None).update(settled_at=now)


def speak_again(patient: Patient, now: datetime) -> None:
    """Plan what repeats from now on; nothing that passed meanwhile is told."""
    planners.keep(patient, now)
