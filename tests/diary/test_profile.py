"""The diagnosis and what is usual: who may change it, and what follows from it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone

from attacks.around import usual
from attacks.models import Attack
from diary.models import Profile, Usual
from diary.personal import profile_of, usual_values
from prophylaxis.models import Infusion, Plan
from sharing.models import Patient

FULL = {
    "kind": "acute",
    "diagnosed_on": "2019-05-06",
    "m_protein": "igg_kappa",
    "s_fatigue": "1",
    "s_edema_limbs": "2",
    "m_systolic": "122",
    "m_diastolic": "78",
    "d_systolic": "2026-01-10",
    "m_weight": "158.7",
    "u_weight": "lb",
    "m_hematocrit": "41",
    "u_hematocrit": "%",
    "m_creatinine": "88",
    "u_creatinine": "umol/L",
    "d_creatinine": "2025-11-30",
}


def url(patient):
    return f"/patients/{patient.public_id}/profile/"


def save(browser, patient, **fields):
    return browser.post(url(patient), fields)


@pytest.mark.parametrize(
    ("who", "status", "reads"),
    [
        ("alice", 302, 200),
        ("manager", 302, 200),
        ("logger_", 403, 200),
        ("viewer", 403, 200),
        ("doctor", 403, 200),
        ("eve", 404, 404),
    ],
)
def test_only_who_manages_changes_it_and_who_sees_the_diary_reads_it(
    request, sign_in, patient, who, status, reads
):
    browser = sign_in(request.getfixturevalue(who))
    assert save(browser, patient, kind="acute").status_code == status
    assert Profile.objects.filter(form="acute").exists() is (status == 302)
    page = browser.get(url(patient))
    assert page.status_code == reads
    assert (b"<textarea" in page.content or b'name="kind"' in page.content) is (
        status == 302
    )


def test_everything_is_kept_and_shown_again(sign_in, alice, patient):
    browser = sign_in(alice)
    assert save(browser, patient, **FULL).status_code == 302
    profile = Profile.objects.get()
    assert (profile.form, profile.m_protein) == ("acute", "igg_kappa")
    assert profile.diagnosed_on == date(2019, 5, 6)
    assert profile.usual_symptoms == {"fatigue": 1, "edema_limbs": 2}
    rows = {u.quantity: u for u in Usual.objects.all()}
    assert {
        k: (f"{u.typed_value.normalize():f}", u.typed_unit) for k, u in rows.items()
    } == {
        "systolic": ("122", "mmHg"),
        "diastolic": ("78", "mmHg"),
        "weight": ("158.7", "lb"),
        "hematocrit": ("41", "%"),
        "creatinine": ("88", "umol/L"),
    }
    assert rows["weight"].value == Decimal("71.985109")  # kg
    assert rows["systolic"].measured_on == rows["diastolic"].measured_on
    assert rows["diastolic"].measured_on == date(2026, 1, 10)
    assert rows["weight"].measured_on is None
    form = browser.get(url(patient)).context["form"]
    assert {name: str(form[name].value()) for name in FULL} == FULL


def test_saving_what_is_shown_changes_nothing(sign_in, alice, patient):
    browser = sign_in(alice)
    save(browser, patient, **FULL)
    form = browser.get(url(patient)).context["form"]
    shown = {f.name: f.value() for f in form if f.value() not in {None, ""}}
    del shown["capillary_hemoglobin"]
    save(browser, patient, **shown)
    again = browser.get(url(patient)).context["form"]
    assert {f.name: f.value() for f in again} == {f.name: f.value() for f in form}


def test_what_is_emptied_is_gone(sign_in, alice, patient):
    browser = sign_in(alice)
    save(browser, patient, **FULL)
    save(browser, patient, kind="")
    profile = Profile.objects.get()
    assert (profile.form, profile.diagnosed_on) == ("", None)
    assert profile.usual_symptoms == {}
    assert not Usual.objects.exists()


def test_pins_are_not_touched(sign_in, alice, patient):
    Profile.objects.create(patient=patient, pinned=["fatigue"])
    save(sign_in(alice), patient, kind="chronic")
    assert Profile.objects.get().pinned == ["fatigue"]


def test_a_reader_sees_the_same_facts(sign_in, alice, viewer, patient):
    save(sign_in(alice), patient, **FULL)
    body = sign_in(viewer).get(url(patient)).content.decode()
    for words in (
        "Primary, with attacks (classic)",
        "IgG kappa",
        "122 mmHg, Jan. 10, 2026",
        "158.7 lb",
        "Fatigue (mild), Swollen arms or legs (moderate)",
    ):
        assert words in body


def test_a_reader_of_an_empty_profile_is_told_so(sign_in, viewer, patient):
    assert (
        "Nothing is entered yet." in sign_in(viewer).get(url(patient)).content.decode()
    )


def test_a_cause_and_its_words_are_kept(sign_in, alice, patient):
    save(
        sign_in(alice),
        patient,
        kind="secondary",
        cause="gemcitabine",
        cause_text="second cycle, <2024>",
    )
    profile = Profile.objects.get()
    assert (profile.cause, profile.cause_text) == (
        "gemcitabine",
        "second cycle, <2024>",
    )


def test_the_last_level_of_m_protein_comes_from_the_laboratory(sign_in, alice, patient):
    browser = sign_in(alice)
    sheet = {"client_id": str(uuid4()), "at": "2026-03-14T08:00", "m_m_protein": "4.2"}
    browser.post(f"/patients/{patient.public_id}/labs/", sheet)
    body = browser.get(url(patient)).content.decode()
    assert "Last level: 4.2 g/L on 14 March 2026." in body


# --- What follows from the form ------------------------------------------------------


def ivig_in_the_menu(browser, patient):
    page = browser.get(f"/patients/{patient.public_id}/labs/").content.decode()
    return f"/patients/{patient.public_id}/ivig/" in page


@pytest.mark.parametrize(
    ("kind", "offered"),
    [("", True), ("acute", True), ("chronic", True), ("secondary", False)],
)
def test_ivig_is_left_out_of_the_menu_in_the_secondary_form(
    sign_in, alice, patient, kind, offered
):
    browser = sign_in(alice)
    save(browser, patient, kind=kind)
    assert ivig_in_the_menu(browser, patient) is offered
    today = browser.get(f"/patients/{patient.public_id}/").content.decode()
    assert ("tile-violet" in today) is offered
    page = browser.get(f"/patients/{patient.public_id}/ivig/")
    assert page.status_code == 200  # who opens it finds it


def test_the_profile_leads_to_the_ivig_pages_that_it_left_out(sign_in, alice, patient):
    browser = sign_in(alice)
    save(browser, patient, kind="secondary")
    body = browser.get(url(patient)).content.decode()
    assert "Open the IVIG page" in body


def test_a_plan_keeps_ivig_in_the_menu(sign_in, alice, patient):
    browser = sign_in(alice)
    save(browser, patient, kind="secondary")
    Plan.objects.create(
        patient=patient,
        product="Panzyga",
        dose_g_per_kg=Decimal(1),
        first_on=timezone.now().date(),
        local_time="08:00",
        zone="Europe/Berlin",
    )
    assert ivig_in_the_menu(browser, patient)


def test_an_infusion_keeps_ivig_in_the_menu(sign_in, alice, patient):
    browser = sign_in(alice)
    save(browser, patient, kind="secondary")
    infusion = Infusion(patient=patient, product="Panzyga")
    infusion.set_start(timezone.now() - timedelta(days=9), "Europe/Berlin")
    infusion.save()
    assert ivig_in_the_menu(browser, patient)


def test_the_chronic_form_says_what_is_off_and_what_is_not(sign_in, alice, patient):
    browser = sign_in(alice)
    save(browser, patient, kind="chronic")
    body = browser.get(url(patient)).content.decode()
    assert "Flags about a starting attack are off" in body
    assert "The help page for urgent signs works as always." in body


# --- What follows from usual values --------------------------------------------------


def test_a_told_usual_draws_the_line_where_the_diary_has_none(sign_in, alice, patient):
    save(sign_in(alice), patient, m_systolic="124", m_hematocrit="41")
    attack = Attack.objects.create(
        patient=patient, leak_start=datetime(2026, 3, 14, tzinfo=UTC), zone="UTC"
    )
    record = Patient.objects.visible_to(alice).get(pk=patient.pk)
    lines = usual(record, attack, timezone.now())
    assert lines == {"systolic": Decimal(124), "hematocrit": Decimal(41)}


def test_usual_values_are_canonical(sign_in, alice, patient):
    save(sign_in(alice), patient, m_albumin="41", u_albumin="g/L")
    assert usual_values(patient) == {"albumin": Decimal("4.1")}


def test_saving_gives_the_record_a_new_version(sign_in, alice, patient):
    before = Patient.objects.get(pk=patient.pk).version
    save(sign_in(alice), patient, m_pulse="64")
    assert Patient.objects.get(pk=patient.pk).version > before


# --- Asked about and refused ---------------------------------------------------------


def test_a_rare_usual_value_is_asked_about_once(sign_in, alice, patient):
    browser = sign_in(alice)
    asked = save(browser, patient, m_hematocrit="62")
    assert "62 % is rare" in asked.content.decode()
    save(browser, patient, m_hematocrit="62", ok_m_hematocrit="62 %")
    assert usual_values(patient) == {"hematocrit": Decimal(62)}
    assert save(browser, patient, m_hematocrit="62", kind="acute").status_code == 302


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "tertiary"}, "kind"),
        ({"kind": "acute", "cause": "sepsis"}, "cause"),
        ({"kind": "chronic", "cause_text": "some medicine"}, "cause"),
        ({"cause": "dinutuximab"}, "cause"),
        ({"cause_text": "a\0b"}, "cause_text"),
        ({"cause_text": "x" * 1_000_000}, "cause_text"),
        ({"m_protein": "igz"}, "m_protein"),
        ({"diagnosed_on": "9999-12-31"}, "diagnosed_on"),
        ({"diagnosed_on": "0001-01-01"}, "diagnosed_on"),
        ({"diagnosed_on": "2019-02-30"}, "diagnosed_on"),
        ({"diagnosed_on": "2019\0"}, "diagnosed_on"),
        ({"diagnosed_on": "1" * 1_000_000}, "diagnosed_on"),
        ({"s_fatigue": "7"}, "s_fatigue"),
        ({"m_systolic": "NaN"}, "m_systolic"),
        ({"m_systolic": "1e999"}, "m_systolic"),
        ({"m_systolic": "120", "m_diastolic": "130"}, "m_diastolic"),
        ({"m_diastolic": "80"}, "m_systolic"),
        ({"m_weight": "7" * 1_000_000}, "m_weight"),
        ({"m_weight": "70", "u_weight": "stone"}, "u_weight"),
        ({"d_weight": "2026-01-10"}, "d_weight"),
        ({"m_weight": "70", "d_weight": "9999-12-31"}, "d_weight"),
    ],
)
def test_bad_input_is_told_beside_its_field_and_the_rest_is_kept(
    sign_in, alice, patient, fields, field
):
    answer = save(sign_in(alice), patient, **{"m_pulse": "64"} | fields)
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert 'value="64"' in answer.content.decode()
    assert not Profile.objects.exists()


def test_tomorrow_is_no_day_of_diagnosis(sign_in, alice, patient):
    tomorrow = timezone.now().astimezone(patient.tz).date() + timedelta(days=1)
    answer = save(sign_in(alice), patient, diagnosed_on=str(tomorrow))
    assert answer.context["form"].errors["diagnosed_on"]


def test_a_record_without_a_profile_has_one_that_says_nothing(patient):
    profile = profile_of(patient)
    assert (profile.pk, profile.form, profile.usual_symptoms) == (None, "", {})
