"""When records and accounts are erased, and what of them stays with others."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.test import Client
from django.utils import timezone

from capleak import erasing
from capleak.exports import many
from diary.comments import add_comment
from diary.models import Comment
from sharing import deletion as deletions
from sharing import hand_over
from sharing.corrections import ask, decide
from sharing.models import (
    Correction,
    Deletion,
    Erasure,
    ExportItem,
    Grant,
    HandOver,
    Patient,
    User,
)
from tests.capleak.signing_in import PASSWORD, enter, with_password
from tests.conftest import give_factor, make_user
from tests.sharing.proxy_parts import child_of
from tests.sharing.rows import bare_checkin, bare_grant
from tests.sharing.test_deletion import runs


@pytest.fixture(autouse=True)
def _folder(settings: Any, tmp_path: Path) -> None:
    settings.EXPORT_ROOT = tmp_path / "exports"


def due(**fields: Any) -> Deletion:
    """A deletion whose time has come."""
    past = timezone.now() - timedelta(seconds=1)
    return Deletion.objects.create(due_at=past, **fields)


# --- Every table goes along -----------------------------------------------------------


def test_whatever_names_a_record_goes_with_it_and_no_person_is_held():
    """A new table that would keep an erasure from happening is found here."""
    held = []
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if not isinstance(field, models.ForeignKey) or field.name.startswith("pgh"):
                continue
            if not field.db_constraint or model._meta.proxy or not model._meta.managed:
                continue
            deletes = field.remote_field.on_delete
            if field.related_model is Patient and deletes is not models.CASCADE:
                held.append(f"{model.__name__}.{field.name}")
            if field.related_model is User and deletes not in {
                models.CASCADE,
                models.SET_NULL,
            }:
                held.append(f"{model.__name__}.{field.name}")
    assert held == ["Patient.owner"]  # erased first


# --- Each case by itself --------------------------------------------------------------


@pytest.mark.django_db
def test_nothing_goes_before_its_time(alice, patient):
    deletions.ask_for_record(patient, by=alice)
    assert erasing.erase_due() == 0
    assert Patient.objects.filter(pk=patient.pk).exists()


@pytest.mark.django_db
def test_a_record_goes_and_its_owner_stays(alice, patient, viewer):
    due(patient=patient, asked_by=alice)
    assert erasing.erase_due() == 1
    assert not Patient.objects.filter(pk=patient.pk).exists()
    assert User.objects.filter(pk__in=[alice.pk, viewer.pk]).count() == 2
    assert not Grant.objects.exists()
    line = Erasure.objects.get()
    assert (line.kind, line.number, line.asked_by_pk) == (
        "record",
        patient.pk,
        alice.pk,
    )


@pytest.mark.django_db
def test_what_somebody_said_elsewhere_stays_without_the_name(
    sign_in, alice, patient, viewer
):
    day = timezone.now().astimezone(patient.tz).date()
    client_id = patient.public_id
    add_comment(patient, client_id=client_id, day=day, text="Get well", by=viewer)
    due(user=viewer)
    erasing.erase_due()
    comment = Comment.objects.get()
    assert (comment.text, comment.author, comment.author_name) == ("Get well", None, "")
    page = sign_in(alice).get(f"/patients/{client_id}/timeline/").content.decode()
    assert "someone who has left" in page
    assert "Viewer" not in page


@pytest.mark.django_db
def test_a_pending_invitation_to_the_address_goes_with_the_account(patient, viewer):
    bare_grant(patient, invited_email=viewer.email)
    due(user=viewer)
    erasing.erase_due()
    assert not Grant.objects.exists()


@pytest.mark.django_db
def test_an_offer_to_the_address_goes_with_the_account(viewer, alice):
    hand_over.offer(child_of(alice), viewer.email, by=alice)
    due(user=viewer)
    erasing.erase_due()
    assert not HandOver.objects.exists()


@pytest.mark.django_db
def test_who_asked_for_a_correction_or_decided_is_named_no_more(
    sign_in, alice, patient, viewer, manager
):
    wish = Correction.objects.create(
        patient=patient,
        about="checkin",
        target=patient.public_id,
        words="It was Monday",
        asked_by=viewer,
        asked_by_name="Viewer",
    )
    decide(wish, Correction.State.DECLINED, "No", by=manager)
    due(user=viewer)
    due(user=manager)
    assert erasing.erase_due() == 2
    address = f"/patients/{patient.public_id}/corrections/"
    page = sign_in(alice).get(address).content.decode()
    assert "It was Monday" in page
    assert "Viewer" not in page
    assert "Manager" not in page
    assert "someone who has left asked on" in page


@pytest.mark.django_db
def test_of_two_managers_who_leave_the_second_takes_the_record_along(viewer):
    child, other = Patient.objects.create(name="Lena", zone="UTC"), make_user("other")
    runs(viewer, child)
    runs(other, child)
    deletions.ask_for_account(viewer)
    deletions.ask_for_account(other, along=[child])
    Deletion.objects.update(due_at=timezone.now())
    assert erasing.erase_due() == 2
    assert not Patient.objects.filter(pk=child.pk).exists()


@pytest.mark.django_db
def test_its_sign_ins_end_and_the_address_hears_of_it_once(sign_in, viewer):
    browser = sign_in(viewer)
    due(user=viewer)
    erasing.erase_due()
    assert browser.get("/home/").status_code == 302
    assert not Session.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_last_mail_says_that_it_is_done(viewer):
    due(user=viewer)
    erasing.erase_due()
    assert [m.subject for m in mail.outbox] == ["Your account is deleted"]


@pytest.mark.django_db
def test_a_record_that_somebody_runs_by_now_stays(viewer):
    child = Patient.objects.create(name="Lena", zone="UTC")
    runs(viewer, child)
    whole = deletions.ask_for_account(viewer, along=[child])
    runs(make_user("other"), child)
    Deletion.objects.filter(pk=whole.pk).update(due_at=timezone.now())
    assert erasing.erase_due() == 1
    assert Patient.objects.filter(pk=child.pk).exists()
    assert not Deletion.objects.exists()


@pytest.mark.django_db
def test_an_account_waits_while_it_alone_runs_what_nobody_gave_away(viewer):
    child = Patient.objects.create(name="Lena", zone="UTC")
    other = make_user("other")
    runs(viewer, child)
    leaves = runs(other, child)
    whole = deletions.ask_for_account(viewer)
    Deletion.objects.filter(pk=whole.pk).update(due_at=timezone.now())
    leaves.delete()
    assert erasing.erase_due() == 0
    assert User.objects.filter(pk=viewer.pk).exists()
    assert Patient.objects.filter(pk=child.pk).exists()


@pytest.mark.django_db
def test_a_sign_in_that_stopped_half_way_goes_with_the_account(alice, eve):
    for user in (alice, eve):
        give_factor(with_password(user))
        enter(user)  # and the code of the app is never typed
    enter(alice)
    Client().post(
        "/accounts/signup/",
        {"email": "Alice@example.org", "password1": PASSWORD, "agree": "on"},
    )
    assert Session.objects.count() == 4
    erasing.forget_account(alice, asked_at=timezone.now())
    (left,) = Session.objects.all()
    assert left.get_decoded()["account_login"]["email"] == eve.email


@pytest.mark.django_db
def test_an_export_by_somebody_else_loses_the_record(doctor, patient):
    job = many.choice_of(doctor)
    many.choose(job, [patient])
    due(patient=patient)
    erasing.erase_due()
    assert not ExportItem.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["UPDATE {} SET number = 0", "DELETE FROM {}"])
def test_what_says_that_something_is_gone_cannot_be_changed(statement):
    with (
        connection.cursor() as cursor,
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
    ):
        cursor.execute(statement.format(Erasure._meta.db_table))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_erases_and_the_other_goes_on(alice, patient):
    deletion = due(patient=patient, asked_by=alice)
    found = []

    def other_worker() -> None:
        try:
            found.append(erasing.erase_due())
        finally:
            connection.close()

    with transaction.atomic():
        Deletion.objects.select_for_update().get(pk=deletion.pk)
        beside = Thread(target=other_worker)
        beside.start()
        beside.join(timeout=30)
    assert found == [0]
    assert erasing.erase_due() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["viewer", "alice"])
def test_a_write_that_waited_for_a_record_finds_it_gone_and_says_so(
    request, sign_in, patient, viewer, monkeypatch, who
):
    """Past the door, then erased before the lock was had."""
    entry = bare_checkin(patient)

    def ask_too_late(*args: Any, **named: Any) -> Correction:
        erasing.forget_record(patient, asked_at=timezone.now(), by=None)
        return ask(*args, **named)

    monkeypatch.setattr("capleak.views.corrections.ask", ask_too_late)
    address = f"/patients/{entry.patient.public_id}/corrections/"
    answer = sign_in(request.getfixturevalue(who)).post(
        f"{address}checkins/{entry.client_id}/",
        {"client_id": uuid4(), "words": "It was Monday"},
    )
    assert answer.status_code == 404
    assert "There is nothing here for you" in answer.content.decode()


@pytest.mark.django_db
def test_what_was_kept_in_time_is_not_erased(alice, patient):
    deletions.ask_for_account(alice)
    Deletion.objects.update(due_at=timezone.now())
    deletions.keep_account(alice)
    assert erasing.erase_due() == 0
    assert Patient.objects.filter(pk=patient.pk).exists()


@pytest.mark.django_db
def test_what_the_database_refuses_waits_and_keeps_no_other_waiting(
    alice, patient, viewer, monkeypatch, caplog
):
    due(user=viewer)
    due(patient=patient, asked_by=alice)

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise IntegrityError("of viewer@example.org")

    monkeypatch.setattr(erasing, "erase_account", refuse)
    assert erasing.erase_due() == 1
    assert User.objects.filter(pk=viewer.pk).exists()
    assert "erasure waits" in caplog.text
    assert viewer.email not in caplog.text
