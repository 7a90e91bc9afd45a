"""Ordinary messages keep quiet hours and come once a day, one for all that are due."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from notifications import services
from notifications.models import Delivery, Occurrence, Preferences
from notifications.ordinary import stand_for_others
from notifications.outcome import Outcome, Result
from sharing.models import Grant, Patient, hash_token
from tests.conftest import make_user

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
Urgency = Occurrence.Urgency


@pytest.fixture
def quiet(patient):
    """Quiet from `begin` until `end` hours after now, by the clock of UTC."""

    def keep(begin, end, **fields):
        now = timezone.now()
        clock = [(now + n * HOUR).time().replace(microsecond=0) for n in (begin, end)]
        Preferences.objects.update_or_create(
            patient=patient,
            defaults={
                "zone": "UTC",
                "quiet_begin": clock[0],
                "quiet_end": clock[1],
                "morning": time(0),
            }
            | fields,
        )

    return keep


@pytest.fixture
def awake(quiet):
    quiet(0, 0, quiet_begin=None, quiet_end=None)


@pytest.fixture
def ordinary(overdue):
    def make(key="a", **fields):
        defaults = {"subject": key, "urgency": Urgency.ORDINARY}
        until = timezone.now() + 9 * DAY
        return overdue(key, **defaults | {"expires_at": until} | fields)

    return make


def go():
    for pk in services.sweep():
        services.deliver(pk)


def test_an_ordinary_message_waits_for_the_end_of_quiet_hours(ordinary, quiet):
    quiet(-1, 2)
    ordinary()
    go()
    delivery = Delivery.objects.get()
    assert mail.outbox == []
    assert (delivery.state, delivery.attempts) == ("waiting", 0)
    wait = delivery.next_attempt_at - timezone.now()
    assert abs(wait - 2 * HOUR) < timedelta(minutes=1)
    assert Occurrence.objects.get().fate == "trying"


def test_it_goes_out_when_they_are_over(ordinary, quiet):
    quiet(-1, 2)
    ordinary()
    go()
    quiet(-3, -1)
    Delivery.objects.update(next_attempt_at=timezone.now() - HOUR)
    go()
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("urgency", [Urgency.URGENT, Urgency.ASKED])
def test_what_is_urgent_or_asked_for_keeps_no_quiet_hours(ordinary, quiet, urgency):
    quiet(-1, 2)
    ordinary(urgency=urgency)
    go()
    assert len(mail.outbox) == 1


def test_what_is_of_no_use_after_quiet_hours_is_left_out_and_says_so(ordinary, quiet):
    quiet(-1, 2)
    ordinary(expires_at=timezone.now() + HOUR)
    go()
    assert mail.outbox == []
    assert Occurrence.objects.get().fate == "left_out"


def test_several_that_are_due_are_one_message_that_stands_for_all(ordinary, awake):
    for key in "abc":
        ordinary(key)
    go()
    assert len(mail.outbox) == 1
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
    fates = sorted(o.fate for o in Occurrence.objects.all())
    assert fates == ["sent", "together", "together"]


def test_a_second_one_on_the_same_day_waits_for_the_next(ordinary, awake):
    ordinary("a")
    go()
    ordinary("b")
    go()
    assert len(mail.outbox) == 1
    later = Delivery.objects.get(state="waiting").next_attempt_at
    tomorrow = datetime.combine(timezone.now().date() + DAY, time(0), tzinfo=UTC)
    assert later == tomorrow


def test_yesterdays_message_does_not_hold_up_todays(ordinary, awake):
    ordinary("a")
    go()
    Delivery.objects.update(settled_at=timezone.now() - DAY)
    ordinary("b")
    go()
    assert len(mail.outbox) == 2


def test_what_was_asked_for_does_not_count_as_the_message_of_the_day(ordinary, awake):
    ordinary("a", urgency=Urgency.ASKED)
    go()
    ordinary("b")
    go()
    assert len(mail.outbox) == 2


def test_two_records_of_one_person_make_one_message_a_day(ordinary, awake):
    ben = make_user("ben")
    for name in ("Ada", "Bea"):
        child = Patient.objects.create(name=name, zone="UTC")
        Preferences.objects.create(
            patient=child, zone="UTC", quiet_begin=None, quiet_end=None
        )
        now = timezone.now()
        Grant.objects.create(
            patient=child,
            user=ben,
            permissions=["view", "manage"],
            kind=Grant.Kind.CAREGIVER,
            starts_at=now - DAY,
            accepted_at=now,
            invitation_expires_at=now,
            token_hash=hash_token(name),
        )
        ordinary(name, record=child)
    go()
    assert [message.to for message in mail.outbox] == [["ben@example.org"]]
    assert Delivery.objects.filter(user=ben, state="sent").count() == 2


def test_a_reminder_does_not_stand_for_a_notice_to_the_circle(
    ordinary, awake, alice, grant_to
):
    """Of two records: her own, whose reminder goes out, and one that she follows."""
    bea = Patient.objects.create(name="Bea", zone="UTC")
    Preferences.objects.create(
        patient=bea, zone="UTC", quiet_begin=None, quiet_end=None, morning=time(0)
    )
    Grant.objects.filter(pk=grant_to(alice, told=["watch"]).pk).update(patient=bea)
    ordinary("own")
    ordinary("watch", record=bea, audience="circle", topic="watch", kind="flag")
    go()
    assert len(mail.outbox) == 1
    assert Occurrence.objects.get(key="own").fate == "sent"
    assert Occurrence.objects.get(key="watch").fate == "trying"
    Delivery.objects.filter(state="sent").update(settled_at=timezone.now() - DAY)
    Delivery.objects.update(next_attempt_at=timezone.now() - HOUR)
    go()
    assert Occurrence.objects.get(key="watch").fate == "sent"


def test_a_message_stands_for_one_that_waited_for_what_becomes_of_it(ordinary, awake):
    ordinary("a")
    ordinary("b")
    first, second = services.sweep()
    claimed = Delivery.objects.claim(first)
    services.deliver(second)  # another worker lets it wait
    claimed.settle(Outcome(Result.SENT))
    stand_for_others(claimed)
    assert Delivery.objects.get(pk=second).state == "sent"


def test_while_one_is_being_sent_the_next_waits_for_what_becomes_of_it(ordinary, awake):
    ordinary("a")
    ordinary("b")
    first, second = services.sweep()
    assert Delivery.objects.claim(first) is not None  # and then its worker is slow
    services.deliver(second)
    assert Delivery.objects.get(pk=second).state == "waiting"
    assert mail.outbox == []


def test_what_was_cancelled_is_not_called_sent_with_another(ordinary, awake):
    ordinary("a")
    ordinary("b")
    first, _second = services.sweep()
    Occurrence.objects.filter(key="b").update(state="cancelled")
    services.deliver(first)
    assert Delivery.objects.get(occurrence__key="b").state == "waiting"


def test_a_channel_that_was_not_chosen_is_not_used_for_the_patient(
    ordinary, quiet, grant_to
):
    quiet(0, 0, quiet_begin=None, quiet_end=None, channels=[])
    grant_to(make_user("ben"), told=["help"])
    ordinary()
    ordinary("b", audience="circle", topic="help", urgency=Urgency.URGENT)
    go()
    assert [message.to for message in mail.outbox] == [["ben@example.org"]]
    assert Occurrence.objects.get(key="a").fate == "nobody"
