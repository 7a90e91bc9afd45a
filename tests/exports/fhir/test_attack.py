"""Attacks as Conditions, with phases, stays, procedures and what was given."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from attacks.models import (
    Attack,
    Complication,
    Facts,
    Grade,
    PastCount,
    Stay,
    Treatment,
    Trigger,
)
from tests.exports.fhir.checks import references

DAY = timedelta(days=1)
LEAK = datetime(2024, 3, 14, 5, 10, tzinfo=UTC)  # 06:10 in Berlin
TITLE = "Attack of systemic capillary leak syndrome"


def store(own, **fields: Any) -> Attack:
    """An attack of four known times, entered by its owner."""
    times = {
        "prodrome_start": LEAK - 2 * DAY,
        "leak_start": LEAK,
        "recovery_start": LEAK + 2 * DAY,
        "end": LEAK + 6 * DAY,
    }
    return Attack.objects.create(
        patient=own, zone="Europe/Berlin", entered_by=own.owner, **times | fields
    )


@pytest.fixture
def attack(own):
    return store(own)


def code_of(row: dict[str, Any], element: str) -> str:
    code: str = row[element]["coding"][0]["code"]
    return code


def test_an_attack_is_a_condition_from_its_first_sign_to_its_end(own, attack, told):
    (row,) = told("Condition")
    assert row["code"]["text"] == TITLE
    assert row["code"]["coding"][0]["code"] == "HP:0030005"
    assert row["onsetDateTime"] == "2024-03-12T06:10:00+01:00"
    assert row["abatementDateTime"] == "2024-03-20T06:10:00+01:00"
    assert code_of(row, "clinicalStatus") == "resolved"
    assert "verificationStatus" not in row  # nobody said how certain it is


def test_an_ongoing_attack_is_active_and_has_no_end(own, told):
    store(own, recovery_start=None, end=None, ongoing=True)
    (row,) = told("Condition")
    assert code_of(row, "clinicalStatus") == "active"
    assert not [key for key in row if key.startswith("abatement")]


def test_an_attack_without_a_known_end_is_past_and_not_resolved(own, told):
    store(own, end=None)
    (row,) = told("Condition")
    assert code_of(row, "clinicalStatus") == "inactive"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"certainty": "confirmed"}, "confirmed"),
        ({"certainty": "probable"}, "provisional"),
        ({"certainty": "possible"}, "unconfirmed"),
        ({"certainty": "confirmed", "outcome": "not_attack"}, "refuted"),
    ],
)
def test_how_certain_it_is_stands_in_the_status(own, told, fields, status):
    store(own, **fields)
    (row,) = told("Condition")
    assert code_of(row, "verificationStatus") == status


def test_early_signs_that_came_to_nothing_are_no_capillary_leak(own, told):
    store(own, outcome="aborted", leak_start=None, recovery_start=None)
    (row,) = told("Condition")
    assert row["code"] == {"text": f"{TITLE}: early signs that came to nothing"}
    (prodrome,) = told("Observation")
    assert prodrome["effectivePeriod"]["end"] == "2024-03-20T06:10:00+01:00"


def test_each_phase_has_its_own_time_and_is_a_stage_of_the_attack(own, attack, told):
    (row,) = told("Condition")
    phases = {r["code"]["text"]: r for r in told("Observation")}
    assert phases["Leak phase"]["effectivePeriod"] == {
        "start": "2024-03-14T06:10:00+01:00",
        "end": "2024-03-16T06:10:00+01:00",
    }
    stages = [stage["summary"]["text"] for stage in row["stage"]]
    assert stages == ["Prodrome", "Leak phase", "Recovery phase"]
    assert {r["id"] for r in phases.values()} == {
        stage["assessment"][0]["reference"].removeprefix("urn:uuid:")
        for stage in row["stage"]
    }


def test_a_boundary_is_never_told_more_exactly_than_it_is_known(own, told):
    store(own, prodrome_start_precision="month", end_precision="week")
    (row,) = told("Condition")
    assert row["onsetDateTime"] == "2024-03"
    assert row["abatementPeriod"] == {"start": "2024-03-16", "end": "2024-03-23"}
    phases = {r["code"]["text"]: r for r in told("Observation")}
    assert phases["Recovery phase"]["effectivePeriod"]["end"] == "2024-03"


def test_severity_says_whose_it_is_and_that_a_read_one_is_provisional(
    own, attack, told
):
    Facts.objects.create(attack=attack, icu=True)
    (row,) = told("Condition")
    provisional = "Grade 3 of 4, provisional, from these facts: intensive care"
    assert row["severity"] == {"text": provisional}
    Grade.objects.create(
        attack=attack, value=2, scale_name="Ours", assigned_as="clinician"
    )
    (row,) = told("Condition")
    assert row["severity"] == {"text": "Grade 2 (Ours), by: clinician"}


def test_what_set_it_off_points_to_the_attack_and_back(own, attack, told):
    Trigger.objects.create(
        attack=attack, kind="infection", detail="influenza A", evidence="test"
    )
    (row,) = told("Condition")
    (trigger,) = told("Observation", "What may have set it off")
    text = "infection (influenza A, a test showed it)"
    assert trigger["valueCodeableConcept"] == {"text": text}
    assert trigger["focus"][0]["reference"] == f"urn:uuid:{row['id']}"
    assert f"urn:uuid:{trigger['id']}" in references({"e": row["evidence"]})


def test_answers_about_the_course_are_told_and_silence_is_not(own, attack, told):
    Facts.objects.create(attack=attack, icu=False, ward=True)
    said = {r["code"]["text"]: r.get("valueBoolean") for r in told("Observation")}
    assert said["Intensive care"] is False
    assert said["Hospital ward"] is True
    assert "Surgery" not in said


@pytest.mark.parametrize(
    ("kind", "snomed"),
    [
        ("compartment", "111245009"),
        ("kidney_injury", "14669001"),
        ("pulmonary_edema", "40541001"),
        ("clot", None),
    ],
)
def test_a_complication_is_due_to_the_attack(own, attack, told, kind, snomed):
    Complication.objects.create(attack=attack, kind=kind, at=LEAK, precision="day")
    whole, row = sorted(told("Condition"), key=lambda r: "extension" in r)
    (due_to,) = row["extension"]
    assert due_to["valueReference"]["reference"] == f"urn:uuid:{whole['id']}"
    assert row["onsetDateTime"] == "2024-03-14"
    seen = [c["code"] for c in row["code"].get("coding", ()) if "snomed" in c["system"]]
    assert seen == ([snomed] if snomed else [])


def test_a_stay_is_an_encounter_with_intensive_care_as_a_place(own, attack, told):
    Stay.objects.create(
        attack=attack,
        arrived_at=LEAK,
        icu_from=LEAK + DAY,
        icu_until=LEAK + 2 * DAY,
        discharged_at=LEAK + 5 * DAY,
        first_called="sepsis",
        precision="day",
    )
    (row,) = told("Encounter")
    assert row["status"] == "finished"
    assert row["period"] == {"start": "2024-03-14", "end": "2024-03-19"}
    assert row["reasonCode"] == [{"text": "First called: sepsis"}]
    assert row["location"] == [
        {
            "location": {"display": "Intensive care"},
            "period": {"start": "2024-03-15", "end": "2024-03-16"},
        }
    ]


def test_surgery_is_a_procedure_at_its_sites(own, attack, told):
    Treatment.objects.create(
        attack=attack, kind="decompression", at=LEAK, sites=["left_leg", "right_arm"]
    )
    (row,) = told("Procedure")
    assert row["performedDateTime"] == "2024-03-14T06:10:00+01:00"
    assert row["bodySite"] == [{"text": "left leg"}, {"text": "right arm"}]


def test_a_fluid_is_given_in_its_amount(own, attack, told):
    Treatment.objects.create(
        attack=attack, kind="crystalloid", at=LEAK, amount=Decimal("2.5"), unit="L"
    )
    (row,) = told("MedicationAdministration")
    assert row["dosage"]["dose"]["value"] == 2.5
    assert row["dosage"]["dose"]["code"] == "L"


def test_what_was_given_at_an_unknown_time_was_given_in_the_attack(own, attack, told):
    Treatment.objects.create(attack=attack, kind="diuretic")
    (row,) = told("MedicationAdministration")
    assert row["effectivePeriod"] == {
        "start": "2024-03-12T06:10:00+01:00",
        "end": "2024-03-20T06:10:00+01:00",
    }
    assert "dosage" not in row


def test_every_fact_says_who_entered_it(own, attack, told, logger_):
    Treatment.objects.create(attack=attack, kind="dialysis", entered_by=logger_)
    (procedure,) = told("Procedure")
    (caregiver,) = told("RelatedPerson")
    entered = {tuple(references(row)) for row in told("Provenance")}
    assert (f"urn:uuid:{procedure['id']}", f"urn:uuid:{caregiver['id']}") in entered


def test_a_count_of_the_past_is_as_exact_as_its_days(own, told):
    PastCount.objects.create(
        patient=own, from_on=date(2015, 1, 1), until_on=date(2019, 12, 31), count=4
    )
    (row,) = told("Observation")
    assert row["valueInteger"] == 4
    assert row["effectivePeriod"] == {"start": "2015", "end": "2019"}


def test_an_attack_belongs_to_each_period_that_it_touches(own, attack, told):
    last = date(2024, 3, 20)
    assert len(told("Condition", since=last)) == 1
    assert told("Condition", since=last + DAY) == []
    assert len(told("Condition", until=date(2024, 3, 12))) == 1
    assert told("Condition", until=date(2024, 3, 11)) == []


def test_facts_of_many_attacks_take_no_more_queries(
    own, attack, told, django_assert_max_num_queries
):
    for month in range(1, 13):
        at = datetime(2020, month, 5, tzinfo=UTC)
        row = Attack.objects.create(patient=own, zone="UTC", leak_start=at, end=at)
        Treatment.objects.create(attack=row, kind="dialysis")
    with django_assert_max_num_queries(32):
        assert len(told("Procedure")) == 12
