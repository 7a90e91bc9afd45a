"""What may still be sent is exactly what is wanted."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from notifications import services
from notifications.models import Delivery, Occurrence
from tests.notifications.moments import due

DAY = timedelta(days=1)


def states(patient):
    return dict(patient.occurrences.values_list("key", "state"))


def test_wanted_moments_become_pending(patient, want):
    want(patient, due("a", due_in=DAY), due("b", due_in=2 * DAY))
    assert states(patient) == {"a": "pending", "b": "pending"}


def test_wanting_the_same_again_changes_nothing(patient, want):
    wanted = due("a", due_in=DAY)
    want(patient, wanted)
    before = Occurrence.objects.values().get()
    want(patient, wanted)
    assert Occurrence.objects.values().get() == before


def test_what_is_not_wanted_any_more_is_cancelled(patient, want):
    want(patient, due("a", due_in=DAY))
    want(patient, due("b", due_in=DAY))
    assert states(patient) == {"a": "cancelled", "b": "pending"}


def test_what_is_wanted_again_comes_back(patient, want):
    wanted = due("a", due_in=DAY)
    want(patient, wanted)
    want(patient)
    want(patient, wanted)
    assert states(patient) == {"a": "pending"}


def test_another_subject_and_another_record_are_left_alone(patient, eve, want):
    want(patient, due("m", due_in=DAY), subject="medicine")
    want(eve.own_record, due("a", due_in=DAY))
    want(patient, due("a", due_in=DAY))
    want(patient)
    assert states(patient) == {"m": "pending", "a": "cancelled"}
    assert states(eve.own_record) == {"a": "pending"}


def test_a_moment_that_has_passed_is_not_begun(patient, want):
    want(patient, due("a", due_in=-DAY, lasts=3 * DAY))
    assert states(patient) == {}


def test_a_moment_that_passed_before_the_sweep_came_is_kept(patient, overdue, want):
    overdue("a")
    want(patient, due("a", due_in=-timedelta(minutes=1)))
    assert states(patient) == {"a": "pending"}


def test_a_pending_moment_takes_the_zone_that_is_wanted_now(patient, overdue, want):
    overdue("a", zone="Asia/Tokyo")
    want(patient, due("a", due_in=DAY))
    assert Occurrence.objects.get().zone == "Europe/Berlin"


def test_unsent_messages_of_what_is_not_wanted_are_cancelled(patient, dispatched, want):
    want(patient)
    dispatched.refresh_from_db()
    assert (dispatched.state, dispatched.settled_at is None) == ("cancelled", False)
    assert states(patient) == {"a": "cancelled"}


def test_what_was_sent_stays_as_it_is(patient, dispatched, want):
    services.deliver(dispatched.pk)
    want(patient)
    assert states(patient) == {"a": "dispatched"}
    assert Delivery.objects.get().state == "sent"


def test_what_was_dispatched_once_does_not_come_back(patient, dispatched, want):
    want(patient)
    want(patient, due("a", due_in=DAY))
    assert states(patient) == {"a": "cancelled"}


def test_a_key_exists_once_in_a_record(overdue):
    overdue("a")
    with pytest.raises(IntegrityError), transaction.atomic():
        overdue("a", subject="medicine")
