"""The check-in form: what stands first, what is filled in, tags, time and zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from diary.models import CustomSymptom, Profile
from sharing.models import Patient

ONE = UUID("33333333-3333-4333-8333-333333333333")


def url(patient: Patient) -> str:
    return f"/patients/{patient.public_id}/checkins/new/"


def post(client: Client, patient: Patient, **fields: object):
    return client.post(url(patient), {"client_id": str(uuid4()), **fields})


def first_labels(page) -> list[str]:
    return [choice.label for choice in page.context["form"].offer.first]


# --- What stands first ----------------------------------------------------------------


def test_pins_come_first_in_their_order_then_what_was_used_most(
    sign_in, alice, patient
):
    own = CustomSymptom.objects.create(patient=patient, label="Heavy legs")
    pinned = ["thirst", f"own:{own.pk}", "no_such_key", "fever"]
    Profile.objects.create(patient=patient, pinned=pinned)
    client = sign_in(alice)
    for _ in range(2):
        post(client, patient, s_joint_pain="1")
    post(client, patient, s_headache="2")
    assert first_labels(client.get(url(patient))) == [
        "Extreme thirst",
        "Heavy legs",
        "Fever",
        "Joint pain",
        "Headache",
        "Just not right",  # from here on the common list
    ]


def test_own_symptoms_count_as_used_and_the_rest_of_them_stand_in_the_fold(
    sign_in, alice, patient
):
    legs = CustomSymptom.objects.create(patient=patient, label="Heavy legs")
    CustomSymptom.objects.create(patient=patient, label="Tight rings")
    client = sign_in(alice)
    post(client, patient, **{f"o_{legs.pk}": "2"})
    page = client.get(url(patient))
    assert first_labels(page)[0] == "Heavy legs"
    label, choices = page.context["form"].offer.rest[0]
    assert (label, [c.label for c in choices]) == (
        "In your own words",
        ["Tight rings"],
    )


def test_every_symptom_is_offered_once_and_none_is_chosen(sign_in, alice, patient):
    html = sign_in(alice).get(url(patient)).content.decode()
    names = re.findall(r'name="s_(\w+)" value="2"', html)
    assert len(names) == len(set(names)) == 41
    assert not re.search(r'name="s_\w+"[^>]* checked', html)


def test_throwing_up_finds_vomiting_and_nothing_of_the_search_can_be_sent(
    sign_in, alice, patient
):
    html = sign_in(alice).get(url(patient)).content.decode()
    words = re.findall(r'data-words="([^"]*throwing up[^"]*)"', html)
    assert [w.partition(" · ")[0] for w in words] == ["vomiting"]
    box = re.search(r'<input type="search"[^>]*>', html)
    assert box is not None
    assert "name=" not in box[0]


def test_queries_do_not_grow_with_words_pins_and_entries(sign_in, alice, patient):
    client = sign_in(alice)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(url(patient)).status_code == 200
        return len(asked)

    client.get(url(patient))
    before = queries()
    rows = [CustomSymptom(patient=patient, label=f"word {n}") for n in range(30)]
    CustomSymptom.objects.bulk_create(rows)
    Profile.objects.create(patient=patient, pinned=["fever", f"own:{rows[3].pk}"])
    for n in range(5):
        post(client, patient, s_nausea="2", **{f"o_{rows[n].pk}": "1"})
    assert queries() == before


# --- Same as last time ----------------------------------------------------------------


def test_same_as_last_time_fills_in_the_last_symptoms_and_saves_nothing(
    sign_in, alice, patient
):
    client = sign_in(alice)
    assert "Same as last time" not in client.get(url(patient)).content.decode()
    post(client, patient, well="1")
    assert "Same as last time" not in client.get(url(patient)).content.decode()
    post(client, patient, s_vomiting="2", s_fatigue="0", note="last", m_pulse="90")
    post(client, patient, m_weight="70")
    assert f"{url(patient)}?same=1" in client.get(url(patient)).content.decode()
    html = client.get(f"{url(patient)}?same=1").content.decode()
    chosen = re.findall(r'name="(s_\w+)" value="(\d)"[^>]* checked', html)
    assert chosen == [("s_fatigue", "0"), ("s_vomiting", "2")]
    assert "Nothing is saved yet" in html
    assert 'value="90"' not in html
    assert patient.checkins.count() == 3


def test_same_as_last_time_keeps_what_was_not_graded_and_leaves_archived_words(
    sign_in, alice, patient
):
    gone = CustomSymptom.objects.create(patient=patient, label="Gone")
    client = sign_in(alice)
    sick = f"/patients/{patient.public_id}/checkins/sick/"
    sent = {"client_id": uuid4(), "flag": "syncope", f"o_{gone.pk}": "on"}
    client.post(sick, sent)
    CustomSymptom.objects.update(archived_at=timezone.now())
    html = client.get(f"{url(patient)}?same=1").content.decode()
    assert re.search(r'name="s_syncope" value="present"[^>]* checked', html)
    assert f'name="o_{gone.pk}"' not in html
    post(client, patient, s_syncope="present")
    assert patient.checkins.latest("pk").symptoms.get().severity is None


# --- What else went on ----------------------------------------------------------------


def test_tags_are_kept_with_which_vaccine(sign_in, alice, patient):
    post(sign_in(alice), patient, tags=["travel", "vaccine"], vaccine="influenza 2026")
    checkin = patient.checkins.get()
    assert (checkin.tags, checkin.vaccine) == (["travel", "vaccine"], "influenza 2026")


def test_a_named_vaccine_is_a_vaccine_whether_it_was_ticked_or_not(
    sign_in, alice, patient
):
    post(sign_in(alice), patient, vaccine="influenza", well="1")
    assert patient.checkins.get().tags == ["vaccine"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"tags": ["vaccine"]}, "vaccine"),
        ({"tags": ["vaccine"], "vaccine": "   "}, "vaccine"),
        ({"tags": ["astrology"]}, "tags"),
        ({"vaccine": "x" * 81}, "vaccine"),
        ({"vaccine": "a\0b"}, "vaccine"),
        ({"s_fatigue": "2", "ago": "-5"}, "ago"),
        ({"s_fatigue": "2", "ago": "earlier"}, "at"),
        ({"s_fatigue": "2", "zone": "Mars/Olympus"}, "zone"),
        ({"s_fatigue": "2", "zone": "Europe/Berlin\0"}, "zone"),
        ({"s_fatigue": "", "m_urine_relative": "-7"}, "m_urine_relative"),
        ({"m_spo2": "101"}, "m_spo2"),
        ({"m_spo2": "60"}, "m_spo2"),
        ({"s_fatigue": "banana"}, "s_fatigue"),
        ({"s_fatigue": "None"}, "s_fatigue"),
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


def test_oxygen_and_urine_are_measurements_like_the_others(sign_in, alice, patient):
    post(sign_in(alice), patient, m_spo2="97", m_urine_relative="-1")
    values = dict(patient.measurements.values_list("quantity", "value"))
    assert values == {"spo2": Decimal(97), "urine_relative": Decimal(-1)}


def test_what_is_rarely_measured_is_asked_about_and_then_kept(sign_in, alice, patient):
    """58/26 mmHg was measured and published."""
    client = sign_in(alice)
    extreme = {"m_systolic": "58", "m_diastolic": "26"}
    asked = post(client, patient, **extreme)
    assert asked.status_code == 200
    assert 'href="tel:112"' in asked.content.decode()  # help does not wait for it
    assert not patient.checkins.exists()
    form = asked.context["form"]
    ticks = {
        name: form.fields[name].widget.attrs["value"]
        for name in form.fields
        if name.startswith("ok_")
    }
    answer = post(client, patient, **extreme, **ticks)
    assert answer.url == f"/patients/{patient.public_id}/help/"
    assert patient.measurements.get(quantity="systolic").confirmed


# --- When it was ----------------------------------------------------------------------


@pytest.mark.parametrize(("ago", "minutes"), [("0", 0), ("30", 30), ("120", 120)])
def test_a_while_ago_is_counted_back_from_now(sign_in, alice, patient, ago, minutes):
    post(sign_in(alice), patient, s_fatigue="1", ago=ago)
    checkin = patient.checkins.get()
    lag = checkin.recorded_at - checkin.at - timedelta(minutes=minutes)
    assert abs(lag) < timedelta(seconds=30)


@pytest.mark.parametrize("ago", ["", "0", "30", "earlier"])
def test_a_typed_time_counts_whatever_is_chosen_above_it(sign_in, alice, patient, ago):
    post(sign_in(alice), patient, s_fatigue="1", ago=ago, at="2026-03-14T06:30")
    assert patient.checkins.get().at == datetime(2026, 3, 14, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "at", "instant", "day"),
    [
        # Two days back is one day apart on either side of the date line.
        ("Pacific/Apia", "2026-03-14T00:30", (2026, 3, 13, 11, 30), (2026, 3, 14)),
        ("Pacific/Niue", "2026-03-13T23:30", (2026, 3, 14, 10, 30), (2026, 3, 13)),
        ("Australia/Lord_Howe", "2026-03-14T08:00", (2026, 3, 13, 21), (2026, 3, 14)),
    ],
)
def test_an_entry_from_a_trip_lies_on_the_day_of_that_place(
    sign_in, alice, patient, zone, at, instant, day
):
    post(sign_in(alice), patient, s_fatigue="1", zone=zone, at=at)
    checkin = patient.checkins.get()
    assert checkin.at == datetime(*instant, tzinfo=UTC)
    assert (checkin.day, checkin.zone) == (date(*day), zone)


def test_the_zone_of_the_record_is_said_and_chosen_beforehand(sign_in, alice, patient):
    html = sign_in(alice).get(url(patient)).content.decode()
    assert "Times are in Europe/Berlin." in html
    assert '<option value="Europe/Berlin" selected>Berlin' in html
    assert html.count(" selected>") == 3  # and two units


def test_a_time_that_was_refused_in_another_zone_keeps_its_fold_open(
    sign_in, alice, patient
):
    answer = post(
        sign_in(alice),
        patient,
        s_fatigue="1",
        zone="Australia/Lord_Howe",
        at="2026-10-04T02:15",  # skipped there, not in Berlin
    )
    assert "at" in answer.context["form"].errors
    assert "Times are in Australia/Lord_Howe." in answer.content.decode()


# --- Who, and what a key press saves --------------------------------------------------


def test_the_person_logged_for_is_named_on_heading_and_button(
    sign_in, logger_, patient
):
    client = sign_in(logger_)
    for page in (url(patient), f"/patients/{patient.public_id}/"):
        html = client.get(page).content.decode()
        assert "Logging for Alice" in html
        assert "Save for Alice" in html
        assert "No symptoms for Alice today" in html
    post(client, patient, s_fatigue="1")
    assert patient.checkins.get().entered_by == logger_


def test_enter_in_a_field_never_says_no_symptoms(sign_in, alice, patient):
    """It presses the first button of the form."""
    html = sign_in(alice).get(url(patient)).content.decode()
    buttons = re.findall(r"<button[^>]*>", html[html.index("<main") :])
    assert "name=" not in buttons[0]
    assert 'name="well"' in buttons[1]


def test_help_is_shown_when_a_red_flag_could_not_be_saved(sign_in, alice, patient):
    answer = post(sign_in(alice), patient, s_syncope="1", m_pulse="nine")
    html = answer.content.decode()
    assert "Not saved yet, but get help now" in html
    assert 'href="tel:112"' in html


def test_a_form_sent_again_after_its_entry_was_undone_brings_nothing_back(
    sign_in, alice, patient
):
    client = sign_in(alice)
    post(client, patient, client_id=str(ONE), s_fatigue="2")
    undo = f"/patients/{patient.public_id}/checkins/{ONE}/undo/"
    client.post(undo, {"version": "1"})
    again = post(client, patient, client_id=str(ONE), s_fatigue="2")
    assert "then deleted" in again.content.decode()
    assert not patient.checkins.exists()
    new_id = again.context["form"]["client_id"].value()
    post(client, patient, client_id=new_id, s_fatigue="2")
    assert patient.checkins.count() == 1
