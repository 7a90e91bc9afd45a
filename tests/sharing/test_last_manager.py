"""A record without an owner always has somebody who can open and run it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from sharing import managers
from sharing.deletion import run_alone_by
from sharing.managers import LastManager
from sharing.models import Grant, Patient, User
from sharing.services import InvitationDraft, accept, invite, revoke
from tests.conftest import make_user
from tests.sharing.proxy_parts import child_of, run_by


@pytest.fixture
def ben(db: None) -> User:
    return make_user("ben")


def grant_of(record: Patient, user: User) -> Grant:
    return Grant.objects.get(patient=record, user=user, revoked_at=None)


@contextmanager
def ending() -> Iterator[None]:
    """A transaction that is asked at its end what a real one is asked."""
    with transaction.atomic():
        yield
        at_once()


def at_once() -> None:
    """Ask the database now what it would ask when the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


# --- Leaving ------------------------------------------------------------------------


def test_the_only_manager_cannot_remove_themselves(sign_in, alice):
    record = child_of(alice)
    leaving = (
        f"/patients/{record.public_id}/sharing/{grant_of(record, alice).public_id}"
    )
    answer = sign_in(alice).post(f"{leaving}/revoke/")
    assert answer.status_code == 409
    assert "Somebody must run the diary" in answer.content.decode()
    assert grant_of(record, alice).revoked_at is None


def test_one_of_two_managers_can_leave(sign_in, alice, ben):
    record = child_of(alice, ben)
    leaving = (
        f"/patients/{record.public_id}/sharing/{grant_of(record, alice).public_id}"
    )
    assert sign_in(alice).post(f"{leaving}/revoke/").headers["Location"] == "/home/"
    assert not Patient.objects.visible_to(alice).exists()


def test_a_manager_whose_access_ends_by_itself_is_not_relied_on(alice, ben):
    record = child_of(alice)
    run_by(record, ben, expires_at=timezone.now() + timedelta(days=30))
    with pytest.raises(LastManager):
        revoke(record, grant_of(record, alice), by=alice)


def test_a_manager_who_cannot_sign_in_is_not_relied_on(alice, ben):
    record = child_of(alice, ben)
    User.objects.filter(pk=ben.pk).update(is_active=False)
    with pytest.raises(LastManager):
        revoke(record, grant_of(record, alice), by=alice)


def test_an_invitation_to_less_does_not_take_the_last_manager_away(alice, ben):
    record = child_of(alice)
    run_by(record, ben, expires_at=timezone.now() + timedelta(days=30))
    draft = InvitationDraft("other@example.org", "caregiver", ("view",))
    invitation, _token = invite(record, draft, by=ben)
    with pytest.raises(LastManager):
        accept(invitation, by=alice)
    assert "manage" in grant_of(record, alice).permissions


def test_a_viewer_can_be_removed_from_a_record_that_nobody_runs(alice):
    """What was wrong before is not made worse by it, so it is not refused."""
    record = Patient.objects.create(name="Old", zone="UTC")
    grant = run_by(record, alice, "log")
    revoke(record, grant, by=alice)
    assert not Patient.objects.visible_to(alice).exists()


def test_an_owned_record_needs_no_manager(patient, manager, alice):
    revoke(patient, grant_of(patient, manager), by=alice)
    at_once()
    assert not Grant.objects.lasting().filter(patient=patient).exists()


# --- What the database refuses, whoever asks ----------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"revoked_at": Now()},
        {"expires_at": timezone.now() + timedelta(days=1)},
        {"permissions": ["view", "log", "export"]},
    ],
)
def test_no_code_can_take_the_last_manager_away(alice, change):
    record = child_of(alice)
    with pytest.raises(IntegrityError) as refused, ending():
        Grant.objects.filter(patient=record).update(**change)
    assert managers.says_so(refused.value)


def test_deleting_the_account_of_the_last_manager_is_refused(ben):
    child_of(ben)
    with pytest.raises(IntegrityError) as refused, ending():
        ben.delete()
    assert managers.says_so(refused.value)


def test_the_record_can_go_together_with_its_last_manager(ben):
    record = child_of(ben)
    with ending():
        record.delete()
        ben.delete()
    assert not User.objects.filter(email="ben@example.org").exists()


def test_an_owner_cannot_leave_a_record_to_nobody(patient, viewer):
    with pytest.raises(IntegrityError), ending():
        Patient.objects.filter(pk=patient.pk).update(owner=None)


def test_an_owner_can_leave_a_record_to_a_manager(patient, manager):
    Patient.objects.filter(pk=patient.pk).update(owner=None)
    at_once()
    assert Patient.objects.get(pk=patient.pk).owner is None


@pytest.mark.django_db(transaction=True)
def test_two_managers_who_remove_each_other_at_once_do_not_both_succeed():
    """Without the lock of the trigger each would see the other still there."""
    ana, ben = make_user("ana"), make_user("ben")
    record = child_of(ana, ben)
    both, refused = Barrier(2, timeout=10), []

    def remove(user: User) -> None:
        try:
            with transaction.atomic():
                Grant.objects.filter(patient=record, user=user).update(revoked_at=Now())
                both.wait()
        except IntegrityError as error:
            refused.append(managers.says_so(error))
        finally:
            connection.close()

    threads = [Thread(target=remove, args=[user]) for user in (ana, ben)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == [True]
    assert Grant.objects.lasting().filter(patient=record).count() == 1


def test_a_page_that_does_not_know_of_it_answers_kindly(sign_in, alice, monkeypatch):
    """The database's own refusal becomes the same page, in views of tomorrow too."""
    record = child_of(alice)

    def careless(patient: Patient, grant: Grant, *, by: User) -> None:
        with ending():
            Grant.objects.filter(pk=grant.pk).update(revoked_at=Now())

    monkeypatch.setattr("sharing.views.revoke", careless)
    leaving = (
        f"/patients/{record.public_id}/sharing/{grant_of(record, alice).public_id}"
    )
    answer = sign_in(alice).post(f"{leaving}/revoke/")
    assert answer.status_code == 409
    assert "Somebody must run the diary" in answer.content.decode()


# --- Which records hang on one account ----------------------------------------------


def test_it_can_be_told_which_records_hang_on_one_account(alice, ben, patient):
    alone = child_of(alice, name="Mia")
    child_of(alice, ben, name="Tom")
    run_by(patient, ben)
    assert list(run_alone_by(alice)) == [alone]
    assert list(run_alone_by(ben)) == []
