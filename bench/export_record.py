"""A full record of ten years for the export, and a browser that may export it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from allauth.usersessions.models import UserSession
from django.test import Client

from attacks.models import Attack
from capleak import consent
from diary.models import CheckIn, Measurement, Symptom
from prophylaxis.models import Infusion, Lot
from sharing.models import Patient, User

ZONE: Final = "Europe/Berlin"
DAYS: Final = 3652
NOTE: Final = "Slept badly, legs heavy in the morning; better after lunch and a walk."
CODES: Final = ("fatigue", "myalgia", "dizziness", "edema_limbs", "headache")


def fill(name: str, checkins: int, now: datetime) -> Patient:
    """A record with so many check-ins, spread over ten years until `now`."""
    owner = User.objects.create_user(f"{name}@example.org", name=name.capitalize())
    patient = Patient.objects.create(owner=owner, name=name.capitalize(), zone=ZONE)
    step = timedelta(days=DAYS) / checkins
    rows = []
    for n in range(checkins):
        row = CheckIn(
            patient=patient,
            no_symptoms=n % 2 == 0,
            note=NOTE if n % 3 == 0 else "",
            tags=["travel"] if n % 7 == 0 else [],
            entered_by=owner,
        )
        row.set_moment(now - step * (n + 1), ZONE)
        rows.append(row)
    CheckIn.objects.bulk_create(rows, batch_size=2000)
    Symptom.objects.bulk_create(
        (
            Symptom(checkin=row, code=CODES[(n + k) % 5], severity=1 + (n + k) % 3)
            for n, row in enumerate(rows)
            if n % 2
            for k in range(3)
        ),
        batch_size=5000,
    )
    Measurement.objects.bulk_create(_measured(patient, rows), batch_size=5000)
    _infusions(patient, now)
    _attacks(patient, now)
    return patient


def _measured(patient: Patient, rows: list[CheckIn]) -> Iterator[Measurement]:
    for n, checkin in enumerate(rows):
        for quantity, value, unit in (
            ("systolic", 110 + n % 30, "mmHg"),
            ("diastolic", 65 + n % 15, "mmHg"),
        ):
            row = Measurement(
                patient=patient,
                checkin=checkin,
                client_id=checkin.client_id,
                quantity=quantity,
                value=value,
                typed_value=value,
                typed_unit=unit,
                entered_by=patient.owner,
            )
            row.set_moment(checkin.at, ZONE)
            yield row


def _infusions(patient: Patient, now: datetime) -> None:
    infusions = []
    for n in range(DAYS // 28):
        row = Infusion(patient=patient, product="IG", dose_g=140, weight_kg=70)
        row.set_start(now - timedelta(days=28 * (n + 1)), ZONE)
        infusions.append(row)
    Infusion.objects.bulk_create(infusions)
    Lot.objects.bulk_create(
        Lot(infusion=row, number=f"LB{n}-{k}", vial_g=20, count=2)
        for n, row in enumerate(infusions)
        for k in range(3)
    )


def _attacks(patient: Patient, now: datetime) -> None:
    for n in range(30):
        leak = now - timedelta(days=60 + 115 * n)
        attack = Attack.objects.create(
            patient=patient,
            zone=ZONE,
            prodrome_start=leak - timedelta(days=1),
            leak_start=leak,
            recovery_start=leak + timedelta(days=3),
            end=leak + timedelta(days=8),
            note=NOTE,
        )
        attack.triggers.create(kind="infection", detail="a cold")
        attack.treatments.create(kind="albumin", amount=20, unit="g", at=leak)


def browser_of(patient: Patient) -> Client:
    """A browser in which the owner signed in a moment ago."""
    owner = patient.owner
    assert owner is not None
    consent.agree(owner)
    browser = Client()
    browser.force_login(owner)
    session: Any = browser.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time()}
    ]
    session["account_authentication_methods_user"] = str(owner.pk)
    session.save()
    UserSession.objects.create(
        user=owner, session_key=session.session_key, ip="127.0.0.1"
    )
    return browser
