"""What a published report says, and what it does not."""

from __future__ import annotations

import json
from html import unescape
from html.parser import HTMLParser

import pytest

from attacks.models import CaseReport
from attacks.reports import told
from capleak.demo.cases import FILE
from tests.attacks.conftest import berlin

PUBLISHED = json.loads(FILE.read_text(encoding="utf-8"))
CASES = {case["id"]: case for case in PUBLISHED["cases"]}


def report_of(**said):
    return told(CaseReport(case_id="x", told=said))


def facts(found):
    return {
        fact.label: [term.text for term in fact.terms] or fact.silence for fact in found
    }


class Words(HTMLParser):
    """The visible text of a page, and the raw values beside it."""

    def __init__(self, page):
        super().__init__()
        self.said = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "data":
            self.said.append(dict(attrs)["value"])

    def handle_data(self, data):
        self.said.append(data)


def leaves(value):
    if isinstance(value, dict):
        for each in value.values():
            yield from leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each)
    elif value is not None:
        yield str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_value_of_a_published_case_is_on_its_page(
    sign_in, alice, make_attack, case
):
    attack = make_attack(leak_start=berlin(14))
    units = {"about": PUBLISHED["about"], "units": PUBLISHED["units"]}
    CaseReport.objects.create(attack=attack, case_id=case["id"], told=units | case)
    path = f"/patients/{attack.patient.public_id}/attacks/{attack.public_id}/"
    page = sign_in(alice).get(path).content.decode()
    said = " ".join(" ".join(Words(page).said).split())
    missing = [v for v in leaves(case) if unescape(" ".join(v.split())) not in said]
    assert not missing
    assert 'rel="noopener noreferrer nofollow"' in page


def test_what_is_null_or_absent_is_not_stated():
    found = facts(report_of(age=None, outcome=None).facts)
    assert found["Age"] == "not stated"
    assert found["Outcome"] == "not stated"
    assert found["Trigger"] == "not stated"


def test_an_empty_list_is_not_none():
    found = facts(report_of(complications=[]).facts)
    assert found["Complications"] == "none listed"


def test_zero_and_no_are_said():
    found = facts(
        report_of(prior_attacks_n=0, hypotension_at_first_measurement=False).facts
    )
    assert found["Earlier attacks, number"] == ["0"]
    assert found["Low blood pressure at the first measurement"] == ["no"]


def test_codes_become_words():
    found = facts(
        report_of(
            sex="F", diagnosis_class="ISCLS_MGUS", complications=["rhabdomyolysis"]
        ).facts
    )
    assert found["Sex"] == ["female"]
    assert found["Diagnosis"] == ["idiopathic SCLS with MGUS"]
    assert found["Complications"] == ["Rhabdomyolysis"]


def test_a_field_that_is_new_to_us_is_shown_under_its_own_name():
    assert facts(report_of(icu_days=4).facts)["icu days"] == ["4"]


def test_days_values_and_units_are_those_of_the_report():
    event = {
        "day": -2.9,
        "day_to": 0.0,
        "symptoms": ["uri_unspecified", "syncope"],
        "vitals": {"hr": 108, "sbp": 92, "temp_c": 37.6},
        "labs": {"creatinine_mg_dl": 1.71, "egfr": 29, "potassium_mmol_l": 5.3},
        "treatments": [],
        "note": "",
    }
    found = report_of(units=PUBLISHED["units"], events=[event])
    (day,) = found.events
    assert (day.day.text, day.until.text) == ("day −2.9", "day 0")
    assert [t.text for t in day.symptoms] == [
        "cold-like symptoms, not specified",
        "Fainted",
    ]
    assert [t.text for t in day.vitals] == [
        "Upper blood pressure 92 mmHg",
        "Pulse 108 beats/min",
        "Temperature 37.6 °C",
    ]
    assert [t.text for t in day.labs] == [
        "Creatinine 1.71 mg/dL",
        "Potassium 5.3 mmol/L",
        "Estimated GFR 29",
    ]
    assert day.treatments == []
    assert found.unit_notes == ["Creatinine: 1 mg/dL = 88.4 umol/L"]


def test_only_web_addresses_become_links():
    source = {"url": "javascript:alert(1)", "doi": "10.1000/182"}
    found = {f.label: f.terms for f in report_of(source=source).source}
    assert [t.url for t in found["Address"]] == [""]
    found = {f.label: f.terms for f in report_of(source={"url": "https://a.b"}).source}
    assert [t.url for t in found["Address"]] == ["https://a.b"]


def test_treatment_days_count_from_the_onset_of_low_pressure():
    events = [{"day": 0.0, "treatments": ["saline"]}, {"day": 3.0, "treatments": []}]
    found = report_of(phases={"first_hypotension_day": -0.5}, events=events)
    assert found.treatment_days == (0.5,)
    assert report_of(phases={}, events=events).treatment_days == ()
