"""Records to make reports of: as many attacks, years and odd words as wanted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from attacks.models import Attack, Stay, Treatment, Trigger
from diary.models import CheckIn, Measurement, Symptom, VisitSheet
from prophylaxis.models import Infusion, Lot, MedicinePlan, Plan, Reaction
from sharing.models import Patient

DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
ZONE: Final = "Europe/Berlin"
NOW: Final = datetime(2026, 11, 23, 9, tzinfo=UTC)
# What goes up and down in an attack: before, at its worst, after.
COURSE: Final = {
    "systolic": (122, 74, 110),
    "pulse": (70, 128, 84),
    "hematocrit": (41, 58, 38),
    "albumin": (4, 2, 3),
}


def give_attacks(patient: Patient, count: int, *, detailed: int = 0) -> list[Attack]:
    """Attacks one after another until a month ago; the newest ones with entries."""
    step = min(60 * DAY, 9000 * DAY / max(count, 1))
    rows = []
    for n in range(count):
        leak = NOW - 30 * DAY - n * step
        rows.append(
            Attack(
                patient=patient,
                zone=ZONE,
                prodrome_start=leak - 2 * DAY,
                leak_start=leak,
                recovery_start=leak + 2 * DAY,
                end=leak + 6 * DAY,
            )
        )
    attacks = Attack.objects.bulk_create(rows)
    Stay.objects.bulk_create(
        Stay(
            attack=attack,
            arrived_at=attack.leak_start,
            discharged_at=attack.end,
            icu_from=attack.leak_start,
            icu_until=attack.recovery_start,
        )
        for attack in attacks
    )
    Trigger.objects.bulk_create(
        Trigger(attack=attack, kind="infection") for attack in attacks
    )
    for attack in attacks[:detailed]:
        give_course(patient, attack)
    return attacks


def give_course(patient: Patient, attack: Attack) -> None:
    """What was felt, measured and done in one attack, every six hours."""
    assert attack.leak_start
    assert attack.prodrome_start
    Treatment.objects.create(
        attack=attack, kind="crystalloid", at=attack.leak_start, amount=4, unit="L"
    )
    readings, checkins = [], []
    for n in range(24):
        at = attack.prodrome_start + n * 6 * HOUR
        share = 0 if at < attack.leak_start else min(2, (at - attack.leak_start) // DAY)
        for quantity, values in COURSE.items():
            readings.append(reading(patient, quantity, values[share and 3 - share], at))
        checkin = CheckIn(patient=patient)
        checkin.set_moment(at, ZONE)
        checkins.append(checkin)
    Measurement.objects.bulk_create(readings)
    CheckIn.objects.bulk_create(checkins)
    Symptom.objects.bulk_create(
        Symptom(checkin=checkin, code=code, severity=1 + n % 3)
        for n, checkin in enumerate(checkins)
        for code in ("fatigue", "dizziness", "edema_limbs", "nausea")
    )


def reading(patient: Patient, quantity: str, value: Any, at: datetime) -> Measurement:
    """One reading, not saved yet, in the canonical unit."""
    row = Measurement(
        patient=patient,
        quantity=quantity,
        value=value,
        typed_value=value,
        typed_unit={"systolic": "mmHg", "pulse": "/min", "albumin": "g/dL"}.get(
            quantity, "%"
        ),
        recorded_at=at,
    )
    row.set_moment(at, ZONE)
    return row


def give_diary(patient: Patient, years: int) -> None:
    """A check-in and a pressure every day, an M-protein a year, an infusion a month."""
    days = [NOW - n * DAY for n in range(years * 365)]
    checkins = []
    for at in days:
        checkin = CheckIn(patient=patient, no_symptoms=True)
        checkin.set_moment(at, ZONE)
        checkins.append(checkin)
    CheckIn.objects.bulk_create(checkins)
    readings = [reading(patient, "systolic", 118 + at.day % 9, at) for at in days]
    for at in days[::365]:
        level = reading(patient, "m_protein", 2, at)
        level.typed_unit = "g/L"
        readings.append(level)
    Measurement.objects.bulk_create(readings)
    give_infusions(patient, years * 13)


def give_infusions(patient: Patient, count: int) -> None:
    """A plan, and an infusion every 28 days, each with a lot, some with a reaction."""
    first = NOW - 28 * count * DAY
    Plan.objects.create(
        patient=patient,
        product="Immunoglobulin 10 %",
        dose_g_per_kg=2,
        interval_days=28,
        first_on=first.date(),
        local_time="09:00",
        zone=ZONE,
        valid_from=first.date(),
        began_at=first,
    )
    rows = []
    for n in range(count):
        row = Infusion(
            patient=patient, product="Immunoglobulin 10 %", dose_g=140, weight_kg=70
        )
        row.set_start(first + 28 * n * DAY, ZONE)
        rows.append(row)
    Infusion.objects.bulk_create(rows)
    Lot.objects.bulk_create(
        Lot(infusion=row, number=f"P{n:07}", vial_g=10, count=14)
        for n, row in enumerate(rows)
    )
    Reaction.objects.bulk_create(
        Reaction(infusion=row, kind="headache", severity="mild") for row in rows[::12]
    )


def give_words(patient: Patient, words: str) -> None:
    """The same words wherever the one page has words of people, as long as allowed."""
    patient.name = words[:80]
    patient.save()
    VisitSheet.objects.update_or_create(
        patient=patient,
        defaults={"questions": [words[:160]] * 3, "last_on": NOW.date() - 90 * DAY},
    )
    MedicinePlan.objects.bulk_create(
        MedicinePlan(
            patient=patient,
            name=words[:80],
            dose=words[:80],
            times=["08:00"],
            zone=ZONE,
            valid_from=NOW.date() - 60 * DAY,
        )
        for _n in range(8)
    )
