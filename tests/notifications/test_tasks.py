"""The broker may vanish at any time: nothing is lost and nobody waits for it."""

import socket
import time
from contextlib import closing

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command

from notifications import tasks
from notifications.models import Delivery, Heartbeat


@pytest.fixture
def queued(monkeypatch):
    """What is handed to the broker, instead of handing it over."""
    calls = []
    monkeypatch.setattr(
        tasks,
        "queue",
        lambda task, calls_, **_: calls.extend((task, c) for c in calls_),
    )
    return calls


@pytest.fixture
def dead_broker(monkeypatch):
    """An address at which nobody listens."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    monkeypatch.setenv("CELERY_BROKER_WRITE_URL", f"redis://127.0.0.1:{port}/0")


@pytest.fixture
def hanging_broker(monkeypatch):
    """Somebody who takes every call and never says a word."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("CELERY_BROKER_WRITE_URL", f"redis://127.0.0.1:{port}/0")
        yield


def test_the_sweep_hands_on_what_is_to_be_sent(overdue, queued):
    overdue()
    tasks.sweep()
    assert queued == [(tasks.deliver, (Delivery.objects.get().pk,))]
    assert set(Heartbeat.objects.values_list("name", flat=True)) == {
        "worker",
        "sweep",
        "email",
    }


def test_deliver_sends(dispatched):
    tasks.deliver(dispatched.pk)
    assert len(mail.outbox) == 1


def test_the_command_sends_without_a_broker(overdue, dead_broker):
    overdue()
    call_command("sweep")
    assert len(mail.outbox) == 1
    assert {h.name for h in Heartbeat.objects.all()} >= {"sweep", "email"}


def test_a_sweep_survives_a_dead_broker_and_the_next_one_finds_all(
    overdue, dead_broker, monkeypatch
):
    overdue()
    tasks.sweep()
    assert Delivery.objects.get().state == "waiting"
    monkeypatch.setattr(
        tasks, "queue", lambda task, calls, **_: [task(*ids) for ids in calls]
    )
    tasks.sweep()
    assert Delivery.objects.get().state == "sent"


@pytest.mark.parametrize("broker", ["dead_broker", "hanging_broker"])
def test_handing_on_neither_fails_nor_waits_for_the_broker(broker, request, caplog):
    request.getfixturevalue(broker)
    began = time.monotonic()
    tasks.queue(tasks.deliver, [(1,), (2,)])
    assert time.monotonic() - began < 1.5
    assert [record.getMessage() for record in caplog.records] == ["broker away"]


@pytest.mark.django_db(transaction=True)
def test_beat_shows_its_own_signs_of_life():
    tasks.beat_is_alive()
    assert [h.name for h in Heartbeat.objects.all()] == ["beat"]


def test_a_mail_server_that_is_away_gives_no_sign_of_life(db, queued, monkeypatch):
    def refuse(*_):
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailBackend, "open", refuse)
    tasks.sweep()
    assert not Heartbeat.objects.filter(name="email").exists()


def test_beat_that_starts_sweeps_at_once(queued, monkeypatch):
    monkeypatch.setattr(tasks.before_task_publish, "connect", lambda *_, **__: None)
    monkeypatch.setattr(tasks, "beat_is_alive", lambda: None)
    tasks.beat_started()
    assert queued == [(tasks.sweep, ())]


def test_a_worker_that_starts_sweeps_at_once(queued):
    tasks.worker_started()
    assert queued == [(tasks.sweep, ())]
