"""A laboratory sheet: what is stored, asked about and refused, and who may enter it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.http import QueryDict

from diary.forms.labs import FIRST, FURTHER, LabsForm
from diary.models import Profile
from diary.services import draft_of

pytestmark = pytest.mark.slow

ONE = UUID("11111111-1111-4111-8111-111111111111")
SAMPLE = {"at": "2026-03-14T06:30"}
SHEET = {
    "m_hematocrit": "0.452",
    "u_hematocrit": "L/L",
    "m_hemoglobin": "14,8",
    "u_hemoglobin": "g/dL",
    "m_albumin": "38",
    "u_albumin": "g/L",
    "m_creatinine": "88",
    "u_creatinine": "umol/L",
    "m_m_protein": "4.2",
    "u_m_protein": "g/L",
}


def post(browser, patient, **fields):
    url = f"/patients/{patient.public_id}/labs/"
    return browser.post(url, {"client_id": str(uuid4()), **SAMPLE, **fields})


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("alice", 302),
        ("logger_", 302),
        ("manager", 302),
        ("viewer", 403),
        ("doctor", 403),
        ("eve", 404),
    ],
)
def test_only_those_who_may_log_enter_a_sheet(request, sign_in, patient, who, status):
    browser = sign_in(request.getfixturevalue(who))
    assert post(browser, patient, m_crp="3").status_code == status
    assert patient.measurements.exists() is (status == 302)
    page = browser.get(f"/patients/{patient.public_id}/labs/")
    assert page.status_code == (200 if status == 302 else status)


def test_a_sheet_is_one_entry_at_the_time_of_the_sample(sign_in, alice, patient):
    answer = post(sign_in(alice), patient, **SHEET, laboratory="St. Anna, room 4")
    assert answer.url == f"/patients/{patient.public_id}/timeline/"
    checkin = patient.checkins.get()
    assert checkin.at == datetime(2026, 3, 14, 5, 30, tzinfo=UTC)  # Berlin, winter
    assert checkin.day == date(2026, 3, 14)
    assert not checkin.symptoms.exists()
    rows = {m.quantity: m for m in checkin.measurements.all()}
    assert {k: (m.typed, m.typed_unit, m.value) for k, m in rows.items()} == {
        "hematocrit": ("0.452", "L/L", Decimal("45.2")),
        "hemoglobin": ("14.8", "g/dL", Decimal("14.8")),
        "albumin": ("38", "g/L", Decimal("3.8")),
        "creatinine": ("88", "umol/L", Decimal("0.995475")),
        "m_protein": ("4.2", "g/L", Decimal("4.2")),
    }
    assert {m.device for m in rows.values()} == {"St. Anna, room 4"}


def test_the_laboratory_is_shown_and_offered_again(sign_in, alice, patient):
    browser = sign_in(alice)
    post(browser, patient, m_crp="3", laboratory="St. Anna")
    page = browser.get(f"/patients/{patient.public_id}/timeline/").content.decode()
    assert "St. Anna" in page
    form = browser.get(f"/patients/{patient.public_id}/labs/")
    assert '<option value="St. Anna">' in form.content.decode()


def test_a_unit_begins_as_it_was_typed_last(sign_in, alice, patient):
    browser = sign_in(alice)
    post(browser, patient, **SHEET)
    form = browser.get(f"/patients/{patient.public_id}/labs/").context["form"]
    assert form["u_creatinine"].value() == "umol/L"
    assert form["u_hematocrit"].value() == "L/L"
    assert form["u_lactate"].value() == "mmol/L"


def test_a_unit_that_the_patient_chose_comes_first(sign_in, alice, patient):
    browser = sign_in(alice)
    post(browser, patient, **SHEET)
    patient.units = {"creatinine": "mg/dL"}
    patient.save(update_fields=["units"])
    form = browser.get(f"/patients/{patient.public_id}/labs/").context["form"]
    assert form["u_creatinine"].value() == "mg/dL"


def test_the_sheet_asks_for_the_values_of_the_disease_first():
    assert FIRST[:4] == ("hematocrit", "hemoglobin", "albumin", "total_protein")
    assert set(FURTHER) == {
        "wbc",
        "potassium",
        "sodium",
        "bicarbonate",
        "egfr",
        "urea",
    }


def test_a_finger_prick_is_no_laboratory_value(sign_in, alice, patient):
    Profile.objects.create(patient=patient, capillary_hemoglobin=True)
    page = sign_in(alice).get(f"/patients/{patient.public_id}/labs/")
    assert "m_capillary_hemoglobin" not in page.context["form"].fields


@pytest.mark.parametrize(
    ("name", "typed", "unit"),
    [("hemoglobin", "24.9", "g/dL"), ("hematocrit", "80", "%")],
)
def test_published_extremes_are_stored_once_they_are_confirmed(
    sign_in, alice, patient, name, typed, unit
):
    browser = sign_in(alice)
    sheet = {f"m_{name}": typed, f"u_{name}": unit}
    asked = post(browser, patient, **sheet)
    assert "is rare" in asked.content.decode()
    assert not patient.checkins.exists()
    assert post(browser, patient, **sheet, **{f"ok_m_{name}": f"{typed} {unit}"}).url
    assert patient.measurements.get().confirmed


def test_a_mixed_up_unit_is_asked_about_by_its_name(sign_in, alice, patient):
    asked = post(sign_in(alice), patient, m_hemoglobin="14", u_hemoglobin="mmol/L")
    assert "14 g/dL is common. Is the unit right?" in asked.content.decode()


def test_changing_the_unit_asks_nothing_more(sign_in, alice, patient):
    browser = sign_in(alice)
    post(browser, patient, m_hemoglobin="14", u_hemoglobin="mmol/L")
    answer = post(browser, patient, m_hemoglobin="14", u_hemoglobin="g/dL")
    assert answer.status_code == 302


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"m_creatinine": "225", "u_creatinine": "mg/dL"}, "m_creatinine"),
        ({"m_creatinine": "1.7", "u_creatinine": "umol/L"}, "m_creatinine"),
        ({"m_hematocrit": "0"}, "m_hematocrit"),
        ({"m_igg": "NaN"}, "m_igg"),
        ({"m_igg": "sNaN"}, "m_igg"),
        ({"m_wbc": "1e999"}, "m_wbc"),
        ({"m_creatine_kinase": "9" * 1_000_000}, "m_creatine_kinase"),
        ({"m_urea": "5\0"}, "m_urea"),
        ({"m_urea": "5", "u_urea": "mg/dL"}, "u_urea"),
        ({"m_lactate": "low"}, "m_lactate"),
        ({"laboratory": "a\0b"}, "laboratory"),
        ({"laboratory": "x" * 1_000_000}, "laboratory"),
        ({"at": ""}, "at"),
        ({"at": "9999-12-31T23:59"}, "at"),
        ({"at": "9999-12-31T23:59:59-14:00"}, "at"),
        ({"at": "2026-03-29T02:30"}, "at"),
        ({"client_id": "not-a-uuid"}, "client_id"),
    ],
)
def test_bad_input_is_told_beside_its_field_and_the_rest_is_kept(
    sign_in, alice, patient, fields, field
):
    answer = post(sign_in(alice), patient, **{"m_theophylline": "12.5"} | fields)
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert 'value="12.5"' in answer.content.decode()
    assert not patient.checkins.exists()


def test_an_impossible_value_names_the_unit_that_was_perhaps_meant(
    sign_in, alice, patient
):
    answer = post(sign_in(alice), patient, m_creatinine="225", u_creatinine="mg/dL")
    assert "If it is 225 umol/L, change the unit." in answer.content.decode()


def test_an_empty_sheet_is_refused_kindly(sign_in, alice, patient):
    assert "Nothing is filled in yet" in post(sign_in(alice), patient).content.decode()
    assert not patient.checkins.exists()


def test_the_same_sheet_sent_twice_is_stored_once(sign_in, alice, patient):
    browser = sign_in(alice)
    for _ in range(2):
        assert post(browser, patient, client_id=str(ONE), **SHEET).status_code == 302
    assert patient.measurements.count() == 5


def test_a_stored_sheet_fills_the_form_and_comes_back_the_same(sign_in, alice, patient):
    post(sign_in(alice), patient, **SHEET, laboratory="St. Anna")
    said = draft_of(patient.checkins.get())
    shown = LabsForm(patient=patient, editing=said)
    data = QueryDict(mutable=True)
    data.update({f.name: str(f.value() or "") for f in shown})
    data["at"] = "2026-03-14T06:30"
    data["laboratory"] = "St. Anne"
    form = LabsForm(data, patient=patient, editing=said)
    assert form.is_valid(), form.errors
    again = form.to_draft()
    assert (again.client_id, again.at) == (said.client_id, said.at)
    assert {r.identity: r.value for r in again.readings} == {
        r.identity: r.value for r in said.readings
    }
    assert {r.device for r in again.readings} == {"St. Anne"}


def test_the_page_asks_the_same_few_queries_however_much_is_stored(
    sign_in, alice, patient, django_assert_max_num_queries
):
    browser = sign_in(alice)
    for day in range(1, 29):
        post(browser, patient, **SHEET | {"at": f"2026-02-{day:02}T08:00"})
    with django_assert_max_num_queries(17):
        browser.get(f"/patients/{patient.public_id}/labs/")


def test_values_never_reach_the_log(sign_in, alice, patient, caplog):
    with caplog.at_level("DEBUG"):
        post(sign_in(alice), patient, m_crp="3.77", laboratory="canary-8811")
    assert "canary-8811" not in caplog.text


def test_a_sheet_is_corrected_in_the_form_it_was_made_with(sign_in, alice, patient):
    browser = sign_in(alice)
    post(browser, patient, **SHEET, laboratory="St. Anna")
    checkin = patient.checkins.get()
    url = f"/patients/{patient.public_id}/checkins/{checkin.client_id}/edit/"
    page = browser.get(url)
    assert page.context["form"]["m_albumin"].value() == "38"
    assert 'name="form" value="labs"' in page.content.decode()
    corrected = {"client_id": checkin.client_id, "version": 1, "form": "labs"}
    browser.post(url, corrected | SAMPLE | SHEET | {"m_albumin": "29"})
    assert patient.measurements.get(quantity="albumin").value == Decimal("2.9")
    assert patient.measurements.count() == 5
