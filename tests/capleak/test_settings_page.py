"""The settings of a record: what they keep, and what they refuse."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from diary.models import CheckIn
from sharing.models import EmergencyContact, Patient

FORM = {
    "name": "Alice",
    "zone": "Europe/Berlin",
    "emergency_number": "112",
    "u_weight": "kg",
    "u_temperature": "°C",
}
BEN = {"c1_name": "Ben", "c1_phone": "+49 171 3920014", "c1_role": "partner"}


def save(browser: Client, patient: Patient, **fields: str):
    return browser.post(f"/patients/{patient.public_id}/settings/", FORM | fields)


def contacts(patient: Patient) -> list[tuple[str, str, str]]:
    return list(patient.emergency_contacts.values_list("name", "phone", "role"))


@pytest.mark.parametrize(
    ("who", "status"),
    [("alice", 302), ("manager", 302), ("logger_", 403), ("doctor", 403), ("eve", 404)],
)
def test_only_who_manages_changes_the_settings(request, sign_in, patient, who, status):
    answer = save(sign_in(request.getfixturevalue(who)), patient, name="Alicia")
    assert answer.status_code == status
    patient.refresh_from_db()
    assert (patient.name == "Alicia") is (status == 302)


def test_everything_typed_is_kept_and_shown_again(sign_in, alice, patient):
    browser = sign_in(alice)
    typed = {
        "born_on": "1979-04-12",
        "u_weight": "lb",
        "u_temperature": "°F",
        "emergency_number": "911",
        "plan_text": "1. Sit down.\r\n2. Call <Ben>.",
        **BEN,
    }
    save(browser, patient, **typed)
    patient.refresh_from_db()
    assert patient.born_on == date(1979, 4, 12)
    assert patient.units == {"weight": "lb", "temperature": "°F"}
    assert patient.emergency_number == "911"
    assert patient.plan_text == "1. Sit down.\r\n2. Call <Ben>."
    assert contacts(patient) == [("Ben", "+49 171 3920014", "partner")]
    page = browser.get(f"/patients/{patient.public_id}/settings/").content.decode()
    for shown in ('value="1979-04-12"', 'value="911"', "2. Call &lt;Ben&gt;."):
        assert shown in page
    assert 'value="lb" id="id_u_weight_1" required checked' in page


def test_units_of_other_quantities_stay(sign_in, alice, patient):
    Patient.objects.filter(pk=patient.pk).update(units={"albumin": "g/L"})
    save(sign_in(alice), patient, u_weight="lb")
    patient.refresh_from_db()
    assert patient.units == {"albumin": "g/L", "weight": "lb", "temperature": "°C"}


def test_saving_gives_the_record_a_new_version(sign_in, alice, patient):
    save(sign_in(alice), patient)
    assert Patient.objects.get(pk=patient.pk).version == patient.version + 1


def test_a_new_zone_moves_no_earlier_entry(sign_in, alice, patient):
    checkin = CheckIn(patient=patient, no_symptoms=True)
    checkin.set_moment(datetime(2026, 11, 20, 23, 30, tzinfo=UTC), "Europe/Berlin")
    checkin.save()
    save(sign_in(alice), patient, zone="America/New_York")
    checkin.refresh_from_db()
    assert (checkin.day, checkin.zone) == (date(2026, 11, 21), "Europe/Berlin")


def test_a_new_zone_says_what_it_does_not_move(sign_in, alice, patient):
    browser = sign_in(alice)
    words = "Earlier entries have not moved"
    url = f"/patients/{patient.public_id}/settings/"
    same = browser.post(url, FORM, follow=True)
    assert words not in same.content.decode()
    moved = browser.post(url, FORM | {"zone": "America/New_York"}, follow=True)
    assert words in moved.content.decode()


# --- Contacts -----------------------------------------------------------------------


def test_contacts_keep_the_order_in_which_they_are_typed(sign_in, alice, patient):
    numbers = {f"c{n}_phone": f"030 {n}{n}{n}" for n in range(1, 6)}
    names = {f"c{n}_name": name for n, name in enumerate("EDCBA", 1)}
    save(sign_in(alice), patient, **numbers, **names)
    assert [name for name, _, _ in contacts(patient)] == list("EDCBA")


def test_an_emptied_contact_is_removed_and_the_rest_moves_up(sign_in, alice, patient):
    browser = sign_in(alice)
    save(browser, patient, **BEN, c2_name="Cleo", c2_phone="030 222")
    save(browser, patient, c2_name="Cleo", c2_phone="030 222")
    assert contacts(patient) == [("Cleo", "030 222", "")]
    page = browser.get(f"/patients/{patient.public_id}/settings/").content.decode()
    assert 'name="c1_name" value="Cleo"' in page


def test_a_refused_form_leaves_the_contacts_alone(sign_in, alice, patient):
    EmergencyContact.objects.create(patient=patient, name="Ben", phone="030 111")
    save(sign_in(alice), patient, name="")
    assert contacts(patient) == [("Ben", "030 111", "")]


def test_contacts_of_another_record_are_not_touched(sign_in, alice, patient, eve):
    EmergencyContact.objects.create(patient=eve.own_record, name="Eva", phone="911")
    save(sign_in(alice), patient, **BEN)
    assert contacts(eve.own_record) == [("Eva", "911", "")]


# --- Bad input ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "A\0"}, "Null characters are not allowed."),
        ({"born_on": "9999-12-31"}, "between 1900 and today"),
        ({"born_on": "1776-07-04"}, "between 1900 and today"),
        ({"born_on": "yesterday"}, "Enter a date, such as 1979-03-14."),
        ({"zone": "Mars/Olympus"}, "Select a valid choice."),
        ({"u_weight": "stone"}, "Select a valid choice."),
        ({"emergency_number": "call me"}, "Enter a phone number"),
        ({"plan_text": "x" * 4001}, "at most 4000 characters"),
        ({"c1_name": "Ben"}, "Contact 1 needs a phone number."),
        ({"c2_phone": "030 222"}, "Contact 2 needs a name."),
        ({"c3_role": "neighbor"}, "Contact 3 needs a name."),
        ({"c1_name": "Ben", "c1_phone": "12"}, "too short or too long"),
        ({"c1_name": "Ben", "c1_phone": "<b>"}, "Enter a phone number"),
        ({"c1_name": "B" * 81, "c1_phone": "112"}, "at most 80 characters"),
    ],
)
def test_bad_input_is_told_beside_the_field_and_kept(
    sign_in, alice, patient, typed, complaint
):
    kept = {"emergency_number": "911 7", "c5_name": "Cleo", "c5_phone": "030 555"}
    answer = save(sign_in(alice), patient, **(kept | typed))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert page.count(complaint) >= 2  # in the summary, and beside the field
    assert "emergency_number" in typed or 'value="911 7"' in page
    assert 'value="Cleo"' in page
    assert contacts(patient) == []


def test_nobody_is_born_tomorrow(sign_in, alice, patient):
    tomorrow = timezone.now().astimezone(patient.tz).date() + timedelta(days=1)
    page = save(sign_in(alice), patient, born_on=tomorrow.isoformat())
    assert page.status_code == 200


def test_a_megabyte_of_plan_is_refused_kindly(sign_in, alice, patient):
    answer = save(sign_in(alice), patient, plan_text="word " * 200_000)
    assert answer.status_code == 200
    assert "at most 4000 characters" in answer.content.decode()
