"""What a flag lets be said, to whom and when; and that outside it says nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from attacks.services import start_attack
from diary.flags import Choice, reassess, set_choice
from diary.models import FlagChoice
from diary.services import delete_checkin
from notifications.models import Occurrence
from notifications.services import sweep
from notifications.tasks import deliver
from sharing.models import Patient, Topic
from tests.conftest import make_user
from tests.diary.flagging import ACT, HOUR, WATCH, quiet_weeks, say

MINUTE = timedelta(minutes=1)
State = Occurrence.State


@pytest.fixture
def diary(patient):
    quiet_weeks(patient)
    return patient


def notices(patient: Patient, kind: str = "flag") -> list[Occurrence]:
    found = Occurrence.objects.filter(patient=patient, kind=kind)
    return list(found.order_by("pk"))


def test_watch_is_told_in_quiet_manner_and_act_at_once(alice, diary):
    say(diary, alice, WATCH)
    say(diary, alice, ACT)
    told = [(n.topic, n.urgency, n.audience) for n in notices(diary)]
    assert told == [
        (Topic.WATCH, "ordinary", "circle"),
        (Topic.ACT, "urgent", "circle"),
    ]
    assert {n.subject for n in notices(diary)} == {f"flag:{diary.flags.get().pk}"}


def test_the_same_level_is_told_once(alice, diary):
    for _ in range(3):
        say(diary, alice, WATCH)
    assert len(notices(diary)) == 1


def test_a_quiet_check_in_tells_nobody(alice, diary):
    say(diary, alice)
    assert not Occurrence.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_mail_goes_to_whose_grant_says_so_and_says_nothing(alice, patient, grant_to):
    quiet_weeks(patient)
    told, other = make_user("told"), make_user("other")
    grant_to(told, told=[Topic.ACT])
    grant_to(other, told=[Topic.HOSPITAL])
    say(patient, alice, ACT)
    for delivery in sweep():
        deliver(delivery)
    assert [m.to for m in mail.outbox] == [[told.email]]
    text = f"{mail.outbox[0].subject} {mail.outbox[0].body}".lower()
    for word in ("dizz", "thirst", "flag", "unusual", "capillary", "leak", "act:"):
        assert word not in text.replace("capleak", "")


def test_silence_asks_the_patient_once_and_nobody_else(alice, diary):
    saved = say(diary, alice, WATCH)
    (asked,) = notices(diary, "checkin")
    assert asked.audience == "patient"
    waited = asked.due_at - saved.checkin.recorded_at
    assert abs(waited - 4 * HOUR) < MINUTE


def test_then_those_are_told_whom_the_patient_chose(alice, diary):
    FlagChoice.objects.update(silence_told=True)
    saved = say(diary, alice, WATCH)
    asked, told = notices(diary, "checkin")
    assert (told.audience, told.topic) == ("circle", Topic.WATCH)
    assert abs(told.due_at - saved.checkin.recorded_at - 8 * HOUR) < MINUTE
    assert asked.about_at == told.about_at  # one answer stops both


def test_a_later_entry_takes_the_questions_back(alice, diary):
    FlagChoice.objects.update(silence_told=True)
    say(diary, alice, WATCH)
    first = notices(diary, "checkin")
    later = timezone.now() + 2 * HOUR
    saved = say(diary, alice)
    type(saved.checkin).objects.filter(pk=saved.checkin.pk).update(recorded_at=later)
    with Patient.objects.writing(diary):
        reassess(diary, later)
    states = [n.state for n in notices(diary, "checkin")]
    assert states.count(State.PENDING) == 2
    for one in first:
        one.refresh_from_db()
        assert one.state == State.CANCELLED


def test_a_closed_flag_has_nothing_more_to_say(alice, diary):
    saved = say(diary, alice, WATCH)
    delete_checkin(diary, saved.checkin.client_id, version=1, by=alice)
    pending = Occurrence.objects.filter(patient=diary, state=State.PENDING)
    assert not pending.exists()


def test_an_attack_opened_a_minute_later_does_not_take_the_notice_back(alice, diary):
    FlagChoice.objects.update(silence_told=True)
    say(diary, alice, ACT)
    start_attack(diary, "leak_start", by=alice, now=timezone.now())
    assert diary.flags.get().closed_why == "attack"
    assert [n.state for n in notices(diary)] == [State.PENDING]
    asked = notices(diary, "checkin")
    assert {n.state for n in asked} == {State.CANCELLED}


def test_the_question_waits_for_a_reminder_that_was_asked_for(sign_in, alice, diary):
    say(diary, alice, WATCH)
    page = f"/patients/{diary.public_id}/flags/recheck/"
    sign_in(alice).post(page, {"hours": "4"})
    asked = [n for n in notices(diary, "checkin") if n.state == State.PENDING]
    recheck = Occurrence.objects.get(subject="recheck")
    assert [n.due_at for n in asked] == [recheck.due_at + 2 * HOUR]


def test_turning_flags_off_takes_everything_back(alice, diary):
    say(diary, alice, WATCH)
    set_choice(diary, Choice("standard", False, False), timezone.now())
    pending = Occurrence.objects.filter(patient=diary, state=State.PENDING)
    assert not pending.exists()
