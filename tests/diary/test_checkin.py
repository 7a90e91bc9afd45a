"""Check-ins: who may make them, that each is stored once, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Thread
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from diary.drafts import CheckInDraft
from diary.models import CheckIn, Measurement
from diary.services import AlreadySaved, record_checkin
from sharing.models import Patient, User

ONE = UUID("11111111-1111-4111-8111-111111111111")


def url(patient: Patient) -> str:
    return f"/patients/{patient.public_id}/checkins/new/"


def post(client: Client, patient: Patient, **fields: object):
    return client.post(url(patient), {"client_id": str(uuid4()), **fields})


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
def test_only_those_who_may_log_check_in(request, sign_in, patient, who, status):
    client = sign_in(request.getfixturevalue(who))
    assert post(client, patient, s_fatigue="2").status_code == status
    assert patient.checkins.exists() is (status == 302)


def test_one_tap_says_no_symptoms(sign_in, alice, patient):
    post(sign_in(alice), patient, well="1")
    checkin = patient.checkins.get()
    assert checkin.no_symptoms
    assert not checkin.symptoms.exists()
    assert checkin.entered_by == alice


def test_severities_note_and_measurements_are_kept_as_typed(sign_in, alice, patient):
    post(
        sign_in(alice),
        patient,
        s_dizziness="1",
        s_fatigue="0",
        note="after the stairs",
        m_systolic="104",
        m_diastolic="66",
        m_weight="165,5",
        u_weight="lb",
        m_temperature="98.6",
        u_temperature="°F",
    )
    checkin = patient.checkins.get()
    assert {s.code: s.severity for s in checkin.symptoms.all()} == {
        "fatigue": 0,
        "dizziness": 1,
    }
    assert checkin.note == "after the stairs"
    weight = checkin.measurements.get(quantity="weight")
    assert (weight.typed, weight.typed_unit) == ("165.5", "lb")
    assert weight.value == Decimal("75.069537")  # kg, at 0.45359237 kg a pound
    assert checkin.measurements.get(quantity="temperature").value == 37
    assert checkin.measurements.count() == 4


def test_two_identical_submits_store_one_check_in(sign_in, alice, patient):
    client = sign_in(alice)
    for _ in range(2):
        answer = post(client, patient, client_id=str(ONE), s_nausea="1", m_pulse="88")
        assert answer.status_code == 302
    assert patient.checkins.count() == 1
    assert patient.measurements.count() == 1


def test_the_same_form_sent_again_with_other_answers_loses_neither(
    sign_in, alice, patient
):
    client = sign_in(alice)
    post(client, patient, client_id=str(ONE), s_nausea="1")
    again = post(client, patient, client_id=str(ONE), s_nausea="3", note="worse")
    assert again.status_code == 200
    assert "already saved" in again.content.decode()
    form = again.context["form"]
    assert form["note"].value() == "worse"
    assert form["client_id"].value() != str(ONE)
    post(client, patient, client_id=form["client_id"].value(), s_nausea="3")
    assert patient.checkins.count() == 2


def test_a_client_id_of_another_patient_changes_nothing_of_theirs(
    sign_in, alice, patient, eve
):
    draft = CheckInDraft(
        client_id=ONE, at=timezone.now(), zone="UTC", note="Eve's own words"
    )
    record_checkin(eve.own_record, draft, by=eve)
    post(sign_in(alice), patient, client_id=str(ONE), note="Alice's words")
    assert eve.own_record.checkins.get().note == "Eve's own words"
    assert patient.checkins.get().note == "Alice's words"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"m_systolic": "400"}, "m_systolic"),
        ({"m_systolic": "120", "m_diastolic": "130"}, "m_diastolic"),
        ({"m_diastolic": "80"}, "m_systolic"),
        ({"m_pulse": "NaN"}, "m_pulse"),
        ({"m_pulse": "1e999"}, "m_pulse"),
        ({"m_weight": "70", "u_weight": "stone"}, "u_weight"),
        ({"s_fatigue": "7"}, "s_fatigue"),
        ({"s_fatigue": "2", "well": "1"}, "__all__"),
        ({"s_fatigue": "2", "at": "9999-12-31T23:59"}, "at"),
        ({"s_fatigue": "2", "at": "9999-12-31T23:59:59-14:00"}, "at"),
        ({"s_fatigue": "2", "at": "0001-01-01T00:00"}, "at"),
        ({"s_fatigue": "2", "at": "yesterday"}, "at"),
        ({"s_fatigue": "2", "at": "2026-03-29T02:30"}, "at"),
        ({"note": "a\0b"}, "note"),
        ({"note": "x" * 1_000_000}, "note"),
        ({"s_fatigue": "2", "client_id": "not-a-uuid"}, "client_id"),
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


def test_an_empty_check_in_is_refused_kindly(sign_in, alice, patient):
    answer = post(sign_in(alice), patient)
    assert "Nothing is filled in yet" in answer.content.decode()
    assert not patient.checkins.exists()


def test_a_back_dated_check_in_lies_on_the_day_it_was_felt(sign_in, alice, patient):
    post(sign_in(alice), patient, s_fatigue="1", at="2026-03-14T00:30")
    checkin = patient.checkins.get()
    assert checkin.at == datetime(2026, 3, 13, 23, 30, tzinfo=UTC)  # Berlin, winter
    assert checkin.day == date(2026, 3, 14)
    assert checkin.recorded_at - checkin.at > timedelta(days=1)


def test_moving_house_moves_no_old_entry(sign_in, alice, patient):
    post(sign_in(alice), patient, s_fatigue="1", at="2026-03-14T00:30")
    Patient.objects.filter(pk=patient.pk).update(zone="America/New_York")
    page = sign_in(alice).get(f"/patients/{patient.public_id}/timeline/")
    assert page.context["page"].days[0].day == date(2026, 3, 14)
    assert "00:30" in page.content.decode()


@pytest.mark.parametrize(
    "fields",
    [{"s_syncope": "1"}, {"m_systolic": "88"}, {"s_edema_limbs": "3", "note": "x"}],
)
def test_a_red_flag_opens_the_help_page_at_once(sign_in, alice, patient, fields):
    client = sign_in(alice)
    answer = post(client, patient, **fields)
    assert answer.url == f"/patients/{patient.public_id}/help/"
    page = client.get(answer.url).content.decode()
    assert 'href="tel:112"' in page
    assert "Saved in the last 24 hours" in page


@pytest.mark.parametrize(
    "fields",
    [{"s_chest_pain": "3", "m_weight": "abc"}, {"m_systolic": "38"}],
)
def test_a_refused_form_with_a_red_flag_says_whom_to_call(
    sign_in, alice, patient, fields
):
    page = post(sign_in(alice), patient, **fields).content.decode()
    assert 'href="tel:112"' in page
    assert not patient.checkins.exists()


def test_a_later_well_check_in_does_not_unsay_a_red_flag(sign_in, alice, patient):
    client = sign_in(alice)
    post(client, patient, s_syncope="1")
    post(client, patient, well="1")
    help_page = client.get(f"/patients/{patient.public_id}/help/").content.decode()
    assert "Fainting was logged." in help_page


def test_enter_in_a_field_never_says_no_symptoms(sign_in, alice, patient):
    page = sign_in(alice).get(url(patient)).content.decode()
    first_button = page.index("<button", page.index('name="client_id"'))
    tag = page[first_button : page.index(">", first_button)]
    assert 'type="submit"' in tag
    assert "name=" not in tag


def test_a_time_corrected_after_going_back_is_not_lost(sign_in, alice, patient):
    client = sign_in(alice)
    post(client, patient, client_id=str(ONE), s_nausea="1")
    again = post(
        client, patient, client_id=str(ONE), s_nausea="1", at="2026-03-14T09:00"
    )
    assert "already saved" in again.content.decode()


@pytest.mark.django_db(transaction=True)
def test_eight_submits_at_once_store_one_check_in(alice, patient):
    draft = CheckInDraft(
        client_id=ONE, at=timezone.now(), zone="Europe/Berlin", symptoms={"fatigue": 2}
    )
    new: list[bool] = []

    def submit() -> None:
        new.append(record_checkin(patient, draft, by=alice).is_new)
        connection.close()

    threads = [Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(new) == [False] * 7 + [True]
    assert CheckIn.objects.count() == 1


def test_a_draft_that_differs_under_the_same_id_is_refused(alice, patient):
    draft = CheckInDraft(client_id=ONE, at=timezone.now(), zone="UTC", note="first")
    record_checkin(patient, draft, by=alice)
    other = CheckInDraft(client_id=ONE, at=timezone.now(), zone="UTC", note="second")
    with pytest.raises(AlreadySaved):
        record_checkin(patient, other, by=alice)


def test_the_patient_s_own_symptoms_come_first(sign_in, alice, patient):
    client = sign_in(alice)
    for _ in range(3):
        post(client, patient, s_joint_pain="1")
    page = client.get(url(patient))
    first = page.context["form"].offer.first
    assert first[0].key == "joint_pain"
    assert len(first) == 6


def test_a_note_never_reaches_the_log(sign_in, alice, patient, caplog):
    with caplog.at_level("DEBUG"):
        post(sign_in(alice), patient, note="canary-7261 in the note")
    assert Measurement.objects.count() == 0
    assert "canary-7261" not in caplog.text
    assert alice.email not in caplog.text


def test_a_hidden_note_is_not_shown(sign_in, patient, alice, viewer):
    post(sign_in(alice), patient, note="canary-7262")
    page = f"/patients/{patient.public_id}/timeline/"
    assert "canary-7262" in sign_in(viewer).get(page).content.decode()
    viewer.grants.update(hidden=["notes"])
    assert "canary-7262" not in sign_in(viewer).get(page).content.decode()


def test_a_user_without_a_grant_is_no_user_of_this_record(sign_in, patient):
    stranger = User.objects.create_user("nobody@example.org")
    assert sign_in(stranger).get(url(patient)).status_code == 404
