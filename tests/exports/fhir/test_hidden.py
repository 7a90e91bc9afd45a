"""What a grant hides is in neither file, in no narrative and in no count."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from attacks.models import Attack, Facts, Stay, Treatment, Trigger
from capleak.exports.fhir import collection, document
from capleak.period import Period
from diary.models import CheckIn, Comment, CustomSymptom, ProdromeFlag, Symptom
from prophylaxis.models import Appointment, Infusion
from sharing.models import Grant
from tests.conftest import make_user
from tests.exports.fhir.checks import parsed, problems
from tests.exports.fhir.drawn import NOW

AT = datetime(2026, 3, 14, 6, 10, tzinfo=UTC)
CANARY = "canary"
EVERYTHING = ["notes", "own_symptoms", "period"]


@pytest.fixture
def written(own):
    """A record in which each hidden thing says so."""
    rings = CustomSymptom.objects.create(patient=own, label=f"{CANARY} own words")
    mixed = check_in(own, note=f"{CANARY} note", tags=["period", "travel"])
    Symptom.objects.create(checkin=mixed, custom=rings, severity=2)
    Symptom.objects.create(checkin=mixed, code="fatigue", severity=2)
    check_in(own, note="", tags=["period"])
    attack = Attack.objects.create(
        patient=own, zone="UTC", leak_start=AT, end=AT, note=f"{CANARY} attack"
    )
    for kind, model in (("infection", Trigger), ("dialysis", Treatment)):
        model.objects.create(attack=attack, kind=kind, note=f"{CANARY} {kind}")
    Trigger.objects.create(attack=attack, kind="period", detail=f"{CANARY} detail")
    Stay.objects.create(attack=attack, arrived_at=AT, note=f"{CANARY} stay")
    Facts.objects.create(attack=attack, sequelae_note=f"{CANARY} sequela")
    infusion = Infusion(patient=own, product="Ig", note=f"{CANARY} infusion")
    infusion.set_start(AT, "UTC")
    infusion.save()
    infusion.reactions.create(
        kind="other", other=f"{CANARY} other", severity="mild", action=f"{CANARY} done"
    )
    skipped = Appointment(patient=own, status="skipped", reason=f"{CANARY} reason")
    skipped.set_moment(AT, "UTC")
    skipped.save()
    flag = ProdromeFlag.objects.create(
        patient=own,
        level="watch",
        peak="watch",
        score=2,
        opened_at=AT,
        rule_version="1",
        first_at=AT,
        last_at=AT,
        reasons=[reason(f"{CANARY} reason", hidden="own_symptoms")],
    )
    flag.answers.create(label="period", words=f"{CANARY} answer", by_name="Alice")
    Comment.objects.create(patient=own, day=AT.date(), text="seen", author_name="Al")


def check_in(own, **fields: Any) -> CheckIn:
    row = CheckIn(patient=own, recorded_at=AT, **fields)
    row.set_moment(AT, "UTC")
    row.save()
    return row


def reason(label: str, *, hidden: str) -> dict[str, Any]:
    return {
        "kind": "new",
        "code": "own:1",
        "label": label,
        "now": 2.0,
        "usual_days": 0,
        "of_days": 9,
        "hidden": hidden,
    }


@pytest.fixture
def clinician(grant_to):
    def make(*hidden: str):
        user = make_user("okafor")
        grant_to(user, "export", kind=Grant.Kind.CLINICIAN, hidden=list(hidden))
        return user

    return make


def files(whose) -> tuple[dict[str, Any], ...]:
    always = Period(None, None, whose.tz)
    return tuple(parsed(f(whose, always, NOW)) for f in (collection, document))


def test_the_owner_takes_everything_out(own, written):
    whole, _summary = files(own)
    text = json.dumps(whole)
    for word in (
        "own words",
        "note",
        "attack",
        "detail",
        "stay",
        "sequela",
        "infusion",
    ):
        assert f"{CANARY} {word}" in text
    assert "My period" in text


def test_what_is_hidden_is_in_neither_file(written, clinician, as_seen_by):
    whole, summary = files(as_seen_by(clinician(*EVERYTHING)))
    for bundle in (whole, summary):
        text = json.dumps(bundle).lower()
        assert CANARY not in text
        assert '"period"' not in text.replace('"period":', "")
        assert "my period" not in text
        assert problems(bundle) == []
    assert "travel" in json.dumps(whole)
    assert "Something unusual" in json.dumps(whole)


def test_a_check_in_of_hidden_things_alone_leaves_no_trace(
    written, clinician, as_seen_by
):
    def panels(bundle: dict[str, Any]) -> int:
        return json.dumps(bundle).count('"code": {"text": "Diary check-in"}')

    assert panels(files(as_seen_by(clinician()))[0]) == 2
    Grant.objects.update(hidden=EVERYTHING)
    whose = as_seen_by(Grant.objects.get().user)
    assert panels(files(whose)[0]) == 1


@pytest.mark.parametrize(
    ("hidden", "gone", "kept"),
    [
        ("notes", "canary note", "canary own words"),
        ("own_symptoms", "canary own words", "canary note"),
        ("period", "canary detail", "canary note"),
    ],
)
def test_each_category_is_hidden_by_itself(
    written, clinician, as_seen_by, hidden, gone, kept
):
    text = json.dumps(files(as_seen_by(clinician(hidden)))[0])
    assert gone not in text
    assert kept in text
