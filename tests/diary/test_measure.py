"""Measuring at home: what is stored, asked about and refused, and who may do it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.http import QueryDict
from django.utils import timezone

from diary.drafts import CheckInDraft, Reading
from diary.forms.measure import MeasureForm
from diary.models import Profile, Usual
from diary.quantities import to_canonical
from diary.services import draft_of, record_checkin
from diary.templatetags.readings import readings

ONE = UUID("11111111-1111-4111-8111-111111111111")
PAIR = {
    "posture": "lying",
    "m_systolic": "122",
    "m_diastolic": "78",
    "m_pulse": "64",
    "stand_systolic": "104",
    "stand_diastolic": "70",
    "stand_pulse": "88",
}


def post(browser, patient, **fields):
    url = f"/patients/{patient.public_id}/measure/"
    return browser.post(url, {"client_id": str(uuid4()), **fields})


def stored(patient):
    return {
        (m.quantity, m.posture, m.site): (m.typed, m.typed_unit)
        for m in patient.measurements.all()
    }


def reading(quantity, typed, unit, **about):
    value = to_canonical(quantity, Decimal(typed), unit)
    return Reading(quantity, value, Decimal(typed), unit, **about)


def querydict(fields):
    data = QueryDict(mutable=True)
    data.update({name: str(value) for name, value in fields.items()})
    return data


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
def test_only_those_who_may_log_measure(request, sign_in, patient, who, status):
    browser = sign_in(request.getfixturevalue(who))
    assert post(browser, patient, m_pulse="64").status_code == status
    assert patient.measurements.exists() is (status == 302)
    page = browser.get(f"/patients/{patient.public_id}/measure/")
    assert page.status_code == (200 if status == 302 else status)


def test_lying_and_standing_are_one_measurement(sign_in, alice, patient):
    assert post(sign_in(alice), patient, **PAIR).status_code == 302
    checkin = patient.checkins.get()
    assert not checkin.no_symptoms
    assert not checkin.symptoms.exists()  # not asked
    assert stored(patient) == {
        ("systolic", "lying", ""): ("122", "mmHg"),
        ("diastolic", "lying", ""): ("78", "mmHg"),
        ("pulse", "lying", ""): ("64", "/min"),
        ("systolic", "standing", ""): ("104", "mmHg"),
        ("diastolic", "standing", ""): ("70", "mmHg"),
        ("pulse", "standing", ""): ("88", "/min"),
    }


def test_each_posture_keeps_its_own_half_when_it_is_shown(sign_in, alice, patient):
    browser = sign_in(alice)
    post(browser, patient, **PAIR)
    told = [(r.label, r.text) for r in readings(patient.measurements.order_by("pk"))]
    assert ("Blood pressure, lying", "122/78 mmHg") in told
    assert ("Blood pressure, standing", "104/70 mmHg") in told
    page = browser.get(f"/patients/{patient.public_id}/timeline/").content.decode()
    assert "<b>104/70 mmHg</b>" in page


def test_standing_may_be_left_out(sign_in, alice, patient):
    post(sign_in(alice), patient, posture="sitting", m_systolic="118", m_diastolic="76")
    assert set(stored(patient)) == {
        ("systolic", "sitting", ""),
        ("diastolic", "sitting", ""),
    }


def test_the_posture_of_the_last_time_is_chosen_already(sign_in, alice, patient):
    browser = sign_in(alice)
    url = f"/patients/{patient.public_id}/measure/"
    assert browser.get(url).context["form"]["posture"].value() == "sitting"
    post(browser, patient, **PAIR)
    assert browser.get(url).context["form"]["posture"].value() == "lying"


def test_the_rest_is_kept_as_typed(sign_in, alice, patient):
    post(
        sign_in(alice),
        patient,
        m_weight="158,7",
        u_weight="lb",
        m_temperature="98.6",
        u_temperature="°F",
        m_spo2="97",
        urine_relative="-1",
        m_urine_volume="1.4",
        u_urine_volume="L/24h",
        site_1=" left  calf ",
        girth_1="36.5",
        site_2="right calf",
        girth_2="15.2",
        u_limb_girth="cm",
        tightness_2="0",
    )
    assert stored(patient) == {
        ("weight", "", ""): ("158.7", "lb"),
        ("temperature", "", ""): ("98.6", "°F"),
        ("spo2", "", ""): ("97", "%"),
        ("urine_relative", "", ""): ("-1", "grade"),
        ("urine_volume", "", ""): ("1.4", "L/24h"),
        ("limb_girth", "", "left calf"): ("36.5", "cm"),
        ("limb_girth", "", "right calf"): ("15.2", "cm"),
        ("limb_tightness", "", "right calf"): ("0", "grade"),
    }
    told = {r.label: r.text for r in readings(patient.measurements.all())}
    assert told["Urine against usual"] == "less"
    assert told["Limb tightness, 0 to 4, right calf"] == "0 of 4"


def test_units_begin_as_the_patient_chose_them(sign_in, alice, patient):
    patient.units = {"weight": "lb"}
    patient.save(update_fields=["units"])
    page = sign_in(alice).get(f"/patients/{patient.public_id}/measure/")
    assert page.context["form"]["u_weight"].value() == "lb"


def test_two_identical_submits_store_one_measurement(sign_in, alice, patient):
    browser = sign_in(alice)
    for _ in range(2):
        assert post(browser, patient, client_id=str(ONE), **PAIR).status_code == 302
    assert patient.checkins.count() == 1
    assert patient.measurements.count() == 6


def test_the_same_form_with_other_values_loses_neither(sign_in, alice, patient):
    browser = sign_in(alice)
    post(browser, patient, client_id=str(ONE), m_pulse="64")
    again = post(browser, patient, client_id=str(ONE), m_pulse="66")
    assert "already saved" in again.content.decode()
    form = again.context["form"]
    assert form["m_pulse"].value() == "66"
    post(browser, patient, client_id=form["client_id"].value(), m_pulse="66")
    assert patient.checkins.count() == 2


# --- Red flags -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"m_systolic": "88"},
        {"m_systolic": "118", "stand_systolic": "84"},
        {"urine_relative": "-2"},
        {"m_urine_volume": "300", "u_urine_volume": "mL/24h"},
        {
            "site_1": "left calf",
            "tightness_1": "0",
            "site_2": "right calf",
            "tightness_2": "3",
        },
    ],
)
def test_a_red_flag_in_a_measurement_opens_the_help_page(
    sign_in, alice, patient, fields
):
    browser = sign_in(alice)
    answer = post(browser, patient, **fields)
    assert answer.url == f"/patients/{patient.public_id}/help/"
    assert "Saved in the last 24 hours" in browser.get(answer.url).content.decode()


def test_forty_below_usual_with_a_symptom_opens_the_help_page(sign_in, alice, patient):
    Usual.objects.create(
        patient=patient,
        quantity="systolic",
        value=Decimal(145),
        typed_value=Decimal(145),
        typed_unit="mmHg",
    )
    browser = sign_in(alice)
    url = f"/patients/{patient.public_id}/checkins/new/"
    typed = {"client_id": str(uuid4()), "s_fatigue": "1", "m_systolic": "105"}
    answer = browser.post(url, typed)
    assert answer.url.endswith("/help/")
    assert "40 or more below usual" in browser.get(answer.url).content.decode()
    typed |= {"client_id": str(uuid4()), "m_systolic": "106"}
    assert not browser.post(url, typed).url.endswith("/help/")


# --- Finger-prick hemoglobin, for someone else, corrections --------------------------


def test_finger_prick_hemoglobin_is_asked_only_of_those_who_have_a_meter(
    sign_in, alice, patient
):
    browser = sign_in(alice)
    url = f"/patients/{patient.public_id}/measure/"
    assert "Finger-prick" not in browser.get(url).content.decode()
    Profile.objects.create(patient=patient, capillary_hemoglobin=True)
    assert "Finger-prick" in browser.get(url).content.decode()
    typed = {"m_capillary_hemoglobin": "21.5", "u_capillary_hemoglobin": "g/dL"}
    answer = post(browser, patient, **typed)
    assert answer.url == f"/patients/{patient.public_id}/timeline/"  # no limit
    assert patient.measurements.get().confirmed is False


def test_who_measures_for_someone_else_sees_for_whom(sign_in, logger_, patient):
    page = sign_in(logger_).get(f"/patients/{patient.public_id}/measure/")
    body = page.content.decode()
    assert "Logging for Alice" in body
    assert "Save for Alice" in body


def test_a_stored_measurement_fills_the_form_and_comes_back_the_same(alice, patient):
    draft = CheckInDraft(
        client_id=ONE,
        at=datetime(2026, 3, 14, 6, 30, 12, tzinfo=UTC),
        zone="Europe/Berlin",
        note="by the nurse",
        readings=(
            reading("systolic", "62", "mmHg", posture="lying", confirmed=True),
            reading("systolic", "58", "mmHg", posture="standing", confirmed=True),
            reading("weight", "158.7", "lb"),
            reading("urine_relative", "-1", "grade"),
            reading("limb_girth", "36.5", "cm", site="left calf"),
            reading("limb_tightness", "2", "grade", site="left calf"),
            reading("hematocrit", "57", "%"),  # has no field here
        ),
    )
    checkin = record_checkin(patient, draft, by=alice).checkin
    said = draft_of(checkin)
    shown = MeasureForm(patient=patient, editing=said)
    sent = {f.name: f.value() for f in shown if f.value() not in {None, ""}}
    sent["at"] = "2026-03-14T07:30"
    form = MeasureForm(querydict(sent), patient=patient, editing=said)
    assert form.is_valid(), form.errors
    again = form.to_draft()
    assert (again.at, again.note) == (draft.at, "by the nurse")
    assert {r.identity: r for r in again.readings} == {
        r.identity: r for r in said.readings
    }


def test_the_form_asks_the_same_few_queries_however_much_is_stored(
    sign_in, alice, patient, django_assert_max_num_queries
):
    browser = sign_in(alice)
    for days in range(30):
        at = timezone.now() - timedelta(days=days)
        draft = CheckInDraft(
            uuid4(), at, "UTC", readings=(reading("weight", "72", "kg"),)
        )
        record_checkin(patient, draft, by=alice)
    with django_assert_max_num_queries(17):
        browser.get(f"/patients/{patient.public_id}/measure/")


# --- Corrected ----------------------------------------------------------------------


def edit(browser, patient, **fields):
    checkin = patient.checkins.get()
    url = f"/patients/{patient.public_id}/checkins/{checkin.client_id}/edit/"
    sent = {"client_id": checkin.client_id, "version": checkin.version, **fields}
    return browser.post(url, sent) if fields else browser.get(url)


def test_a_pair_is_corrected_in_the_form_it_was_made_with(sign_in, alice, patient):
    browser = sign_in(alice)
    post(browser, patient, **PAIR)
    page = edit(browser, patient)
    assert page.context["form"]["stand_systolic"].value() == "104"
    assert 'name="form" value="measure"' in page.content.decode()
    edit(browser, patient, form="measure", **PAIR | {"stand_systolic": "108"})
    assert stored(patient)["systolic", "standing", ""] == ("108", "mmHg")
    assert len(stored(patient)) == 6


def test_a_posture_that_the_entry_has_already_is_refused(alice, patient):
    draft = CheckInDraft(
        client_id=ONE,
        at=timezone.now(),
        zone="UTC",
        readings=(
            reading("systolic", "122", "mmHg", posture="lying"),
            reading("systolic", "118", "mmHg", posture="sitting"),
        ),
    )
    sent = {"client_id": ONE, "posture": "sitting", "m_systolic": "120"}
    form = MeasureForm(querydict(sent), patient=patient, editing=draft)
    assert not form.is_valid()
    assert "posture" in form.errors


def test_an_entry_with_symptoms_is_corrected_as_a_check_in_and_keeps_its_pair(
    sign_in, alice, patient
):
    browser = sign_in(alice)
    post(browser, patient, **PAIR)
    edit(browser, patient, form="checkin", s_fatigue="1")
    assert len(stored(patient)) == 6
    page = edit(browser, patient)
    assert 'name="form" value="checkin"' in page.content.decode()


def test_whoever_was_overtaken_loses_no_value_of_either(sign_in, alice, patient):
    browser = sign_in(alice)
    post(browser, patient, **PAIR)
    stale = patient.checkins.get().version
    edit(browser, patient, form="checkin", note="after the stairs")
    mine = {"form": "measure", "version": stale, **PAIR, "stand_pulse": "92"}
    overtaken = edit(browser, patient, **mine)
    assert overtaken.status_code == 409
    carried = dict(overtaken.context["fields"])
    assert (carried["form"], carried["stand_pulse"]) == ("measure", "92")
    edit(browser, patient, **carried)
    assert stored(patient)["pulse", "standing", ""] == ("92", "/min")
    assert len(stored(patient)) == 6
