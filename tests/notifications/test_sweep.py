"""The sweep dispatches what is due, once, to those who are to be told."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from notifications import dispatch, services
from notifications.models import Delivery, Heartbeat, Occurrence
from sharing.models import Patient
from tests.conftest import make_user

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def test_what_is_due_goes_to_the_owners_confirmed_address(overdue, alice, manager):
    occurrence = overdue()
    (pk,) = services.sweep()
    delivery = Delivery.objects.get()
    assert (delivery.pk, delivery.user) == (pk, alice)
    assert (delivery.channel, delivery.endpoint) == ("email", "alice@example.org")
    assert delivery.message_id.endswith("@localhost>")
    occurrence.refresh_from_db()
    assert occurrence.state == "dispatched"


def test_what_is_not_due_yet_waits(overdue):
    overdue(due_at=timezone.now() + MINUTE)
    assert services.sweep() == []
    assert Occurrence.objects.get().state == "pending"


def test_a_second_sweep_makes_no_second_message(overdue):
    overdue()
    assert services.sweep() == services.sweep()
    assert Delivery.objects.count() == 1


def test_a_record_without_an_owner_tells_all_who_manage_it(
    overdue, patient, manager, viewer, grant_to
):
    Patient.objects.filter(pk=patient.pk).update(owner=None)
    ended = make_user("ended")
    grant_to(ended, "manage", expires_at=timezone.now() - timedelta(seconds=5))
    overdue()
    services.sweep()
    assert [d.user for d in Delivery.objects.all()] == [manager]


def test_an_unconfirmed_or_secondary_address_gets_nothing(overdue, alice):
    alice.emailaddress_set.update(primary=False)
    alice.emailaddress_set.create(email="new@example.org", primary=True)
    occurrence = overdue()
    assert services.sweep() == []
    occurrence.refresh_from_db()
    assert occurrence.fate == Occurrence.Fate.NOBODY


def test_what_expired_is_missed_and_not_sent(overdue):
    now = timezone.now()
    occurrence = overdue(due_at=now - DAY, expires_at=now - MINUTE)
    assert services.sweep() == []
    occurrence.refresh_from_db()
    assert occurrence.fate == Occurrence.Fate.TOO_LATE


def test_after_an_outage_only_the_newest_of_a_subject_is_sent(overdue):
    now = timezone.now()
    for days in (7, 3, 1):
        overdue(f"{days}", due_at=now - days * DAY, expires_at=now + DAY)
    overdue("other", subject="medicine", due_at=now - 9 * DAY)
    services.sweep()
    assert dict(Occurrence.objects.values_list("key", "state")) == {
        "7": "missed",
        "3": "missed",
        "1": "dispatched",
        "other": "dispatched",
    }


def test_what_is_older_than_a_message_already_sent_is_missed(overdue):
    now = timezone.now()
    overdue("new", due_at=now - MINUTE)
    services.sweep()
    overdue("old", due_at=now - 2 * MINUTE)
    services.sweep()
    assert Occurrence.objects.get(key="old").state == "missed"


def test_the_databases_clock_says_what_is_due(overdue, time_machine):
    overdue()
    time_machine.move_to(timezone.now() - 30 * DAY)
    assert len(services.sweep()) == 1


def test_more_than_a_batch_is_dispatched_in_one_sweep(
    overdue, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(dispatch, "BATCH", 10)
    for n in range(25):
        overdue(f"{n}", subject=f"{n}")
    with django_assert_max_num_queries(40):
        assert len(services.sweep()) == 25


def test_a_lease_that_ran_out_is_handed_on_again(dispatched):
    Delivery.objects.claim(dispatched.pk)
    assert services.sweep() == []
    Delivery.objects.update(lease_until=Now() - MINUTE)
    assert services.sweep() == [dispatched.pk]


def test_a_sweep_leaves_a_sign_of_life(db):
    services.sweep()
    services.sweep()
    assert Heartbeat.objects.alive("sweep", MINUTE)
    assert not Heartbeat.objects.filter(name="beat").exists()


def test_a_heartbeat_is_alive_only_for_so_long(db):
    Heartbeat.objects.create(name="sweep", at=timezone.now() - 3 * MINUTE)
    assert Heartbeat.objects.alive("sweep", 4 * MINUTE)
    assert not Heartbeat.objects.alive("sweep", 2 * MINUTE)


@pytest.mark.parametrize(
    ("state", "fate"),
    [
        ("waiting", "trying"),
        ("sending", "trying"),
        ("sent", "sent"),
        ("failed", "failed"),
        ("cancelled", "not_needed"),
    ],
)
def test_the_fate_of_what_was_dispatched_follows_its_messages(dispatched, state, fate):
    final = state in {"sent", "failed", "cancelled"}
    Delivery.objects.update(
        state=state,
        settled_at=Now() if final else None,
        lease_until=Now() if state == "sending" else None,
    )
    assert Occurrence.objects.get().fate == fate
