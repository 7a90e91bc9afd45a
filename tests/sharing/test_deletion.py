"""Having a diary or an account deleted, the time of grace, and keeping it after all."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from sharing.deletion import (
    OnlyManager,
    ask_for_account,
    ask_for_record,
    keep_account,
    keep_record,
    remind,
    run_alone_by,
)
from sharing.models import Deletion, Grant, Patient, User
from tests.conftest import make_user
from tests.sharing.rows import bare_grant

SURE = {"sure": "on"}
ACCOUNT = "/accounts/delete/"


def page(patient: Patient, what: str = "delete") -> str:
    return f"/patients/{patient.public_id}/{what}/"


def runs(user: User, patient: Patient, **fields: object) -> Grant:
    """Let the user manage the record."""
    return bare_grant(
        patient,
        user=user,
        accepted_at=timezone.now(),
        permissions=["view", "log", "export", "manage"],
        **fields,
    )


def long_ago(browser: Client) -> Client:
    """The same browser, whose user last said an hour ago who they are."""
    session = browser.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time() - 3600}
    ]
    session.save()
    return browser


@pytest.fixture
def lena(viewer: User) -> Patient:
    """A child's record, which Viewer alone runs."""
    child = Patient.objects.create(name="Lena", zone="Europe/Berlin")
    runs(viewer, child)
    return child


# --- A record -------------------------------------------------------------------------


def test_the_owner_asks_for_it_and_has_thirty_days(sign_in, alice, patient):
    answer = sign_in(alice).post(page(patient), SURE)
    assert answer.status_code == 302
    deletion = Deletion.objects.get(patient=patient)
    left = deletion.due_at - timezone.now()
    assert timedelta(days=29, hours=23) < left <= timedelta(days=30)
    assert deletion.asked_by == alice


def test_without_a_tick_nothing_is_asked_for(sign_in, alice, patient):
    answer = sign_in(alice).post(page(patient), {})
    assert "Tick this, so that nothing goes by mistake." in answer.content.decode()
    assert not Deletion.objects.exists()


def test_sent_twice_it_is_asked_once_and_one_mail_leaves(sign_in, alice, patient):
    browser = sign_in(alice)
    browser.post(page(patient), SURE)
    first = Deletion.objects.get()
    browser.post(page(patient), SURE)
    assert Deletion.objects.get().due_at == first.due_at
    assert len(mail.outbox) == 1


def test_who_signed_in_long_ago_is_asked_who_they_are(sign_in, alice, patient):
    alice.set_password("a long enough secret 7")
    alice.save()
    browser = long_ago(sign_in(alice))
    answer = browser.post(page(patient), SURE)
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    assert not Deletion.objects.exists()


def test_every_page_says_so_and_one_tap_keeps_it(sign_in, alice, patient):
    browser = sign_in(alice)
    browser.post(page(patient), SURE)
    shown = browser.get(page(patient, "timeline")).content.decode()
    assert "This diary will be deleted on" in shown
    assert page(patient, "keep") in shown
    answer = browser.post(page(patient, "keep"), follow=True)
    assert "Kept. Nothing is deleted." in answer.content.decode()
    assert not Deletion.objects.exists()


def test_others_read_of_it_and_cannot_keep_it(sign_in, alice, patient, manager):
    ask_for_record(patient, by=alice)
    browser = sign_in(manager)
    shown = browser.get(page(patient, "timeline")).content.decode()
    assert "This diary will be deleted on" in shown
    assert page(patient, "keep") not in shown
    browser.post(page(patient, "keep"))
    assert Deletion.objects.exists()


def test_a_manager_cannot_delete_what_has_an_owner(sign_in, patient, manager):
    answer = sign_in(manager).post(page(patient), SURE)
    assert "Only its owner can delete this diary" in answer.content.decode()
    assert not Deletion.objects.exists()


def test_a_manager_deletes_what_has_no_owner(sign_in, viewer, lena):
    sign_in(viewer).post(page(lena), SURE)
    assert Deletion.objects.get().patient == lena


def test_who_manages_it_for_a_time_keeps_it_and_does_not_delete_it(
    sign_in, alice, viewer, lena
):
    runs(alice, lena, expires_at=timezone.now() + timedelta(days=7))
    browser = sign_in(alice)
    answer = browser.post(page(lena), SURE)
    assert "Only who manages it without an end" in answer.content.decode()
    with pytest.raises(PermissionDenied):
        ask_for_record(lena, by=alice)
    assert not Deletion.objects.exists()
    ask_for_record(lena, by=viewer)
    browser.post(page(lena, "keep"))
    assert not Deletion.objects.exists()


def test_everyone_who_can_keep_it_gets_a_mail(lena, viewer):
    other = make_user("other")
    runs(other, lena)
    ask_for_record(lena, by=viewer)
    assert {to for message in mail.outbox for to in message.to} == {
        viewer.email,
        other.email,
    }


def test_asking_twice_to_keep_it_is_no_error(alice, patient):
    ask_for_record(patient, by=alice)
    assert keep_record(patient)
    assert not keep_record(patient)


# --- An account -----------------------------------------------------------------------


def test_the_own_diary_goes_with_the_account(sign_in, alice, patient):
    sign_in(alice).post(ACCOUNT, SURE)
    whole = Deletion.objects.get(user=alice)
    part = Deletion.objects.get(patient=patient)
    assert (part.part_of, part.due_at) == (whole, whole.due_at)


def test_signing_in_and_one_tap_keep_the_account_and_its_diary(sign_in, alice, patient):
    ask_for_account(alice)
    browser = sign_in(alice)
    shown = browser.get(page(patient, "timeline")).content.decode()
    assert "Your account will be deleted on" in shown
    assert "/accounts/keep/" in shown
    browser.post("/accounts/keep/")
    assert not Deletion.objects.exists()


def test_keeping_the_diary_keeps_the_account_it_was_to_go_with(alice, patient):
    ask_for_account(alice)
    keep_record(patient)
    assert not Deletion.objects.exists()


def asked_before(patient: Patient, *, by: User) -> None:
    """A test is one transaction, in which all happens at the same moment."""
    ask_for_record(patient, by=by)
    Deletion.objects.update(asked_at=timezone.now() - timedelta(days=2))


def test_a_diary_asked_for_before_still_goes_when_the_account_is_kept(
    sign_in, alice, patient
):
    asked_before(patient, by=alice)
    whole = ask_for_account(alice)
    assert Deletion.objects.get(patient=patient).part_of == whole
    page_after = sign_in(alice).post("/accounts/keep/", follow=True).content.decode()
    assert "Your diary is still to be deleted." in page_after
    left = Deletion.objects.get()
    assert (left.patient, left.part_of, left.due_at) == (patient, None, whole.due_at)


def test_what_another_manager_asked_for_is_not_kept_with_an_account(viewer, lena):
    other = make_user("other")
    leaves = runs(other, lena)
    asked_before(lena, by=other)
    leaves.delete()
    ask_for_account(viewer, along=[lena])
    assert keep_account(viewer)
    assert Deletion.objects.get().asked_by == other


def test_a_diary_asked_for_before_is_kept_by_keeping_itself(alice, patient):
    asked_before(patient, by=alice)
    ask_for_account(alice)
    assert keep_record(patient)
    assert not Deletion.objects.exists()


def test_the_last_manager_is_told_and_nothing_is_asked_for(sign_in, viewer, lena):
    answer = sign_in(viewer).post(ACCOUNT, SURE)
    text = answer.content.decode()
    assert "You alone run the diary of Lena." in text
    assert not Deletion.objects.exists()


def test_the_last_manager_says_of_each_diary_that_it_goes_too(sign_in, viewer, lena):
    other = Patient.objects.create(name="Otto", zone="UTC")
    runs(viewer, other)
    browser = sign_in(viewer)
    browser.post(ACCOUNT, SURE | {f"along-{lena.public_id}": "on"})
    assert not Deletion.objects.exists()
    both = {f"along-{child.public_id}": "on" for child in (lena, other)}
    browser.post(ACCOUNT, SURE | both)
    going = Deletion.objects.filter(part_of__user=viewer)
    assert {part.patient for part in going} == {lena, other}


def test_a_diary_with_another_manager_needs_no_word(viewer, lena):
    runs(make_user("other"), lena)
    ask_for_account(viewer)
    assert not Deletion.objects.filter(patient=lena).exists()


def test_a_manager_whose_time_ends_before_does_not_count(viewer, lena):
    runs(make_user("other"), lena, expires_at=timezone.now() + timedelta(days=9))
    with pytest.raises(OnlyManager) as left:
        ask_for_account(viewer)
    assert left.value.records == [lena]
    assert not Deletion.objects.exists()


def test_of_two_managers_who_both_leave_the_second_is_asked(viewer, lena):
    other = make_user("other")
    runs(other, lena)
    ask_for_account(viewer)
    with pytest.raises(OnlyManager) as left:
        ask_for_account(other)
    assert left.value.records == [lena]


def test_a_manager_who_cannot_sign_in_does_not_count(viewer, lena):
    other = make_user("other")
    runs(other, lena)
    User.objects.filter(pk=other.pk).update(is_active=False)
    with pytest.raises(OnlyManager):
        ask_for_account(viewer)


def test_who_manages_it_until_a_day_hears_that_it_goes_along(viewer, lena):
    aunt = make_user("aunt")
    runs(aunt, lena, expires_at=timezone.now() + timedelta(days=60))
    ask_for_account(viewer, along=[lena])
    told = {(m.to[0], m.subject) for m in mail.outbox}
    assert told == {
        ("viewer@example.org", "Your account will be deleted"),
        ("aunt@example.org", "A deletion that you can stop"),
    }


def test_whoever_runs_it_by_now_keeps_it_and_not_the_account_of_another(
    sign_in, viewer, lena
):
    ask_for_account(viewer, along=[lena])
    other = make_user("other")
    runs(other, lena)
    browser = sign_in(other)
    shown = browser.get(page(lena)).content.decode()
    assert "It goes with the account of Viewer" in shown
    browser.post(page(lena, "keep"))
    assert not Deletion.objects.filter(patient=lena).exists()
    assert Deletion.objects.filter(user=viewer).exists()


def test_without_the_account_nobody_runs_it_so_keeping_it_keeps_both(viewer, lena):
    aunt = make_user("aunt")
    runs(aunt, lena, expires_at=timezone.now() + timedelta(days=60))
    ask_for_account(viewer, along=[lena])
    assert keep_record(Patient.objects.visible_to(aunt).get(pk=lena.pk))
    assert not Deletion.objects.exists()


def test_the_page_says_what_a_deletion_waits_for(sign_in, viewer, lena):
    other = runs(make_user("other"), lena)
    ask_for_account(viewer)
    browser = sign_in(viewer)
    waits = "It waits as long as you alone run the diary of Lena"
    assert waits not in browser.get(ACCOUNT).content.decode()
    other.delete()
    assert waits in browser.get(ACCOUNT).content.decode()


def test_only_records_without_an_owner_can_be_left_alone(patient, manager, viewer):
    assert not run_alone_by(manager).exists()
    assert not run_alone_by(viewer).exists()


def test_a_stranger_s_diary_cannot_be_named_along(sign_in, viewer, lena, patient):
    along = {f"along-{p.public_id}": "on" for p in (lena, patient)}
    sign_in(viewer).post(ACCOUNT, SURE | along)
    assert not Deletion.objects.filter(patient=patient).exists()


# --- Mail -----------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["record", "account"])
def test_no_mail_names_an_illness(alice, patient, what):
    if what == "record":
        ask_for_record(patient, by=alice)
    else:
        ask_for_account(alice)
    [message] = mail.outbox
    text = f"{message.subject} {message.body}".lower()
    for word in ("leak", "symptom", "attack", "health", "patient", "infusion", "alice"):
        assert word not in text
    due = Deletion.objects.filter(part_of=None).get().due_at
    assert f"{due:%-d %B %Y}".lower() in text


def test_three_days_before_everyone_is_told_once_more(alice, patient):
    ask_for_record(patient, by=alice)
    now = timezone.now()
    assert remind(now + timedelta(days=26)) == 0
    assert remind(now + timedelta(days=28)) == 1
    assert remind(now + timedelta(days=28)) == 0
    assert len(mail.outbox) == 2


def test_a_mail_server_that_is_away_stops_nothing(alice, patient, monkeypatch):
    def fail(*args: object, **kwargs: object) -> None:
        raise OSError

    monkeypatch.setattr("sharing.deletion.send_mail", fail)
    assert ask_for_record(patient, by=alice).pk
