"""Measuring at home: what is asked about before it is stored, and what is refused."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

ONE = UUID("11111111-1111-4111-8111-111111111111")


def post(browser, patient, **fields):
    url = f"/patients/{patient.public_id}/measure/"
    return browser.post(url, {"client_id": str(uuid4()), **fields})


# --- Asked about ---------------------------------------------------------------------


def test_a_published_extreme_is_stored_once_it_is_confirmed(sign_in, alice, patient):
    browser = sign_in(alice)
    typed = {"m_systolic": "58", "m_diastolic": "26", "m_pulse": "130"}
    asked = post(browser, patient, client_id=str(ONE), **typed)
    assert asked.status_code == 200
    assert not patient.checkins.exists()
    body = asked.content.decode()
    assert "58 mmHg is rare. Is this what was measured?" in body
    assert 'name="ok_m_systolic" value="58 mmHg"' in body.replace("\n", " ")
    assert 'value="130"' in body
    confirmed = {"ok_m_systolic": "58 mmHg", "ok_m_diastolic": "26 mmHg"}
    post(browser, patient, client_id=str(ONE), **typed, **confirmed)
    rows = {m.quantity: m for m in patient.measurements.all()}
    assert rows["systolic"].value == 58
    assert {key: m.confirmed for key, m in rows.items()} == {
        "systolic": True,
        "diastolic": True,
        "pulse": False,
    }


def test_a_tick_is_worth_for_the_number_it_was_given_for(sign_in, alice, patient):
    asked = post(sign_in(alice), patient, m_systolic="65", ok_m_systolic="58 mmHg")
    assert asked.status_code == 200
    assert "checked" not in str(asked.context["form"]["ok_m_systolic"])
    assert not patient.checkins.exists()


def test_an_answer_stays_ticked_while_something_else_is_corrected(
    sign_in, alice, patient
):
    asked = post(
        sign_in(alice),
        patient,
        m_pulse="170",
        ok_m_pulse="170 /min",
        m_temperature="hot",
    )
    form = asked.context["form"]
    assert "checked" in str(form["ok_m_pulse"])
    assert "m_pulse" not in form.errors


def test_help_does_not_wait_for_an_answer(sign_in, alice, patient):
    body = post(sign_in(alice), patient, m_systolic="65").content.decode()
    assert "Not saved yet, but get help now" in body
    assert 'href="tel:112"' in body


def test_a_weight_is_asked_about_when_it_changed_within_a_day(sign_in, alice, patient):
    browser = sign_in(alice)
    post(browser, patient, m_weight="72")
    asked = post(browser, patient, m_weight="75.5")
    assert "the weight was 72 kg" in asked.content.decode()
    answer = post(browser, patient, m_weight="75.5", ok_m_weight="75.5 kg")
    assert answer.status_code == 302
    assert patient.measurements.filter(quantity="weight", confirmed=True).count() == 1


def test_a_weight_is_compared_with_the_one_before_its_own_time(sign_in, alice, patient):
    browser = sign_in(alice)
    post(browser, patient, m_weight="72")
    earlier = post(browser, patient, m_weight="80", at="2026-03-14T07:00")
    assert earlier.status_code == 302


# --- Refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"m_systolic": "39"}, "m_systolic"),
        ({"m_systolic": "120", "m_diastolic": "130"}, "m_diastolic"),
        ({"stand_diastolic": "80"}, "stand_systolic"),
        ({"m_pulse": "NaN"}, "m_pulse"),
        ({"m_pulse": "1e999"}, "m_pulse"),
        ({"m_pulse": "-Infinity"}, "m_pulse"),
        ({"m_pulse": "64\0"}, "m_pulse"),
        ({"stand_pulse": "6" * 1_000_000}, "stand_pulse"),
        ({"m_weight": "70", "u_weight": "stone"}, "u_weight"),
        ({"posture": "hanging", "m_pulse": "64"}, "posture"),
        ({"urine_relative": "7"}, "urine_relative"),
        ({"m_urine_volume": "1e999"}, "m_urine_volume"),
        ({"site_1": "left calf"}, "girth_1"),
        ({"girth_1": "36"}, "site_1"),
        ({"site_1": "a\0b", "girth_1": "36"}, "site_1"),
        ({"site_1": "x" * 1_000_000, "girth_1": "36"}, "site_1"),
        ({"tightness_1": "9", "site_1": "left calf"}, "tightness_1"),
        (
            {
                "site_1": "left calf",
                "girth_1": "36",
                "site_2": "Left  Calf",
                "girth_2": "37",
            },
            "site_2",
        ),
        ({"m_pulse": "64", "at": "9999-12-31T23:59"}, "at"),
        ({"m_pulse": "64", "at": "9999-12-31T23:59:59-14:00"}, "at"),
        ({"m_pulse": "64", "client_id": "not-a-uuid"}, "client_id"),
    ],
)
def test_bad_input_is_told_beside_its_field_and_the_rest_is_kept(
    sign_in, alice, patient, fields, field
):
    answer = post(sign_in(alice), patient, m_temperature="36.6", **fields)
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert 'value="36.6"' in answer.content.decode()
    assert not patient.checkins.exists()


def test_an_impossible_value_names_the_unit_that_was_perhaps_meant(
    sign_in, alice, patient
):
    answer = post(sign_in(alice), patient, m_temperature="98.6", u_temperature="°C")
    body = answer.content.decode()
    assert "Enter a value from 33 to 43 °C. If it is 98.6 °F, change the unit." in body


def test_an_empty_form_is_refused_kindly(sign_in, alice, patient):
    answer = post(sign_in(alice), patient, posture="sitting")
    assert "Nothing is filled in yet" in answer.content.decode()
    assert not patient.checkins.exists()


def test_an_empty_request_is_no_fault(sign_in, alice, patient):
    url = f"/patients/{patient.public_id}/measure/"
    assert sign_in(alice).post(url, {}).status_code == 200
