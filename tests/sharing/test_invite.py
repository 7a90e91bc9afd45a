"""Inviting someone: the form, the mail, the link that is shown once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.utils import timezone

from sharing.models import Grant, Patient, User, hash_token
from sharing.services import INVITATIONS_A_DAY

pytestmark = pytest.mark.slow

FORM = {"email": "ben@example.org", "kind": "caregiver", "ends": "never"}


@pytest.fixture
def url(patient: Patient) -> str:
    return f"/patients/{patient.public_id}/sharing/invite/"


@pytest.fixture
def browser(alice: User, sign_in: Callable[[User], Client]) -> Client:
    return sign_in(alice)


def invited(patient: Patient) -> Grant:
    return patient.grants.latest("pk")


def test_an_invitation_holds_what_was_chosen(browser, url, patient, alice):
    browser.post(
        url,
        FORM | {"kind": "clinician", "permissions": ["log"], "hide_period": "on"},
    )
    grant = invited(patient)
    assert grant.permissions == ["view", "log"]
    assert (grant.kind, grant.hidden) == ("clinician", ["notes", "period"])
    assert (grant.invited_email, grant.invited_by) == ("ben@example.org", alice)
    assert (grant.user, grant.expires_at) == (None, None)


def test_looking_is_always_allowed_and_nothing_else_by_itself(browser, url, patient):
    browser.post(url, FORM)
    assert invited(patient).permissions == ["view"]


def test_to_take_the_entries_out_as_a_file_can_be_allowed(browser, url, patient):
    assert "Download: take the entries out" in browser.get(url).content.decode()
    page = browser.post(url, FORM | {"permissions": ["export"]}, follow=True)
    assert page.status_code == 200
    assert invited(patient).permissions == ["view", "export"]


@pytest.mark.parametrize(
    ("ticked", "hidden"),
    [
        ({"hide_own_symptoms": "on"}, ["own_symptoms"]),
        ({"hide_period": "on"}, ["period"]),
        ({"notes": "hide", "hide_period": "on"}, ["notes", "period"]),
    ],
)
def test_own_symptoms_and_the_period_can_be_kept_to_oneself(
    browser, url, patient, ticked, hidden
):
    browser.post(url, FORM | ticked)
    assert invited(patient).hidden == hidden
    page = browser.get(f"/patients/{patient.public_id}/sharing/").content.decode()
    assert ("without symptoms in own words" in page) is ("own_symptoms" in hidden)
    assert ("without the period" in page) is ("period" in hidden)


def test_a_manager_with_something_hidden_cannot_show_it_to_others(
    sign_in, url, patient, manager
):
    manager.grants.update(hidden=["period"])
    sign_in(manager).post(url, FORM)
    assert invited(patient).hidden == ["period"]


def test_the_link_is_open_for_14_days(browser, url, patient):
    browser.post(url, FORM)
    left = invited(patient).invitation_expires_at - timezone.now()
    assert timedelta(days=13, hours=23) < left <= timedelta(days=14)


@time_machine.travel(datetime(2026, 11, 23, 23, 30, tzinfo=UTC), tick=False)
@pytest.mark.parametrize(
    ("chosen", "last_second"),
    [
        # In Berlin it is the 24th already, and winter time.
        ({"ends": "30"}, datetime(2026, 12, 24, 22, 59, 59, tzinfo=UTC)),
        ({"ends": "90"}, datetime(2027, 2, 22, 22, 59, 59, tzinfo=UTC)),
        (
            {"ends": "date", "until": "2027-07-01"},
            datetime(2027, 7, 1, 21, 59, 59, tzinfo=UTC),
        ),
    ],
)
def test_access_ends_with_the_last_day_on_the_clock_of_the_patient(
    browser, url, patient, chosen, last_second
):
    browser.post(url, FORM | chosen)
    assert invited(patient).expires_at == last_second


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"email": ""}, "This field is required."),
        ({"email": "ben"}, "Enter a valid email address."),
        ({"email": "ben@example.org\0"}, "Null characters are not allowed."),
        ({"kind": "stranger"}, "Select a valid choice."),
        ({"permissions": ["own"]}, "Select a valid choice."),
        ({"ends": "date"}, "Choose the last day."),
        ({"ends": "date", "until": "9999-12-31"}, "within the next ten years"),
        ({"ends": "date", "until": "2020-01-01"}, "Choose a day after today."),
        ({"ends": "date", "until": "soon"}, "Enter a date, such as"),
        ({"permissions": ["manage"], "notes": "hide"}, "Choose one of the two."),
        ({"permissions": ["manage"], "hide_period": "on"}, "Choose one of the two."),
    ],
)
def test_bad_input_is_told_beside_the_field_and_kept(
    browser, url, patient, typed, complaint
):
    page = browser.post(url, FORM | {"email": "kept@example.org"} | typed)
    assert page.status_code == 200
    assert complaint in page.content.decode()
    assert "email" in typed or "kept@example.org" in page.content.decode()
    assert not patient.grants.exists()


@pytest.mark.parametrize("email", ["alice@example.org", "ALICE@Example.org"])
def test_the_owner_cannot_be_invited(browser, url, patient, email):
    page = browser.post(url, FORM | {"email": email})
    assert "already has access" in page.content.decode()
    assert not patient.grants.exists()


def test_someone_with_access_cannot_be_invited(browser, url, patient, viewer):
    page = browser.post(url, FORM | {"email": "viewer@example.org"})
    assert "already has access" in page.content.decode()
    assert patient.grants.count() == 1


def test_a_manager_cannot_invite_themselves(sign_in, url, patient, manager):
    page = sign_in(manager).post(url, FORM | {"email": "manager@example.org"})
    assert "already has access" in page.content.decode()
    assert patient.grants.count() == 1


def test_nobody_is_invited_twice(browser, url, patient):
    browser.post(url, FORM)
    page = browser.post(url, FORM | {"email": "Ben@Example.org"})
    assert "is invited already" in page.content.decode()
    assert patient.grants.count() == 1


def test_a_lapsed_or_revoked_invitation_can_be_sent_again(browser, url, patient):
    browser.post(url, FORM)
    patient.grants.update(invitation_expires_at=timezone.now() - timedelta(seconds=1))
    browser.post(url, FORM)
    patient.grants.update(revoked_at=timezone.now())
    browser.post(url, FORM)
    assert patient.grants.count() == 3


def test_the_answer_is_the_same_whether_or_not_there_is_an_account(
    browser, url, patient, eve
):
    with_account = browser.post(url, FORM | {"email": eve.email})
    without = browser.post(url, FORM | {"email": "noone@example.org"})
    assert with_account.status_code == without.status_code == 200
    assert "is on its way to eve@example.org" in with_account.content.decode()
    assert "is on its way to noone@example.org" in without.content.decode()


def test_a_manager_gives_away_no_more_than_they_have(
    sign_in, url, patient, viewer, grant_to
):
    patient.grants.all().delete()
    grant_to(viewer, "manage")
    page = sign_in(viewer).post(url, FORM | {"permissions": ["log"]})
    assert "Select a valid choice." in page.content.decode()
    sign_in(viewer).post(url, FORM | {"permissions": ["manage"]})
    assert invited(patient).permissions == ["view", "manage"]


@pytest.fixture
def leaving(viewer, patient, grant_to):
    """A manager whose own access ends in nine days, and when."""
    patient.grants.all().delete()
    ends = timezone.now() + timedelta(days=9)
    grant_to(viewer, "manage", expires_at=ends)
    return viewer, ends


@pytest.mark.parametrize(
    "chosen", [{"ends": "never"}, {"ends": "30"}, {"permissions": ["manage"]}]
)
def test_nobody_gives_longer_access_than_they_have(
    sign_in, url, patient, leaving, chosen
):
    manager, ends = leaving
    sign_in(manager).post(url, FORM | chosen)
    grant = invited(patient)
    assert (grant.invited_by, grant.expires_at) == (manager, ends)


def test_who_has_access_for_a_time_gives_shorter_access_as_chosen(
    sign_in, url, patient, leaving
):
    manager, ends = leaving
    last_day = (ends - timedelta(days=4)).astimezone(patient.tz).date()
    sign_in(manager).post(url, FORM | {"ends": "date", "until": last_day})
    assert invited(patient).expires_at.astimezone(patient.tz).date() == last_day


def test_the_form_says_when_the_own_access_ends(sign_in, url, patient, leaving, alice):
    manager, ends = leaving
    words = f"Your own access ends on {ends.astimezone(patient.tz):%-d %B %Y}."
    assert words in sign_in(manager).get(url).content.decode()
    assert "Your own access ends" not in sign_in(alice).get(url).content.decode()


def test_twenty_invitations_a_day_are_enough(browser, url, patient):
    for number in range(INVITATIONS_A_DAY):
        browser.post(url, FORM | {"email": f"{number}@example.org"})
    page = browser.post(url, FORM | {"email": "onemore@example.org"})
    assert "Go on tomorrow" in page.content.decode()
    assert patient.grants.count() == INVITATIONS_A_DAY


# --- The mail -----------------------------------------------------------------------


def token_of(text: str) -> str:
    return text.partition("/invitations/")[2].partition("/")[0]


def test_the_mail_says_who_invites_and_opens_the_invitation(browser, url, patient):
    browser.post(url, FORM)
    [message] = mail.outbox
    assert message.to == ["ben@example.org"]
    assert "Alice invites you to look at a diary." in message.body
    assert hash_token(token_of(str(message.body))) == invited(patient).token_hash


def test_the_mail_of_a_manager_says_whose_diary_it_is(sign_in, url, manager, patient):
    sign_in(manager).post(url, FORM)
    [message] = mail.outbox
    assert "Manager invites you to look at the diary of Alice." in message.body


def test_the_mail_names_no_illness(browser, url):
    browser.post(url, FORM)
    [message] = mail.outbox
    assert message.subject == "An invitation for you"
    text = f"{message.subject} {message.body}".lower()
    for word in ("leak", "symptom", "attack", "health", "patient", "ill", "infusion"):
        assert word not in text


def test_a_name_with_marks_arrives_as_it_is(browser, url, patient):
    Patient.objects.filter(pk=patient.pk).update(name="Zoë & <Ann>")
    browser.post(url, FORM)
    assert "Zoë & <Ann> invites you" in mail.outbox[0].body


@pytest.mark.parametrize("trouble", [SMTPServerDisconnected("gone"), OSError("away")])
def test_without_a_mail_server_the_page_says_so_and_the_link_works(
    browser, url, patient, monkeypatch, trouble
):
    def fail(*args: Any, **kwargs: Any) -> None:
        raise trouble

    monkeypatch.setattr("sharing.mails.send_mail", fail)
    page = browser.post(url, FORM).content.decode()
    assert "The mail could not be sent" in page
    assert hash_token(token_of(page)) == invited(patient).token_hash


# --- The link -----------------------------------------------------------------------


def test_the_link_is_shown_once_in_an_answer_that_nothing_stores(browser, url, patient):
    answer = browser.post(url, FORM)
    assert hash_token(token_of(answer.content.decode())) == invited(patient).token_hash
    assert "no-store" in answer.headers["Cache-Control"]
    for page in (f"/patients/{patient.public_id}/sharing/", url):
        assert "/invitations/" not in browser.get(page).content.decode()


def test_the_same_form_sent_twice_invites_once_and_says_so(browser, url, patient):
    browser.post(url, FORM)
    answer = browser.post(url, FORM)
    assert answer.status_code == 200
    assert "is invited already" in answer.content.decode()
    assert (patient.grants.count(), len(mail.outbox)) == (1, 1)


def test_the_database_never_learns_the_secret(browser, url, patient):
    token = token_of(browser.post(url, FORM).content.decode())
    assert token not in str(Grant.objects.values().get())
    for session in Session.objects.all():
        assert token not in str(session.get_decoded())
