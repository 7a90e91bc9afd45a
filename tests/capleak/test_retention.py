"""What is kept for a time only, and that nothing else goes with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.db import connection
from django.utils import timezone

from capleak.exports import many
from capleak.retention import retain
from diary.models import ImportRun
from notifications.models import Answer, Delivery, Occurrence
from sharing import hand_over
from sharing.models import ExportJob, Grant, HandOver, User
from tests.sharing.proxy_parts import child_of
from tests.sharing.rows import bare_grant, notice_of, waiting_file


@pytest.fixture(autouse=True)
def _folder(settings: Any, tmp_path: Any, db: None) -> None:
    settings.EXPORT_ROOT = tmp_path / "exports"


def ago(**how_long: float) -> Any:
    return timezone.now() - timedelta(**how_long)


def test_with_nothing_past_its_time_nothing_goes(sign_in, alice, patient, viewer):
    sign_in(alice)
    bare_grant(patient)
    waiting_file(alice, patient)
    notice_of(patient)
    assert set(retain().values()) == {0}


@pytest.mark.parametrize(("days", "left"), [(29, 1), (31, 0)])
def test_an_invitation_that_lapsed_goes_after_30_days(patient, days, left):
    bare_grant(patient, invitation_expires_at=ago(days=days))
    retain()
    assert Grant.objects.count() == left


@pytest.mark.parametrize(("days", "left"), [(29, 1), (31, 0)])
def test_an_offer_that_lapsed_goes_after_30_days(alice, days, left):
    offered, _token = hand_over.offer(child_of(alice), "mia@example.org", by=alice)
    HandOver.objects.filter(pk=offered.pk).update(expires_at=ago(days=days))
    retain()
    assert HandOver.objects.count() == left


def test_who_had_access_stays_in_the_record(patient, viewer):
    Grant.objects.update(invitation_expires_at=ago(days=400), revoked_at=ago(days=300))
    retain()
    assert Grant.objects.get().user == viewer


@pytest.mark.parametrize(("hours", "left"), [(23, 1), (25, 0)])
def test_a_file_that_nobody_brought_in_goes_after_a_day(alice, patient, hours, left):
    run = waiting_file(alice, patient)
    ImportRun.objects.filter(pk=run.pk).update(created_at=ago(hours=hours))
    retain()
    assert ImportRun.objects.count() == left


def test_an_export_goes_after_a_day(alice, patient):
    job = many.choice_of(alice)
    many.choose(job, [patient])
    ExportJob.objects.update(expires_at=ago(seconds=1))
    assert retain()["exports"] == 1
    assert not ExportJob.objects.exists()


def test_sessions_that_ran_out_go_with_their_line_in_the_list(sign_in, alice, viewer):
    over, live = sign_in(alice), sign_in(viewer)
    Session.objects.filter(pk=over.session.session_key).update(
        expire_date=ago(seconds=1)
    )
    retain()
    assert [s.pk for s in Session.objects.all()] == [live.session.session_key]
    assert [line.user for line in UserSession.objects.all()] == [viewer]


@pytest.mark.parametrize(
    ("who", "seen", "began", "left"),
    [
        ("doctor", {"minutes": 29}, {"hours": 11}, 1),
        ("doctor", {"minutes": 31}, {"hours": 1}, 0),
        ("doctor", {"minutes": 1}, {"hours": 13}, 0),
        ("alice", {"days": 13}, {"days": 89}, 1),
        ("alice", {"days": 15}, {"days": 20}, 0),
        ("alice", {"days": 1}, {"days": 91}, 0),
    ],
)
def test_a_sign_in_to_which_nobody_came_back_goes_by_its_own_limits(
    sign_in, request, who, seen, began, left
):
    sign_in(request.getfixturevalue(who))
    UserSession.objects.update(last_seen_at=ago(**seen), created_at=ago(**began))
    retain()
    assert (Session.objects.count(), UserSession.objects.count()) == (left, left)


def test_staff_who_left_their_desk_leave_no_session(sign_in, eve):
    User.objects.filter(pk=eve.pk).update(is_staff=True)
    sign_in(eve)
    UserSession.objects.update(last_seen_at=ago(minutes=31))
    assert retain()["sessions"] == 1


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({}, 0),
        ({"date_joined": ago(days=29)}, 1),
        ({"last_login": ago(days=40)}, 1),
        ({"is_staff": True}, 1),
    ],
)
def test_a_sign_up_that_nobody_confirmed_goes_after_30_days(change, left):
    user = User.objects.create_user("typo@example.org")
    EmailAddress.objects.create(user=user, email=user.email, verified=False)
    User.objects.update(**{"date_joined": ago(days=31)} | change)
    retain()
    assert User.objects.count() == left


def test_an_account_with_a_confirmed_address_stays(alice):
    User.objects.update(date_joined=ago(days=4000))
    retain()
    assert User.objects.get() == alice


@pytest.mark.parametrize(("days", "left"), [(729, 1), (731, 0)])
def test_messages_go_after_two_years(patient, viewer, days, left):
    told = notice_of(patient)
    Delivery.objects.create(
        occurrence=told,
        user=viewer,
        channel="email",
        endpoint=viewer.email,
        message_id="<1@example.org>",
        state="sent",
        settled_at=ago(days=days),
    )
    Occurrence.objects.update(due_at=ago(days=days))
    retain()
    assert (Occurrence.objects.count(), Delivery.objects.count()) == (left, left)


def test_a_message_that_was_answered_or_may_still_be_sent_stays(patient, viewer):
    answered = notice_of(patient)
    Answer.objects.create(
        occurrence=answered, user=viewer, what="seen", at=timezone.now()
    )
    Occurrence.objects.update(due_at=ago(days=900))
    waiting = notice_of(patient.__class__.objects.create(name="Ben", zone="UTC"))
    Occurrence.objects.filter(pk=waiting.pk).update(
        state="pending", due_at=ago(days=900)
    )
    retain()
    assert Occurrence.objects.count() == 2


def test_what_stands_in_for_the_cache_is_emptied():
    caches["database"].set("old", "x", timeout=-1)
    caches["database"].set("new", "x", timeout=900)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO capleak_cache VALUES ('k', 'v', now() - interval '1 day')"
        )
    assert retain()["cache"] >= 1
    assert caches["database"].get("new") == "x"


def test_no_line_of_the_log_says_more_than_numbers(caplog, patient):
    caplog.set_level("INFO")
    bare_grant(
        patient, invited_email="ben@example.org", invitation_expires_at=ago(days=99)
    )
    retain()
    assert "ben@example.org" not in " ".join(str(r.__dict__) for r in caplog.records)
