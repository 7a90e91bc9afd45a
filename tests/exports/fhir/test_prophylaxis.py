"""Plans, medicines, infusions with their lots, reactions, flags and the diagnosis."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from diary.models import ProdromeFlag, Profile
from prophylaxis.models import Appointment, Infusion, MedicinePlan, Plan
from tests.exports.fhir.drawn import NOW

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # 09:00 in Berlin


@pytest.fixture
def infusion(own, alice):
    """80 g in Berlin on 2 March 2026, from 09:00 to 14:00."""
    row = Infusion(
        patient=own,
        product="Immunoglobulin 10 %",
        dose_g=Decimal(80),
        weight_kg=Decimal(80),
        finished_at=START + timedelta(hours=5),
        given_by="Nurse Kim",
        entered_by=alice,
    )
    row.set_start(START, "Europe/Berlin")
    row.save()
    return row


def plan(own, **fields: Any) -> Plan:
    defaults = {
        "product": "Immunoglobulin 10 %",
        "dose_g_per_kg": Decimal(1),
        "first_on": date(2024, 1, 1),
        "valid_from": date(2024, 1, 1),
        "local_time": time(9),
        "zone": "Europe/Berlin",
    }
    return Plan.objects.create(patient=own, **defaults | fields)


def test_an_infusion_is_given_once_with_its_dose_and_times(own, infusion, told):
    (row,) = told("MedicationAdministration")
    assert row["status"] == "completed"
    assert row["medicationCodeableConcept"] == {"text": "Immunoglobulin 10 %"}
    assert row["effectivePeriod"] == {
        "start": "2026-03-02T09:00:00+01:00",
        "end": "2026-03-02T14:00:00+01:00",
    }
    assert row["dosage"]["dose"]["value"] == 80
    assert row["dosage"]["text"] == "80 g, 1 g/kg at 80 kg"
    assert "<p>2 March 2026, 09:00: Immunoglobulin 10 %</p>" in row["text"]["div"]
    assert row["performer"] == [{"actor": {"display": "Nurse Kim"}}]


def test_an_infusion_that_runs_is_in_progress(own, infusion, told):
    Infusion.objects.update(status="started", finished_at=None)
    (row,) = told("MedicationAdministration")
    assert row["status"] == "in-progress"
    assert row["effectiveDateTime"] == "2026-03-02T09:00:00+01:00"


def test_one_lot_is_the_batch_of_what_was_given(own, infusion, told):
    infusion.lots.create(number="AB12", vial_g=20, count=4, expires_on=date(2027, 1, 1))
    (given,) = told("MedicationAdministration")
    (lot,) = told("Medication")
    assert given["medicationReference"]["reference"] == f"urn:uuid:{lot['id']}"
    assert lot["batch"] == {"lotNumber": "AB12", "expirationDate": "2027-01-01"}
    assert lot["amount"]["numerator"]["value"] == 20


def test_several_lots_each_have_a_batch_and_the_dose_is_told_once(own, infusion, told):
    infusion.lots.create(number="AB12", vial_g=20, count=3)
    infusion.lots.create(number="CD34", vial_g=10, count=2)
    (given,) = told("MedicationAdministration")
    medicines = {f"urn:uuid:{row['id']}": row for row in told("Medication")}
    mixture = medicines[given["medicationReference"]["reference"]]
    lots = [
        (
            medicines[part["itemReference"]["reference"]]["batch"]["lotNumber"],
            part["strength"]["numerator"]["value"],
        )
        for part in mixture["ingredient"]
    ]
    assert lots == [("AB12", 3), ("CD34", 2)]
    assert given["dosage"]["dose"]["value"] == 80


def test_a_lot_of_two_infusions_is_one_medication(own, infusion, told):
    infusion.lots.create(number="AB12", vial_g=20)
    second = Infusion(patient=own, product=infusion.product)
    second.set_start(START + timedelta(days=28), "Europe/Berlin")
    second.save()
    second.lots.create(number="AB12", vial_g=20)
    assert len(told("Medication")) == 1
    assert len(told("MedicationAdministration")) == 2


def test_one_rate_is_told_and_several_are_left_to_the_narrative(own, infusion, told):
    infusion.rate_steps.create(at=START, ml_per_h=Decimal("60.5"))
    (row,) = told("MedicationAdministration")
    assert row["dosage"]["rateQuantity"]["value"] == 60.5
    infusion.rate_steps.create(at=START + timedelta(minutes=30), ml_per_h=120)
    (row,) = told("MedicationAdministration")
    assert "rateQuantity" not in row["dosage"]
    assert "<p>09:30: 120 mL/h</p>" in row["text"]["div"]


def test_a_reaction_is_part_of_its_infusion(own, infusion, told):
    infusion.reactions.create(
        kind="chills", severity="moderate", action="Slowed.", onset_at=START
    )
    (given,) = told("MedicationAdministration")
    (row,) = told("Observation")
    assert row["code"]["text"] == "Reaction to an infusion: chills"
    assert row["partOf"][0]["reference"] == f"urn:uuid:{given['id']}"
    assert row["note"] == [{"text": "Slowed."}]


def test_a_skipped_infusion_was_not_done_for_its_reason(own, told):
    row = Appointment(patient=own, status="skipped", reason="a fever")
    row.set_moment(START, "Europe/Berlin")
    row.save()
    (missed,) = told("MedicationAdministration")
    assert missed["status"] == "not-done"
    assert missed["statusReason"] == [{"text": "skipped: a fever"}]


def test_an_infusion_that_is_only_planned_was_not_given(own, told):
    row = Appointment(patient=own, status="planned")
    row.set_moment(START, "Europe/Berlin")
    row.save()
    assert told("MedicationAdministration") == []


@pytest.mark.parametrize(
    ("fields", "repeat"),
    [
        ({"interval_days": 28}, {"period": 28, "periodUnit": "d"}),
        (
            {"cadence": "weeks", "interval_days": 28, "weekday": 3},
            {"period": 4, "periodUnit": "wk", "dayOfWeek": ["thu"]},
        ),
        ({"cadence": "month", "month_day": 31}, {"period": 1, "periodUnit": "mo"}),
    ],
)
def test_a_plan_is_a_statement_that_says_how_often(own, told, fields, repeat):
    plan(own, **fields)
    (row,) = told("MedicationStatement")
    assert row["status"] == "active"
    (dosage,) = row["dosage"]
    each = {"frequency": 1, "timeOfDay": ["09:00:00"]}
    assert dosage["timing"]["repeat"] == each | repeat
    assert dosage["doseAndRate"][0]["doseQuantity"]["code"] == "g/kg"


def test_a_changed_plan_is_completed_and_keeps_its_days(own, told):
    plan(own, ended_at=NOW - timedelta(days=31), began_at=NOW - timedelta(days=99))
    plan(own, valid_from=date(2026, 5, 1))
    old, new = told("MedicationStatement")
    assert (old["status"], new["status"]) == ("completed", "active")
    assert old["effectivePeriod"] == {"start": "2024-01-01", "end": "2026-05-01"}


def test_a_plan_that_begins_later_is_intended_and_one_that_never_began_is_not_told(
    own, told
):
    plan(own, valid_from=date(2026, 7, 1))
    plan(own, valid_from=date(2026, 7, 1), began_at=START, ended_at=NOW)
    assert [row["status"] for row in told("MedicationStatement")] == ["intended"]


def test_a_medicine_has_its_dose_in_the_words_of_its_prescriber(own, told):
    MedicinePlan.objects.create(
        patient=own,
        name="Theophylline",
        dose="200 mg, one tablet",
        times=[time(8), time(20)],
        zone="Europe/Berlin",
        valid_from=date(2025, 1, 1),
        valid_until=date(2025, 12, 31),
        prescriber="Dr. Okafor",
    )
    (row,) = told("MedicationStatement")
    assert row["status"] == "completed"
    assert row["dosage"][0]["text"] == "200 mg, one tablet, 08:00, 20:00"
    assert row["dosage"][0]["timing"]["repeat"]["frequency"] == 2
    assert row["note"] == [{"text": "Prescribed by: Dr. Okafor"}]


def flag(own) -> ProdromeFlag:
    reason = {"kind": "new", "code": "pulse", "now": 101.0, "usual": 65.0}
    return ProdromeFlag.objects.create(
        patient=own,
        level="watch",
        peak="act",
        score=3,
        opened_at=START,
        closed_at=START + timedelta(days=1),
        closed_why="silence",
        rule_version="1",
        reasons=[reason],
        first_at=START,
        last_at=START,
    )


def test_a_flag_is_a_fact_about_the_diary_told_to_others(own, told):
    flag(own)
    (row,) = told("Flag")
    (software,) = told("Device")
    text = "Act: this diary is very unusual. Pulse 101 /min, usually 65 /min"
    assert row["code"] == {"text": text}
    assert row["status"] == "inactive"
    assert row["period"]["end"] == "2026-03-03T09:00:00+01:00"
    assert row["author"]["reference"] == f"urn:uuid:{software['id']}"


def test_the_diagnosis_is_coded_unless_it_is_the_secondary_form(own, told):
    profile = Profile.objects.create(
        patient=own, form="acute", diagnosed_on=date(2019, 5, 6), m_protein="igg_kappa"
    )
    (row,) = told("Condition")
    coding = {"system": "http://hl7.org/fhir/sid/icd-10", "code": "I78.8"}
    assert row["code"]["coding"] == [coding]
    assert row["extension"][0]["valueDateTime"] == "2019-05-06"
    (protein,) = told("Observation", "M-protein, type")
    assert protein["valueCodeableConcept"] == {"text": "IgG kappa"}
    profile.form, profile.cause = "secondary", "sepsis"
    profile.save()
    (row,) = told("Condition")
    assert "coding" not in row["code"]
    assert row["code"]["text"].endswith("Secondary, with a known cause, Sepsis")


def test_no_diagnosis_is_told_where_none_was_said(own, told):
    Profile.objects.create(patient=own)
    assert told("Condition") == []
