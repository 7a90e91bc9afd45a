"""The settings of a record: what they keep, and what they refuse."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from diary.models import CheckIn
from sharing.models import EmergencyContact, Patient

pytestmark = pytest.mark.slow

FORM = {
    "name": "Alice",
    "zone": "Europe/Berlin",
    "emergency_number": "112",
    "u_weight": "kg",
    "u_temperature": "°C",
}
BEN = {"c1_name": "Ben", "c1_phone": "+49 171 3920014", "c1_role": "partner"}


def url(patient: Patient) -> str:
    return f"/patients/{patient.public_id}/settings/"


def opened(browser: Client, patient: Patient) -> dict[str, str]:
    """What the page would send if nothing were typed; nothing if it is refused."""
    page = browser.get(url(patient))
    return sent_again(page) if page.status_code == 200 else {}


def sent_again(page) -> dict[str, str]:
    form = page.context["form"]
    return {name: form[name].value() or "" for name in form.fields}


def save(browser: Client, patient: Patient, **fields: str):
    """Open the page and send exactly these fields."""
    seen = opened(browser, patient).get("seen", "")
    return browser.post(url(patient), FORM | {"seen": seen} | fields)


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
    page = browser.get(url(patient)).content.decode()
    for shown in ('value="1979-04-12"', 'value="911"', "2. Call &lt;Ben&gt;."):
        assert shown in page
    assert 'value="lb" id="id_u_weight_1" required checked' in page


def test_units_of_other_quantities_stay(sign_in, alice, patient):
    Patient.objects.filter(pk=patient.pk).update(units={"albumin": "g/L"})
    save(sign_in(alice), patient, u_weight="lb")
    patient.refresh_from_db()
    assert patient.units == {"albumin": "g/L", "weight": "lb"}


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
    page = opened(browser, patient)
    same = browser.post(url(patient), page, follow=True)
    assert words not in same.content.decode()
    new = page | {"zone": "America/New_York"}
    moved = browser.post(url(patient), new, follow=True)
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
    page = browser.get(url(patient)).content.decode()
    assert 'name="c1_name" value="Cleo"' in page


def test_a_refused_form_leaves_the_contacts_alone(sign_in, alice, patient):
    EmergencyContact.objects.create(patient=patient, name="Ben", phone="030 111")
    save(sign_in(alice), patient, name="")
    assert contacts(patient) == [("Ben", "030 111", "")]


def test_contacts_of_another_record_are_not_touched(sign_in, alice, patient, eve):
    EmergencyContact.objects.create(patient=eve.own_record, name="Eva", phone="911")
    save(sign_in(alice), patient, **BEN)
    assert contacts(eve.own_record) == [("Eva", "911", "")]


def test_a_contact_is_said_to_need_a_name_and_a_number(sign_in, alice, patient):
    page = sign_in(alice).get(url(patient)).content.decode()
    for name, words in {
        "c1_name": "(needed for each contact)",
        "c1_phone": "(needed for each contact)",
        "c1_role": "(optional)",
    }.items():
        label = page.partition(f'for="id_{name}"')[2].partition("</label>")[0]
        assert words in label


# --- Two pages open at once ---------------------------------------------------------


@pytest.fixture
def tabs(sign_in, alice, manager, patient):
    """Alice and her manager have both opened the settings."""
    Patient.objects.filter(pk=patient.pk).update(plan_text="1. Sit\n2. Call Ben")
    EmergencyContact.objects.create(patient=patient, name="Ben", phone="030 111")
    browsers = sign_in(alice), sign_in(manager)
    pages = [opened(browser, patient) for browser in browsers]

    def send(number: int, **typed: str):
        page = {
            name: text.replace("\n", "\r\n") for name, text in pages[number].items()
        }
        return browsers[number].post(url(patient), page | typed)

    return send


def test_a_stale_page_saves_what_was_changed_on_it_and_nothing_else(tabs, patient):
    tabs(0, plan_text="1. Lie down", **{**BEN, "c2_name": "Cleo", "c2_phone": "030 2"})
    assert tabs(1, u_weight="lb", born_on="1979-04-12").status_code == 302
    patient.refresh_from_db()
    assert patient.plan_text == "1. Lie down"
    assert [name for name, _, _ in contacts(patient)] == ["Ben", "Cleo"]
    assert (patient.units["weight"], patient.born_on) == ("lb", date(1979, 4, 12))


def test_a_stale_page_does_not_say_that_it_moved_the_zone(tabs):
    tabs(0, zone="America/New_York")
    answer = tabs(1, u_weight="lb")
    after = answer.client.get(answer.headers["Location"]).content.decode()
    assert "Saved." in after
    assert "Earlier entries have not moved" not in after


def test_what_both_changed_is_asked_and_nothing_is_stored(tabs, patient):
    tabs(0, plan_text="1. Lie down", emergency_number="911")
    answer = tabs(1, plan_text="1. Stand", u_weight="lb")
    form = answer.context["form"]
    assert answer.status_code == 200
    assert "Somebody changed the same settings" in form.non_field_errors()[0]
    assert form.errors["plan_text"] == ["Saved meanwhile: 1. Lie down"]
    assert set(form.errors) == {"__all__", "plan_text"}
    assert (form["plan_text"].value(), form["u_weight"].value()) == ("1. Stand", "lb")
    assert form["emergency_number"].value() == "911"
    patient.refresh_from_db()
    assert (patient.plan_text, patient.units) == ("1. Lie down", {})


def test_saving_again_after_being_asked_is_a_decision(tabs, patient):
    tabs(0, plan_text="1. Lie down", emergency_number="911")
    page = sent_again(tabs(1, plan_text="1. Stand"))
    assert tabs(1, **page).status_code == 302
    patient.refresh_from_db()
    assert (patient.plan_text, patient.emergency_number) == ("1. Stand", "911")


def test_another_change_after_being_asked_is_asked_again(tabs, patient):
    tabs(0, plan_text="1. Lie down")
    page = sent_again(tabs(1, plan_text="1. Stand"))
    first = opened(tabs(0).client, patient)
    tabs(0, **first | {"plan_text": "1. Run"})
    assert tabs(1, **page).status_code == 200
    patient.refresh_from_db()
    assert patient.plan_text == "1. Run"


def test_contacts_that_both_changed_are_asked_as_one(tabs, patient):
    tabs(0, c2_name="Cleo", c2_phone="030 222")
    answer = tabs(1, c1_name="", c1_phone="")
    shown = "Saved meanwhile: Ben, 030 111; Cleo, 030 222"
    assert answer.context["form"].errors["c1_name"] == [shown]
    page = sent_again(answer)
    assert (page["c1_name"], page["c2_name"]) == ("", "")
    assert tabs(1, **page).status_code == 302
    assert contacts(patient) == []


def test_what_was_emptied_meanwhile_is_said_to_be_empty(tabs):
    tabs(0, plan_text="", c1_name="", c1_phone="")
    errors = tabs(1, plan_text="1. Stand", c1_role="son").context["form"].errors
    assert errors["plan_text"] == errors["c1_name"] == ["Saved meanwhile: empty"]


def test_the_same_form_sent_twice_is_no_conflict(tabs, patient):
    typed = {"c1_name": "", "c1_phone": "", "c3_name": "Cleo", "c3_phone": "030 222"}
    for _again in range(2):
        assert tabs(0, plan_text="1. Lie down", **typed).status_code == 302
    assert contacts(patient) == [("Cleo", "030 222", "")]


@pytest.mark.parametrize("seen", ["", "name", ":::", "plan_text:0 \u2028 x", "é" * 600])
def test_a_page_that_does_not_say_what_it_showed_overwrites_nothing(
    tabs, patient, seen
):
    assert tabs(0, seen=seen, plan_text="1. Lie down").status_code == 200
    patient.refresh_from_db()
    assert patient.plan_text == "1. Sit\n2. Call Ben"


@pytest.mark.django_db(transaction=True)
def test_of_two_plans_saved_at_once_one_is_asked_about(tabs, patient):
    def send(number):
        try:
            return tabs(number, plan_text=f"plan {number}").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(send, range(2)))
    assert sorted(answers) == [200, 302]
    patient.refresh_from_db()
    assert patient.plan_text == f"plan {answers.index(302)}"


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
