"""The public page, and the start of a diary."""

from __future__ import annotations

from threading import Thread

import pytest
from django.db import connection
from django.test import Client

from sharing.models import Patient, User

FORM = {"name": "Ben", "zone": "Asia/Kathmandu", "emergency_number": "102"}


@pytest.fixture
def ben(db: None) -> User:
    """Signed up a moment ago: no name, no diary, follows nobody."""
    return User.objects.create_user("ben@example.org")


# --- Landing ------------------------------------------------------------------------


def test_the_public_page_is_open_to_anyone(client, db):
    page = client.get("/")
    assert page.status_code == 200
    assert "demo-title" not in page.content.decode()


def test_whoever_is_signed_in_goes_on_to_their_diaries(sign_in, alice):
    assert sign_in(alice).get("/").headers["Location"] == "/home/"


@pytest.mark.django_db
def test_the_demo_sign_ins_stand_there_on_one_s_own_machine_only(client, settings):
    owner = User.objects.create_user("patient@example.org", name="Ana")
    Patient.objects.create(owner=owner, name="Ana", zone="UTC", is_demo=True)
    assert "patient@example.org" not in client.get("/").content.decode()
    settings.LOCAL = True
    page = client.get("/").content.decode()
    assert "patient@example.org (Ana: her own diary)" in page
    assert "demo-capleak-2026" in page


@pytest.mark.django_db
def test_without_the_demo_no_sign_ins_are_promised(client, settings):
    settings.LOCAL = True
    assert "demo-title" not in client.get("/").content.decode()


# --- Start --------------------------------------------------------------------------


def test_a_diary_is_made_of_a_name_a_zone_and_an_emergency_number(sign_in, ben):
    answer = sign_in(ben).post("/start/", FORM)
    record = Patient.objects.get(owner=ben)
    assert answer.headers["Location"] == f"/patients/{record.public_id}/"
    assert (record.name, record.zone) == ("Ben", "Asia/Kathmandu")
    assert record.emergency_number == "102"
    ben.refresh_from_db()
    assert ben.name == "Ben"


def test_sent_twice_it_is_made_once(sign_in, ben):
    browser = sign_in(ben)
    first = browser.post("/start/", FORM)
    second = browser.post("/start/", FORM | {"name": "Benjamin"})
    assert second.headers["Location"] == first.headers["Location"]
    assert Patient.objects.get(owner=ben).name == "Ben"


@pytest.mark.django_db(transaction=True)
def test_sent_twice_at_once_it_is_made_once(sign_in, ben):
    browsers = [sign_in(ben) for _ in range(4)]
    statuses = []

    def send(browser: Client) -> None:
        try:
            statuses.append(browser.post("/start/", FORM).status_code)
        finally:
            connection.close()

    threads = [Thread(target=send, args=[browser]) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [302] * 4
    assert Patient.objects.filter(owner=ben).count() == 1


def test_whoever_has_a_diary_is_taken_to_it(sign_in, alice, patient):
    answer = sign_in(alice).get("/start/")
    assert answer.headers["Location"] == f"/patients/{patient.public_id}/"


def test_whoever_only_follows_is_led_back_to_what_they_follow(sign_in, viewer):
    page = sign_in(viewer).get("/start/").content.decode()
    assert 'href="/home/">I only follow' in page


def test_whoever_follows_nobody_yet_is_told_how_that_begins(sign_in, ben):
    page = sign_in(ben).get("/start/").content.decode()
    assert "invite <strong>ben@example.org</strong>" in page


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "B" * 81}, "at most 80 characters"),
        ({"name": "Ben\0"}, "Null characters are not allowed."),
        ({"name": "Win at https://spam.example"}, "a name without a web address"),
        ({"zone": ""}, "This field is required."),
        ({"zone": "Europe/Atlantis"}, "Select a valid choice."),
        ({"emergency_number": ""}, "This field is required."),
        ({"emergency_number": "help"}, "Enter a phone number"),
        ({"emergency_number": "1"}, "too short or too long"),
        ({"emergency_number": "1" * 16}, "too short or too long"),
        ({"emergency_number": "tel:112;ext=1"}, "Enter a phone number"),
    ],
)
def test_bad_input_is_told_beside_the_field_and_kept(sign_in, ben, typed, complaint):
    page = sign_in(ben).post("/start/", FORM | {"name": "Kept"} | typed)
    assert page.status_code == 200
    assert complaint in page.content.decode()
    assert "name" in typed or 'value="Kept"' in page.content.decode()
    assert not Patient.objects.exists()


def test_a_name_is_one_line(sign_in, ben):
    sign_in(ben).post("/start/", FORM | {"name": " Ben \r\n Bcc:  x "})
    assert Patient.objects.get(owner=ben).name == "Ben Bcc: x"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("15", "15"),
        ("+49 112", "+49 112"),
        (" 1-1-2 ", "1-1-2"),
        ("\u202a112\u202c", "112"),
        ("1\u00a012", "1 12"),
    ],
)
def test_emergency_numbers_as_people_write_and_copy_them(sign_in, ben, typed, kept):
    sign_in(ben).post("/start/", FORM | {"emergency_number": typed})
    assert Patient.objects.get(owner=ben).emergency_number == kept
