"""One delivery: claimed, sent, and settled once."""

from datetime import timedelta
from smtplib import (
    SMTPDataError,
    SMTPRecipientsRefused,
    SMTPServerDisconnected,
)

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from notifications import services
from notifications.models import BACKOFF_MINUTES, MOST_ATTEMPTS, Delivery, Occurrence
from notifications.outcome import Outcome, Result

MINUTE = timedelta(minutes=1)


@pytest.fixture
def broken(monkeypatch):
    """Make the mail server answer with an error."""

    def answer(error):
        def send(*_, **__):
            raise error

        monkeypatch.setattr(EmailMessage, "send", send)

    return answer


def test_a_delivery_is_sent_once_however_often_it_is_asked_for(dispatched):
    services.deliver(dispatched.pk)
    services.deliver(dispatched.pk)
    dispatched.refresh_from_db()
    assert (dispatched.state, dispatched.attempts, len(mail.outbox)) == ("sent", 1, 1)


def test_a_delivery_that_does_not_exist_is_nothing_to_do(db):
    services.deliver(404)
    assert mail.outbox == []


def test_a_claimed_delivery_cannot_be_claimed_again_before_its_lease_ends(dispatched):
    assert Delivery.objects.claim(dispatched.pk).attempts == 1
    assert Delivery.objects.claim(dispatched.pk) is None
    Delivery.objects.update(lease_until=Now() - MINUTE)
    assert Delivery.objects.claim(dispatched.pk).attempts == 2


@pytest.mark.django_db(transaction=True)
def test_a_claim_inside_a_transaction_is_refused(dispatched):
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        Delivery.objects.claim(dispatched.pk)


def test_nothing_is_sent_for_what_was_cancelled_after_dispatch(dispatched):
    Occurrence.objects.update(state="cancelled")
    services.deliver(dispatched.pk)
    dispatched.refresh_from_db()
    assert (dispatched.state, mail.outbox) == ("cancelled", [])


def test_nothing_is_sent_that_expired_between_attempts(dispatched):
    Occurrence.objects.update(expires_at=timezone.now())
    services.deliver(dispatched.pk)
    dispatched.refresh_from_db()
    assert (dispatched.state, dispatched.problem) == ("failed", "too late")
    assert mail.outbox == []


def test_nothing_goes_to_someone_who_lost_the_record(dispatched, patient, manager):
    patient.owner = None
    patient.save()
    services.deliver(dispatched.pk)
    dispatched.refresh_from_db()
    assert (dispatched.state, dispatched.problem) == (
        "cancelled",
        "no longer a recipient",
    )
    assert mail.outbox == []


def test_a_message_follows_its_reader_to_a_new_address(dispatched, alice):
    alice.emailaddress_set.update(email="moved@example.org")
    services.deliver(dispatched.pk)
    for pk in services.sweep():
        services.deliver(pk)
    assert [message.to for message in mail.outbox] == [["moved@example.org"]]


def test_a_failed_attempt_is_tried_again_after_a_pause(dispatched, broken):
    broken(SMTPServerDisconnected("secret text"))
    before = timezone.now()
    services.deliver(dispatched.pk)
    dispatched.refresh_from_db()
    assert (dispatched.state, dispatched.problem) == (
        "waiting",
        "SMTPServerDisconnected",
    )
    pause = dispatched.next_attempt_at - before
    assert MINUTE <= pause < 2 * MINUTE
    assert services.sweep() == []


@pytest.mark.parametrize("attempt", range(1, MOST_ATTEMPTS))
def test_pauses_grow(dispatched, broken, attempt):
    broken(OSError())
    Delivery.objects.update(attempts=attempt - 1)
    before = timezone.now()
    services.deliver(dispatched.pk)
    dispatched.refresh_from_db()
    pause = (dispatched.next_attempt_at - before).total_seconds() / 60
    assert pause == pytest.approx(BACKOFF_MINUTES[attempt - 1], abs=0.1)


def test_after_the_last_attempt_it_is_given_up(dispatched, broken):
    broken(SMTPDataError(451, b"later"))
    Delivery.objects.update(attempts=MOST_ATTEMPTS - 1)
    services.deliver(dispatched.pk)
    dispatched.refresh_from_db()
    assert (dispatched.state, dispatched.problem) == ("failed", "SMTPDataError 451")


def test_a_message_that_kills_each_of_its_workers_is_given_up(dispatched):
    Delivery.objects.update(attempts=MOST_ATTEMPTS)
    services.deliver(dispatched.pk)
    dispatched.refresh_from_db()
    assert (dispatched.state, dispatched.problem) == ("failed", "no answer")


@pytest.mark.parametrize(("code", "state"), [(550, "failed"), (450, "waiting")])
def test_an_address_that_is_refused_for_good_is_given_up(
    dispatched, broken, code, state
):
    broken(SMTPRecipientsRefused({"alice@example.org": (code, b"alice is unknown")}))
    services.deliver(dispatched.pk)
    dispatched.refresh_from_db()
    assert dispatched.state == state
    assert dispatched.problem == f"SMTPRecipientsRefused {code}"


def test_a_channel_that_breaks_leaves_the_delivery_to_be_tried_again(
    dispatched, broken
):
    broken(ZeroDivisionError())
    services.deliver(dispatched.pk)
    dispatched.refresh_from_db()
    assert (dispatched.state, dispatched.problem) == ("waiting", "ZeroDivisionError")


def test_no_address_and_no_answer_of_a_server_is_logged(dispatched, broken, caplog):
    broken(SMTPRecipientsRefused({"alice@example.org": (550, b"alice is unknown")}))
    services.deliver(dispatched.pk)
    lines = [f"{record.getMessage()} {record.__dict__}" for record in caplog.records]
    assert len(lines) == 1
    assert "alice" not in lines[0]


def test_a_slow_worker_does_not_undo_what_the_next_one_did(dispatched):
    slow = Delivery.objects.claim(dispatched.pk)
    Delivery.objects.update(lease_until=Now() - MINUTE)
    quick = Delivery.objects.claim(dispatched.pk)
    slow.settle(Outcome(Result.RETRY, "slow"))
    dispatched.refresh_from_db()
    assert (dispatched.state, dispatched.attempts) == ("sending", 2)
    quick.settle(Outcome(Result.SENT))
    slow.settle(Outcome(Result.REFUSED, "slow"))
    dispatched.refresh_from_db()
    assert (dispatched.state, dispatched.problem) == ("sent", "")


def test_that_it_left_is_true_whoever_says_it(dispatched):
    slow = Delivery.objects.claim(dispatched.pk)
    Delivery.objects.update(lease_until=Now() - MINUTE)
    quick = Delivery.objects.claim(dispatched.pk)
    slow.settle(Outcome(Result.SENT))
    quick.settle(Outcome(Result.RETRY, "later"))
    dispatched.refresh_from_db()
    assert dispatched.state == "sent"
