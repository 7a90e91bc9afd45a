"""Eight of everything at once: each message leaves once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.db.models.functions import Now

from notifications import channels, dispatch, services
from notifications.models import Delivery, Occurrence
from tests.notifications.moments import due

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 8
OCCURRENCES = 200


def together(work, times=THREADS):
    """Run `work` in threads that start at one moment, each on its own connection."""
    start = threading.Barrier(times)

    def run(_):
        try:
            start.wait()
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as threads:
        list(threads.map(run, range(times)))


def sweep_and_deliver():
    for pk in services.sweep():
        services.deliver(pk)


@pytest.mark.slow
def test_eight_sweeps_at_once_send_each_of_200_messages_once(overdue, monkeypatch):
    monkeypatch.setattr(dispatch, "BATCH", 30)  # so that the sweeps share the work
    for n in range(OCCURRENCES):
        overdue(f"{n}", subject=f"{n}")
    together(sweep_and_deliver)
    ids = Counter(message.extra_headers["Message-ID"] for message in mail.outbox)
    assert (len(ids), set(ids.values())) == (OCCURRENCES, {1})
    assert Counter(Delivery.objects.values_list("state", "attempts")) == {
        ("sent", 1): OCCURRENCES
    }
    assert set(Occurrence.objects.values_list("state", flat=True)) == {"dispatched"}


def test_eight_workers_with_one_delivery_send_it_once(dispatched):
    together(lambda: services.deliver(dispatched.pk))
    assert len(mail.outbox) == 1


def test_a_worker_that_dies_before_settling_costs_one_more_try(dispatched):
    claimed = Delivery.objects.claim(dispatched.pk)
    assert channels.send(claimed) == channels.SENT  # and then kill -9
    sweep_and_deliver()
    assert len(mail.outbox) == 1  # somebody holds the lease
    Delivery.objects.update(lease_until=Now() - timedelta(seconds=1))
    sweep_and_deliver()
    first, second = (message.extra_headers["Message-ID"] for message in mail.outbox)
    assert first == second
    assert Delivery.objects.get().state == "sent"


def test_what_is_cancelled_between_dispatch_and_send_is_not_sent(
    patient, dispatched, want
):
    want(patient)
    together(lambda: services.deliver(dispatched.pk))
    assert mail.outbox == []
    assert Delivery.objects.get().state == "cancelled"


def wait_until_somebody_waits_for_us():
    """Return once another connection stands at a lock of this one."""
    waiting = "SELECT 1 FROM pg_locks WHERE %s = ANY (pg_blocking_pids(pid))"
    deadline = time.monotonic() + 10
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        own = cursor.fetchone()
        cursor.execute(waiting, own)
        while cursor.fetchone() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
            cursor.execute(waiting, own)


def test_a_reminder_that_a_sweep_dispatches_while_it_is_cancelled_is_not_sent(
    patient, overdue, want, monkeypatch
):
    overdue()
    dispatching, address = threading.Event(), dispatch.address

    def address_slowly(occurrences):
        address(occurrences)
        dispatching.set()
        wait_until_somebody_waits_for_us()

    def sweep():
        try:
            services.sweep()
        finally:
            connection.close()

    with monkeypatch.context() as patched, ThreadPoolExecutor(1) as threads:
        patched.setattr(dispatch, "address", address_slowly)
        sweeping = threads.submit(sweep)
        assert dispatching.wait(10)
        want(patient)  # the infusion was moved: nothing is wanted any more
        sweeping.result()
    sweep_and_deliver()
    assert mail.outbox == []
    assert Occurrence.objects.get().state == "cancelled"
    assert Delivery.objects.get().state == "cancelled"


def test_plans_and_sweeps_at_once_leave_one_message_or_none(patient, overdue, want):
    overdue("old")
    later = due("new", due_in=timedelta(days=1))
    work = iter([lambda: want(patient, later), sweep_and_deliver] * (THREADS // 2))
    turn = threading.Lock()

    def either():
        with turn:
            mine = next(work)
        mine()

    together(either)
    old = Occurrence.objects.get(key="old")
    sent = Delivery.objects.filter(state="sent").count()
    assert (old.state, sent, len(mail.outbox)) in {
        ("cancelled", 0, 0),
        ("cancelled", 1, 1),  # it was leaving when the plan changed
        ("dispatched", 1, 1),
    }
    assert Occurrence.objects.get(key="new").state == "pending"
