"""Two validators that we did not write, and our own checks, on a hundred records."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from fhir.resources.R4B.bundle import Bundle

from capleak.demo.load import load
from capleak.exports.fhir import collection, document
from capleak.period import Period
from sharing.models import Patient
from tests.exports.fhir.checks import parsed, problems, resources, unreached
from tests.exports.fhir.drawn import NOW
from tests.exports.fhir.generated import Maker

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

RECORDS = 100
SCRIPT = Path(__file__).parent / "validate.js"
PACKAGE = "FHIR_PACKAGE"

Bundles = dict[str, dict[str, Any]]


def both(whose: Patient) -> Bundles:
    """The two Bundles of a whole record."""
    always = Period(None, None, whose.tz)
    return {
        "collection": parsed(collection(whose, always, NOW)),
        "document": parsed(document(whose, always, NOW)),
    }


@pytest.fixture(scope="module")
def bundles(django_db_setup: None, django_db_blocker: Any) -> Bundles:
    """Both Bundles of each generated record and of the demo, made once.

    The records themselves are rolled back: the Bundles are plain data.
    """
    made: Bundles = {}
    with django_db_blocker.unblock(), transaction.atomic():
        for number in range(RECORDS):
            whose = Maker(number).make()
            whose.closed_at = NOW if number % 10 == 9 else None  # after a death
            for kind, bundle in both(whose).items():
                made[f"{kind}-{number}"] = bundle
        demo = load(NOW, "demo-capleak-2026", lambda share: None)
        assert demo.owner is not None
        opened = Patient.objects.visible_to(demo.owner).get(pk=demo.pk)
        for kind, bundle in both(opened).items():
            made[f"{kind}-demo"] = bundle
        transaction.set_rollback(True)
    return made


def findings(bundles: Bundles, check: Callable[[dict[str, Any]], Iterable[str]]) -> Any:
    return {name: told for name, b in bundles.items() if (told := list(check(b)))}


def test_the_records_tell_of_everything_that_an_export_can_hold(bundles):
    kinds = {row["resourceType"] for b in bundles.values() for row in resources(b)}
    assert kinds == {
        *("Composition", "Condition", "Device", "Encounter", "Flag", "Immunization"),
        *("Medication", "MedicationAdministration", "MedicationStatement"),
        *("Observation", "Patient", "Practitioner", "Procedure", "Provenance"),
        "RelatedPerson",
    }


def test_the_models_of_fhir_resources_take_every_bundle(bundles):
    for bundle in bundles.values():
        assert len(Bundle.model_validate(bundle).entry) == len(bundle["entry"])


def test_references_codes_times_and_invariants_hold(bundles):
    assert findings(bundles, problems) == {}


def test_everything_in_a_document_is_reached_from_its_composition(bundles):
    documents = {name: b for name, b in bundles.items() if b["type"] == "document"}
    assert findings(documents, unreached) == {}


def validated(folder: Path, bundles: Bundles) -> list[dict[str, str]]:
    """What npm's `fhir` finds, in one process for all of them."""
    package = os.environ.get(PACKAGE, "")
    if not (Path(package) / "package.json").exists():
        pytest.skip(f"npm's fhir is not here: {PACKAGE} names no folder (.ci/run)")
    for name, bundle in bundles.items():
        (folder / f"{name}.json").write_text(json.dumps(bundle), encoding="utf-8")
    ran = subprocess.run(
        ["node", SCRIPT, package, folder], capture_output=True, check=True
    )
    told: list[dict[str, str]] = json.loads(ran.stdout)
    return told


def test_fhir_js_finds_nothing_in_any_bundle(bundles, tmp_path):
    assert validated(tmp_path, bundles) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('condition-clinical", "code": "resolved"', 'condition-clinical", "code": "x"'),
        ('"status": "final"', '"status": "fine"'),
        ('"stage"', '"stages"'),
        ('"code": "mm[Hg]"', '"code": "mmHg"'),
        ('"type": "Patient"', '"type": "Medication"'),
    ],
    ids=["code", "status", "element", "unit", "target"],
)
def test_fhir_js_finds_what_is_wrong(bundles, tmp_path, right, wrong):
    told = json.dumps(bundles["document-demo"])
    assert right in told
    broken = json.loads(told.replace(right, wrong))
    assert validated(tmp_path, {"broken": broken})
