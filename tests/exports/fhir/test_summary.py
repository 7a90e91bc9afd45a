"""The document: a Composition in the shape of the International Patient Summary."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from attacks.models import Attack
from diary.models import Measurement, Profile, VisitSheet
from tests.exports.fhir.checks import problems, resources, unreached

AT = datetime(2026, 3, 14, 6, 10, tzinfo=UTC)
# The sections of IPS 2.0 that a diary can say something about, in this order.
SECTIONS = [
    "11450-4",  # problems
    "11348-0",  # past problems
    "48765-2",  # allergies
    "10160-0",  # medicines
    "11369-6",  # immunizations
    "30954-2",  # results
    "8716-3",  # vital signs
    "47519-4",  # procedures
    "46240-8",  # encounters
    None,  # flags: the guide has no section for them
    "18776-5",  # plan of care
]


def sections(bundle: dict[str, Any]) -> dict[str | None, dict[str, Any]]:
    (composition,) = resources(bundle, "Composition")
    return {
        row.get("code", {}).get("coding", [{}])[0].get("code"): row
        for row in composition["section"]
    }


def entries(bundle: dict[str, Any], code: str) -> list[dict[str, Any]]:
    by_url = {e["fullUrl"]: e["resource"] for e in bundle["entry"]}
    listed = sections(bundle)[code].get("entry", [])
    return [by_url[entry["reference"]] for entry in listed]


def measure(own, quantity: str, value: str, unit: str, at: datetime) -> None:
    row = Measurement(
        patient=own,
        quantity=quantity,
        value=Decimal(value),
        typed_value=Decimal(value),
        typed_unit=unit,
        recorded_at=at,
    )
    row.set_moment(at, "Europe/Berlin")
    row.save()


def test_a_composition_comes_first_with_the_sections_of_the_guide(summary):
    bundle = summary()
    first = bundle["entry"][0]["resource"]
    assert (bundle["type"], first["resourceType"]) == ("document", "Composition")
    assert first["type"]["coding"][0]["code"] == "60591-5"
    assert list(sections(bundle)) == SECTIONS
    assert bundle["identifier"]["value"].startswith("urn:uuid:")


def test_a_record_without_anything_says_so_in_every_section(summary):
    bundle = summary()
    assert problems(bundle) == []
    for code, section in sections(bundle).items():
        assert "No information" in section["text"]["div"]
        reason = section["emptyReason"]["coding"][0]["code"]
        assert reason == ("notasked" if code == "48765-2" else "unavailable")


def test_the_questions_for_the_visit_come_first_for_who_may_read_them(own, summary):
    VisitSheet.objects.create(patient=own, questions=["May I fly <to> Rome?", "When?"])
    bundle = summary()
    (composition,) = resources(bundle, "Composition")
    first = composition["section"][0]
    assert first["title"] == "Questions of the patient"
    assert "<p>May I fly &lt;to&gt; Rome?</p><p>When?</p>" in first["text"]["div"]
    assert problems(bundle) == []
    own.is_own, own.hidden, own.grant_kind = False, ["notes"], "caregiver"
    (composition,) = resources(summary(), "Composition")
    assert composition["section"][0]["title"] == "Problems"


def test_a_diary_that_was_closed_tells_of_a_death_without_a_day(own, summary):
    (person,) = resources(summary(), "Patient")
    assert "deceasedBoolean" not in person
    own.closed_at = AT
    bundle = summary()
    (person,) = resources(bundle, "Patient")
    assert person["deceasedBoolean"] is True
    assert "deceasedDateTime" not in person
    assert problems(bundle) == []


def test_it_says_what_capleak_is_for(summary):
    (composition,) = resources(summary(), "Composition")
    assert "It is not a medical device" in composition["text"]["div"]


def test_an_open_attack_is_a_problem_and_one_that_is_over_a_past_one(own, summary):
    Profile.objects.create(patient=own, form="acute")
    over = Attack.objects.create(patient=own, zone="UTC", leak_start=AT, end=AT)
    later = AT + timedelta(days=9)
    Attack.objects.create(patient=own, zone="UTC", leak_start=later, ongoing=True)
    bundle = summary()
    present = [row["clinicalStatus"]["coding"] for row in entries(bundle, "11450-4")]
    assert [coding[0]["code"] for coding in present] == ["active", "active"]
    (past,) = entries(bundle, "11348-0")
    assert past["onsetDateTime"] == over.leak_start.isoformat()
    assert unreached(bundle) == set()


def test_the_narrative_of_a_section_tells_what_its_entries_tell(own, summary):
    Attack.objects.create(patient=own, zone="UTC", leak_start=AT, end=AT, note="Bad.")
    section = sections(summary())["11348-0"]
    assert "<p>Leak phase: 14 March 2026, 06:10</p>" in section["text"]["div"]
    assert "<p>Bad.</p>" in section["text"]["div"]


def test_every_laboratory_value_and_the_latest_of_each_vital_sign_are_told(
    own, summary
):
    for days in range(3):
        at = AT + timedelta(days=days)
        measure(own, "albumin", f"3.{days}", "g/dL", at)
        measure(own, "pulse", f"8{days}", "/min", at)
    bundle = summary()
    labs = [row["valueQuantity"]["value"] for row in entries(bundle, "30954-2")]
    (pulse,) = entries(bundle, "8716-3")
    assert labs == [3, 3.1, 3.2]
    assert pulse["valueQuantity"]["value"] == 82


def test_the_plan_of_the_team_is_a_section_of_its_own(own, summary):
    own.plan_text = "Call the clinic <b>first</b>."
    section = sections(summary(own))["18776-5"]
    told = "<p>Call the clinic &lt;b&gt;first&lt;/b&gt;.</p>"
    assert told in section["text"]["div"]
    assert "emptyReason" not in section
