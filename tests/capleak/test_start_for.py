"""Starting a diary for a child or somebody cared for."""

from __future__ import annotations

from uuid import uuid4

import pytest

from sharing.managers import MOST_RUN
from sharing.models import Grant, Patient, Permission
from tests.conftest import make_user

URL = "/start/someone/"


@pytest.fixture
def fields():
    return {
        "name": "Mia",
        "born_on": "2019-05-04",
        "zone": "Europe/Berlin",
        "emergency_number": "112",
        "may": "on",
        "client_id": uuid4(),
    }


def test_its_maker_runs_it_and_it_has_no_owner(sign_in, db, fields):
    ben = make_user("ben")
    answer = sign_in(ben).post(URL, fields)
    record = Patient.objects.get(name="Mia")
    assert answer.headers["Location"] == f"/patients/{record.public_id}/"
    assert record.owner is None
    grant = Grant.objects.get(patient=record)
    assert (grant.user, set(grant.permissions)) == (ben, set(Permission.values))
    assert (grant.expires_at, record.born_on.year) == (None, 2019)


def test_sent_twice_it_is_made_once(sign_in, db, fields):
    browser = sign_in(make_user("ben"))
    first, second = browser.post(URL, fields), browser.post(URL, fields)
    assert first.headers["Location"] == second.headers["Location"]
    assert Patient.objects.filter(name="Mia").count() == 1


def test_two_people_who_send_the_same_form_get_one_each(sign_in, db, fields):
    """A form id that somebody else used opens nothing of theirs."""
    for name in ("ben", "cleo"):
        sign_in(make_user(name)).post(URL, fields)
    assert Grant.objects.values("patient").distinct().count() == 2


def test_it_stands_beside_a_diary_of_ones_own(sign_in, alice, patient, fields):
    browser = sign_in(alice)
    browser.post(URL, fields)
    page = browser.get("/home/").content.decode()
    assert "Alice" in page
    assert "Mia" in page


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("may", "", "a parent, a guardian, or their own"),
        ("name", "", "required"),
        ("born_on", "2999-01-01", "between 1900 and today"),
        ("born_on", "soon", "Enter a date, such as"),
        ("zone", "Mars/Olympus", "valid choice"),
        ("client_id", "x\x00", "UUID"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_is_kept(
    sign_in, db, fields, field, value, says
):
    answer = sign_in(make_user("ben")).post(URL, fields | {field: value})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert says in page
    assert "112" in page
    assert not Patient.objects.exists()


def test_one_account_keeps_a_limited_number(sign_in, db, fields):
    browser = sign_in(make_user("ben"))
    for _number in range(MOST_RUN):
        browser.post(URL, fields | {"client_id": uuid4()})
    page = browser.post(URL, fields).content.decode()
    assert "as many diaries for others as one account can" in page
    assert Patient.objects.count() == MOST_RUN


def test_the_way_there_stands_on_the_first_page_of_a_new_account(sign_in, db):
    page = sign_in(make_user("ben")).get("/start/").content.decode()
    assert f'href="{URL}"' in page


def test_it_needs_an_account(client, db):
    assert client.get(URL).headers["Location"].startswith("/accounts/login/")
