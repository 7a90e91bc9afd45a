"""A lost second step: staff remove it after a wait in which its owner can say no."""

from __future__ import annotations

import re
from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from sharing.models import RECOVERY_WAIT, AccountEvent, AccountRecovery
from tests.capleak.signing_in import enter, with_password
from tests.conftest import give_factor, make_user

pytestmark = pytest.mark.slow

PAGE = "/staff/rescue/"
ASKED = {
    "do": "ask",
    "email": "alice@example.org",
    "reason": "Called back at the number of the clinic, 23 November.",
}


def make_staff(name: str):
    user = make_user(name)
    user.is_staff = True
    user.save()
    give_factor(user)
    return user


@pytest.fixture
def staff(db):
    return make_staff("sam")


@pytest.fixture
def locked_out(alice, patient):
    """Alice, who has lost what gives the codes."""
    give_factor(with_password(alice))
    return alice


@pytest.fixture
def asked(sign_in, staff, locked_out):
    sign_in(staff).post(PAGE, ASKED)
    return AccountRecovery.objects.get()


def waited(rescue: AccountRecovery, by: timedelta = RECOVERY_WAIT) -> None:
    """As if it had been asked for that much earlier."""
    rescue.ready_at -= by
    rescue.save(update_fields=["ready_at"])


def kinds(user) -> list[str]:
    events = AccountEvent.objects.filter(user_pk=user.pk)
    return list(events.order_by("pk").values_list("kind", flat=True))


def stop_address() -> str:
    found = re.search(r"/accounts/rescue/\S+", str(mail.outbox[-1].body))
    assert found
    return found[0]


@pytest.mark.parametrize("who", ["alice", "viewer", "doctor", "manager", "eve"])
def test_for_everybody_else_there_is_no_such_page(sign_in, request, who):
    browser = sign_in(request.getfixturevalue(who))
    assert browser.get(PAGE).status_code == 404
    assert browser.post(PAGE, ASKED).status_code == 404


def test_asking_tells_the_owner_at_once_and_removes_nothing(asked, staff, locked_out):
    assert (asked.user, asked.asked_by) == (locked_out, staff)
    assert Authenticator.objects.filter(user=locked_out).exists()
    told = mail.outbox[-1]
    assert told.to == ["alice@example.org"]
    assert "stop it" in str(told.body)
    assert AccountEvent.objects.get(kind="rescue_asked").by_pk == staff.pk


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"email": "nobody@example.org"}, "No account has confirmed this address."),
        ({"email": "sam@example.org"}, "Somebody else must do this"),
        ({"email": "eve@example.org"}, "has no second step"),
        ({"email": "no address"}, "Enter a valid email address."),
        ({"email": "a\0@example.org"}, "Null characters are not allowed."),
        ({"reason": ""}, "This field is required."),
        ({"reason": "She said so."}, "at least 20 characters"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_the_field(
    sign_in, staff, locked_out, eve, typed, complaint
):
    page = sign_in(staff).post(PAGE, ASKED | typed).content.decode()
    assert complaint in page
    assert not AccountRecovery.objects.exists()


def test_without_the_mail_to_the_owner_nothing_begins(
    sign_in, staff, locked_out, monkeypatch
):
    def away(*args, **kwargs):
        raise SMTPServerDisconnected

    monkeypatch.setattr("capleak.rescue.send_mail", away)
    page = sign_in(staff).post(PAGE, ASKED).content.decode()
    assert "could not be told by mail" in page
    assert not AccountRecovery.objects.exists()
    assert kinds(locked_out) == []


def test_asked_twice_it_waits_once(sign_in, staff, asked):
    page = sign_in(staff).post(PAGE, ASKED).content.decode()
    assert "asked for already" in page
    assert AccountRecovery.objects.count() == 1


def test_before_the_wait_is_over_nothing_can_be_removed(
    sign_in, staff, asked, locked_out
):
    waited(asked, RECOVERY_WAIT - timedelta(minutes=1))
    browser = sign_in(staff)
    assert "Remove the second step" not in browser.get(PAGE).content.decode()
    browser.post(PAGE, {"do": "finish", "rescue": asked.pk})
    assert Authenticator.objects.filter(user=locked_out).exists()


def test_the_database_holds_the_wait_too(asked):
    with pytest.raises(IntegrityError), transaction.atomic():
        AccountRecovery.objects.update(done_at=timezone.now())


def test_afterwards_the_password_alone_signs_in(sign_in, staff, asked, locked_out):
    old = sign_in(locked_out)
    waited(asked)
    browser = sign_in(staff)
    assert "Remove the second step" in browser.get(PAGE).content.decode()
    browser.post(PAGE, {"do": "finish", "rescue": asked.pk})
    assert old.get("/home/").headers["Location"].startswith("/accounts/login/")
    _, answer = enter(locked_out)
    assert answer.headers["Location"] == "/home/"
    assert kinds(locked_out)[:2] == ["rescue_asked", "rescue_done"]
    assert "You did not ask for this?" in str(mail.outbox[-1].body)


def test_the_link_of_the_mail_asks_first_and_then_stops_it(sign_in, staff, asked):
    link = stop_address()
    anyone = Client()
    page = anyone.get(link)
    assert "that was not me" in page.content.decode()
    # "no-referrer" would make a browser send its form without an origin: refused.
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert AccountRecovery.objects.open().exists()
    assert "Your second step stays as it is" in anyone.post(link).content.decode()
    waited(asked)
    sign_in(staff).post(PAGE, {"do": "finish", "rescue": asked.pk})
    assert Authenticator.objects.filter(user=asked.user).exists()
    assert anyone.get(link).status_code == 404
    assert kinds(asked.user) == ["rescue_asked", "rescue_stopped"]


def test_the_owner_sees_it_on_every_page_and_stops_it_in_the_app(
    sign_in, asked, locked_out, patient
):
    browser = sign_in(locked_out)
    today = browser.get(f"/patients/{patient.public_id}/").content.decode()
    assert "Staff were asked to remove the second step" in today
    page = browser.get("/accounts/security/").content.decode()
    stop = re.search(r'action="(/accounts/rescue/[^"]+)"', page)
    assert stop
    browser.post(stop[1])
    assert not AccountRecovery.objects.open().exists()
    again = browser.get(f"/patients/{patient.public_id}/").content.decode()
    assert "Staff were asked" not in again


@pytest.mark.parametrize("token", ["x", "1:2:3", "é", "a" * 2000])
def test_a_link_that_was_made_up_stops_nothing(asked, token):
    assert Client().post(f"/accounts/rescue/{token}/").status_code == 404
    assert AccountRecovery.objects.open().exists()


def test_what_nobody_finished_in_two_weeks_is_over(sign_in, staff, asked):
    waited(asked, RECOVERY_WAIT + timedelta(days=14, minutes=1))
    browser = sign_in(staff)
    browser.post(PAGE, {"do": "finish", "rescue": asked.pk})
    assert Authenticator.objects.filter(user=asked.user).exists()
    browser.post(PAGE, ASKED)
    assert AccountRecovery.objects.open().count() == 1


@pytest.mark.parametrize("number", ["", "x", "-1", "9" * 30, "٣", "0"])
def test_no_such_number_is_not_found(sign_in, staff, asked, number):
    fields = {"do": "finish", "rescue": number}
    assert sign_in(staff).post(PAGE, fields).status_code == 404


def test_staff_see_nothing_of_a_diary_there(sign_in, staff, asked, patient):
    page = sign_in(staff).get(PAGE).content.decode()
    assert "alice@example.org" in page
    assert str(patient.public_id) not in page
