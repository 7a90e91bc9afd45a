"""A record with something of everything, alike but for what is secret."""

from __future__ import annotations

from datetime import datetime, timedelta

from attacks.models import Attack, PastCount, Trigger
from diary.models import CheckIn, CustomSymptom
from prophylaxis.models import Infusion, Plan
from sharing.models import Patient, User
from tests.sharing.rows import skipped

SECRET = "zebra-crossing"


def entry(patient: Patient, at: datetime, **symptoms: int) -> CheckIn:
    checkin = CheckIn(patient=patient, no_symptoms=not symptoms)
    checkin.set_moment(at, patient.zone)
    checkin.save()
    for code, severity in symptoms.items():
        checkin.symptoms.create(code=code, severity=severity)
    return checkin


def tell(checkin: CheckIn, own: CustomSymptom | None) -> None:
    """Add to an entry what belongs to each of the hidden categories."""
    if own:
        checkin.note, checkin.tags = f"{SECRET} in an entry", ["period"]
        checkin.save()
        checkin.symptoms.create(custom=own, severity=3)


def furnish(owner: User, now: datetime, *, secret: bool) -> dict[str, object]:
    """A record of ten weeks with an attack, an infusion; the ids of its addresses."""
    patient = Patient.objects.create(owner=owner, name="Alice", zone="Europe/Berlin")
    note = SECRET if secret else ""
    own = patient.custom_symptoms.create(label=SECRET) if secret else None
    day = timedelta(days=1)
    for number in range(70, 0, -7):
        tell(entry(patient, now - number * day, fatigue=1), own)
        entry(patient, now - (number - 3) * day)
    if own:
        # Days of which nothing else is known, the first of all among them, and one with
        # nothing but a note.
        for number in (90, 33):
            hidden = CheckIn(patient=patient)
            hidden.set_moment(now - number * day, patient.zone)
            hidden.save()
            tell(hidden, own)
        silent = CheckIn(patient=patient, note=SECRET)
        silent.set_moment(now - 5 * day, patient.zone)
        silent.save()
    latest = entry(patient, now - timedelta(hours=2), dizziness=2, nausea=1)
    tell(latest, own)
    attack = Attack.objects.create(
        patient=patient,
        prodrome_start=now - 30 * day,
        leak_start=now - 29 * day,
        recovery_start=now - 27 * day,
        end=now - 24 * day,
        zone=patient.zone,
        note=note,
    )
    Trigger.objects.create(attack=attack, kind="infection", note=note)
    if secret:
        Trigger.objects.create(attack=attack, kind="period")
    years = {"from_on": "1991-01-01", "until_on": "1994-12-31", "count": 2}
    PastCount.objects.create(patient=patient, note=note, **years)
    Plan.objects.create(
        patient=patient,
        product="Gammaplex",
        dose_g_per_kg=2,
        first_on=(now - 60 * day).date(),
        local_time="08:00",
        zone=patient.zone,
    )
    infusion = Infusion(patient=patient, product="Gammaplex", note=note)
    infusion.set_start(now - 25 * day, patient.zone)
    infusion.save()
    appointment = skipped(patient)
    appointment.reason = note or "ill"
    appointment.save()
    return {
        "patient": patient.public_id,
        "attack": attack.public_id,
        "checkin": latest.client_id,
        "infusion": infusion.public_id,
    }
