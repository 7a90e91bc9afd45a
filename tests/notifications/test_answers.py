"""One answer stops every further step about the same moment."""

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications import services
from notifications.models import Answer, Occurrence
from notifications.services import Due
from sharing.models import Patient

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
What = Answer.What
Kind = Occurrence.Kind


@pytest.fixture
def now():
    return timezone.now()


def step(key, now, due_in, *, about_in=3 * DAY, **fields):
    at = now + due_in
    return Due(key, at, at + DAY, now + about_in, "Europe/Berlin", **fields)


@pytest.fixture
def wanted(patient, now):
    """Two steps of one infusion, one of the next, and the escalation of the first."""
    circle = Occurrence.Audience.CIRCLE
    steps = [
        step("first", now, 2 * HOUR),
        step("second", now, DAY),
        step("next", now, 30 * DAY, about_in=31 * DAY),
    ]
    missed = [step("missed", now, 4 * DAY, audience=circle, topic="infusion")]

    def plan():
        with Patient.objects.writing(patient):
            services.plan(patient, "infusion", Kind.INFUSION, steps)
            services.plan(patient, "infusion", Kind.INFUSION_MISSED, missed)

    plan()
    return plan


@pytest.fixture
def say(patient, alice, now):
    def answer(key, what, **fields):
        with Patient.objects.writing(patient):
            return services.answer(
                patient.occurrences.get(key=key), alice, what, now, **fields
            )

    return answer


def pending(patient):
    rows = patient.occurrences.filter(state="pending").order_by("due_at")
    return list(rows.values_list("key", flat=True))


@pytest.mark.parametrize("what", [What.DONE, What.SKIPPED])
def test_done_or_skipped_stops_every_step_about_that_moment(patient, wanted, say, what):
    say("first", what)
    assert pending(patient) == ["next"]


def test_what_was_answered_is_not_planned_again(patient, wanted, say):
    say("first", What.DONE)
    wanted()
    assert pending(patient) == ["next"]


def test_a_snooze_says_the_same_again_then_and_leaves_later_steps(
    patient, wanted, say, now
):
    say("first", What.SNOOZED, until=now + 3 * HOUR)
    again = patient.occurrences.get(key__startswith="later:")
    assert (again.due_at, again.kind, again.urgency) == (
        now + 3 * HOUR,
        "infusion",
        "asked",
    )
    assert pending(patient) == [again.key, "second", "missed", "next"]


def test_steps_before_the_end_of_a_snooze_are_not_planned_again(
    patient, wanted, say, now
):
    say("first", What.SNOOZED, until=now + 2 * DAY)
    expected = pending(patient)
    assert "second" not in expected
    assert len(expected) == 3
    wanted()
    assert pending(patient) == expected


def test_a_snooze_does_not_put_off_what_others_are_to_be_told(
    patient, wanted, say, now
):
    say("first", What.SNOOZED, until=now + 5 * DAY)
    assert "missed" in pending(patient)
    wanted()
    assert "missed" in pending(patient)


def test_a_snooze_ends_when_nothing_is_wanted_any_more(patient, wanted, say, now):
    say("first", What.SNOOZED, until=now + 3 * HOUR)
    with Patient.objects.writing(patient):
        services.plan(patient, "infusion", Kind.INFUSION, [])
    assert pending(patient) == ["missed"]


def test_the_same_answer_sent_twice_is_one(patient, wanted, say, now):
    first = say("first", What.SNOOZED, until=now + 3 * HOUR)
    assert say("first", What.SNOOZED, until=now + 5 * HOUR) == first
    assert len(pending(patient)) == 4


def test_who_has_seen_it_stops_nothing(patient, wanted, say):
    say("missed", What.SEEN)
    assert pending(patient) == ["first", "second", "missed", "next"]


@pytest.mark.parametrize(
    ("key", "what", "until"),
    [
        ("first", What.SEEN, None),
        ("missed", What.DONE, None),
        ("first", What.SNOOZED, None),
        ("first", What.DONE, timezone.now()),
    ],
)
def test_an_answer_that_is_not_offered_is_refused(wanted, say, key, what, until):
    with pytest.raises(ValueError, match=r"not an answer|a snooze"):
        say(key, what, until=until)


def test_a_kind_is_planned_apart_and_a_subject_cancelled_whole(patient, wanted):
    with Patient.objects.writing(patient):
        services.plan(patient, "infusion", Kind.INFUSION, [])
    assert pending(patient) == ["missed"]
    with Patient.objects.writing(patient):
        services.cancel(patient, "infusion")
    assert pending(patient) == []
