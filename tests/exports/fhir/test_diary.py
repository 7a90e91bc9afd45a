"""Check-ins, symptoms, measurements, vaccines and comments as FHIR resources."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from diary.models import CheckIn, CustomSymptom, Measurement, Symptom
from diary.quantities import QUANTITIES, to_canonical
from tests.exports.fhir.checks import UCUM, references

AT = datetime(2026, 3, 14, 6, 10, tzinfo=UTC)
LOINC = "http://loinc.org"
CHECK_IN = UUID("11111111-2222-4333-8444-555555555555")


@pytest.fixture
def checkin(own, alice):
    """07:10 in Berlin; entered at once, by Alice."""
    row = CheckIn(
        patient=own, client_id=CHECK_IN, recorded_at=AT, entered_by=alice, note="Hm."
    )
    row.set_moment(AT, "Europe/Berlin")
    row.save()
    return row


def measure(own, quantity: str, typed: str, unit: str, **fields: Any) -> Measurement:
    row = Measurement(
        patient=own,
        client_id=fields.pop("client_id", None) or uuid4(),
        quantity=quantity,
        value=to_canonical(quantity, Decimal(typed), unit),
        typed_value=Decimal(typed),
        typed_unit=unit,
        recorded_at=AT,
        **fields,
    )
    row.set_moment(AT, "Europe/Berlin")
    row.save()
    return row


def codes_of(row: dict[str, Any]) -> set[tuple[str, str]]:
    return {(c["system"], c["code"]) for c in row["code"].get("coding", [])}


def test_a_symptom_is_present_with_its_codes_and_severity(own, checkin, told):
    Symptom.objects.create(checkin=checkin, code="fatigue", severity=2)
    (fatigue,) = told("Observation", "Fatigue")
    assert fatigue["valueBoolean"] is True
    assert fatigue["effectiveDateTime"] == "2026-03-14T07:10:00+01:00"
    assert codes_of(fatigue) == {
        ("http://snomed.info/sct", "84229001"),
        ("http://human-phenotype-ontology.org", "HP:0012378"),
    }
    (severity,) = fatigue["component"]
    assert severity["valueCodeableConcept"] == {"text": "Moderate"}


def test_a_symptom_that_was_said_to_be_absent_is_absent(own, checkin, told):
    Symptom.objects.create(checkin=checkin, code="fatigue", severity=0)
    (fatigue,) = told("Observation", "Fatigue")
    assert fatigue["valueBoolean"] is False
    assert "component" not in fatigue


def test_a_severity_that_nobody_graded_is_unknown(own, checkin, told):
    Symptom.objects.create(checkin=checkin, code="fatigue", severity=None)
    (fatigue,) = told("Observation", "Fatigue")
    (severity,) = fatigue["component"]
    assert severity["dataAbsentReason"]["coding"][0]["code"] == "unknown"


@pytest.mark.parametrize("code", ["cold_clammy", "limb_tightness", "poor_sleep"])
def test_a_symptom_without_a_code_is_told_in_words_alone(own, checkin, told, code):
    symptom = Symptom.objects.create(checkin=checkin, code=code, severity=1)
    (row,) = told("Observation", symptom.label)
    assert row["code"] == {"text": symptom.label}


def test_own_words_keep_their_words_beside_the_code_they_mean(own, checkin, told):
    rings = CustomSymptom.objects.create(
        patient=own, label="Tight <rings>", key="edema_limbs"
    )
    Symptom.objects.create(checkin=checkin, custom=rings, severity=1)
    (row,) = told("Observation", "Tight <rings>")
    assert ("http://snomed.info/sct", "267038008") in codes_of(row)


def test_a_check_in_holds_its_note_and_refers_to_what_belongs_to_it(own, checkin, told):
    Symptom.objects.create(checkin=checkin, code="fatigue", severity=2)
    measure(own, "pulse", "88", "/min", checkin=checkin, client_id=CHECK_IN)
    (panel,) = told("Observation", "Diary check-in")
    members = {f"urn:uuid:{row['id']}" for row in told("Observation")}
    assert panel["note"] == [{"text": "Hm."}]
    assert len(panel["hasMember"]) == 2
    assert {member["reference"] for member in panel["hasMember"]} <= members


def test_no_symptoms_is_said_and_not_left_out(own, checkin, told):
    CheckIn.objects.update(no_symptoms=True)
    (panel,) = told("Observation", "Diary check-in")
    assert panel["component"] == [
        {"code": {"text": "Symptoms of any kind"}, "valueBoolean": False}
    ]


def test_who_entered_it_and_when_stands_in_a_provenance(own, checkin, told):
    (panel,) = told("Observation", "Diary check-in")
    (alice,) = told("Patient")
    (entered,) = told("Provenance")
    assert references(entered) == [
        f"urn:uuid:{panel['id']}",
        f"urn:uuid:{alice['id']}",
    ]
    assert entered["recorded"] == "2026-03-14T06:10:00+00:00"


def test_a_caregiver_is_a_related_person_and_a_clinician_a_practitioner(
    own, checkin, told, viewer, doctor
):
    CheckIn.objects.update(entered_by=viewer)
    assert [row["name"] for row in told("RelatedPerson")] == [[{"text": "Viewer"}]]
    CheckIn.objects.update(entered_by=doctor)
    assert [row["name"] for row in told("Practitioner")] == [[{"text": "Doctor"}]]


def test_who_has_left_is_nobody_in_particular(own, checkin, told):
    CheckIn.objects.update(entered_by=None)
    (entered,) = told("Provenance")
    assert entered["agent"][0]["who"] == {"display": "someone who has left"}


def test_a_blood_pressure_is_one_panel_with_two_components(own, told):
    together = uuid4()
    for quantity, typed in (("systolic", "104"), ("diastolic", "61")):
        measure(own, quantity, typed, "mmHg", client_id=together, posture="standing")
    (panel,) = told("Observation")
    assert codes_of(panel) == {(LOINC, "85354-9")}
    assert panel["category"][0]["coding"][0]["code"] == "vital-signs"
    assert [
        (c["code"]["coding"][0]["code"], c["valueQuantity"]["value"])
        for c in panel["component"]
    ] == [("8480-6", 104), ("8462-4", 61)]
    (position,) = panel["extension"]
    assert position["valueCodeableConcept"] == {"text": "standing"}


def test_half_a_blood_pressure_says_that_the_other_half_is_unknown(own, told):
    measure(own, "systolic", "104", "mmHg")
    (panel,) = told("Observation")
    upper, lower = panel["component"]
    assert upper["valueQuantity"]["code"] == "mm[Hg]"
    assert lower["dataAbsentReason"]["coding"][0]["code"] == "unknown"


@pytest.mark.parametrize(
    ("quantity", "typed", "unit", "loinc", "value", "ucum"),
    [
        ("pulse", "88", "/min", "8867-4", 88, "/min"),
        ("weight", "150.5", "lb", "29463-7", 68.265652, "kg"),
        ("temperature", "99.5", "°F", "8310-5", 37.5, "Cel"),
        ("spo2", "97", "%", "59408-5", 97, "%"),
        ("hematocrit", "0.52", "L/L", "20570-8", 52, "%"),
        ("hemoglobin", "140", "g/L", "718-7", 14, "g/dL"),
        ("albumin", "28", "g/L", "1751-7", 2.8, "g/dL"),
        ("creatinine", "88.4", "umol/L", "2160-0", 1, "mg/dL"),
        ("creatine_kinase", "9992", "U/L", "2157-6", 9992, "U/L"),
        ("lactate", "4.1", "mmol/L", "2524-7", 4.1, "mmol/L"),
        ("m_protein", "12", "g/L", "33358-3", 12, "g/L"),
    ],
)
def test_a_value_has_the_unit_that_its_loinc_code_means(
    own, told, quantity, typed, unit, loinc, value, ucum
):
    measure(own, quantity, typed, unit)
    (row,) = told("Observation")
    assert (LOINC, loinc) in codes_of(row)
    assert row["valueQuantity"]["value"] == value
    assert (row["valueQuantity"]["system"], row["valueQuantity"]["code"]) == (
        UCUM,
        ucum,
    )
    assert f"{typed} {unit}" in row["text"]["div"]  # as it was entered
    assert "14 March 2026, 07:10" in row["text"]["div"]


def test_saturation_also_has_the_code_that_the_vital_signs_profile_asks_for(own, told):
    measure(own, "spo2", "97", "%")
    (row,) = told("Observation")
    assert codes_of(row) == {(LOINC, "59408-5"), (LOINC, "2708-6")}


@pytest.mark.parametrize("quantity", ["potassium", "urine_volume", "theophylline"])
def test_a_quantity_without_a_seen_code_has_none(own, told, quantity):
    measure(own, quantity, "5", QUANTITIES[quantity].canonical_unit)
    (row,) = told("Observation")
    assert codes_of(row) == set()


def test_a_grade_is_told_in_words_or_as_a_whole_number(own, told):
    measure(own, "urine_relative", "-2", "grade")
    measure(own, "limb_tightness", "3", "grade")
    rows = {row["code"]["text"]: row for row in told("Observation")}
    assert rows["Urine against usual"]["valueCodeableConcept"] == {"text": "much less"}
    assert rows["Limb tightness, 0 to 4"]["valueInteger"] == 3


def test_the_usual_value_stands_beside_a_laboratory_value_as_its_range(own, told):
    own.usual_values.create(
        quantity="albumin",
        value=Decimal("4.2"),
        typed_value=Decimal(42),
        typed_unit="g/L",
        measured_on=date(2025, 1, 2),
    )
    measure(own, "albumin", "28", "g/L")
    (row,) = told("Observation", "Albumin")
    assert row["referenceRange"] == [
        {"text": "Usual for this person: 42 g/L, since 2025-01-02"}
    ]


def test_a_vaccine_is_an_immunization_told_in_words(own, checkin, told):
    CheckIn.objects.update(tags=["vaccine", "travel"], vaccine="Flu, 2026")
    (vaccine,) = told("Immunization")
    assert vaccine["vaccineCode"] == {"text": "Flu, 2026"}
    assert vaccine["primarySource"] is False


def test_a_comment_keeps_its_author_and_its_day(own, told, alice):
    own.comments.create(
        day=date(2026, 3, 14), text="Call them.", author=alice, author_name="Alice"
    )
    (comment,) = told("Observation", "Comment on the day")
    assert comment["effectiveDateTime"] == "2026-03-14"
    assert comment["note"] == [{"authorString": "Alice", "text": "Call them."}]


def test_only_days_of_the_period_are_told(own, checkin, told):
    measure(own, "pulse", "88", "/min")
    day = date(2026, 3, 14)
    assert len(told("Observation", since=day, until=day)) == 2
    assert told("Observation", since=date(2026, 3, 15)) == []
    assert told("Observation", until=date(2026, 3, 13)) == []


def test_the_same_entry_has_the_same_id_in_every_export(own, checkin, told):
    Symptom.objects.create(checkin=checkin, code="fatigue", severity=2)
    before = {row["code"]["text"]: row["id"] for row in told("Observation")}
    Symptom.objects.all().delete()
    Symptom.objects.create(checkin=checkin, code="fatigue", severity=1)
    after = {row["code"]["text"]: row["id"] for row in told("Observation")}
    assert before == after
