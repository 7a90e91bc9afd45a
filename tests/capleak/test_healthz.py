"""/healthz is true while everything runs, and false soon after any of it stops."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta

import pytest
import redis
from django.db import connections
from django.test import Client
from django.utils import timezone

from capleak.local.redis import binary, free_port
from notifications.models import Heartbeat

pytestmark = pytest.mark.django_db(transaction=True)

PARTS = ("beat", "sweep", "worker", "email")


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    """A Redis of this test's own, which may be stopped."""
    port = free_port()
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with subprocess.Popen([binary(), *arguments], stdout=subprocess.DEVNULL) as server:
        url = f"redis://127.0.0.1:{port}/0"
        with redis.Redis.from_url(url) as client:
            for _ in range(100):
                with suppress(redis.ConnectionError):
                    client.ping()
                    break
                time.sleep(0.05)
        yield url
        server.terminate()


@pytest.fixture
def running(settings, redis_url) -> None:
    settings.REDIS_URL = redis_url
    for name in PARTS:
        Heartbeat.objects.beat(name)


def ask(accept="text/plain"):
    began = time.monotonic()
    response = Client().get("/healthz", headers={"accept": accept})
    assert time.monotonic() - began < 3
    return response


def test_all_is_well_while_everything_runs(running):
    response = ask()
    assert response.status_code == 200
    assert response.content.decode() == (
        "database: OK\nredis: OK\nbeat: OK\nsweep: OK\nworker: OK\nemail: OK\n"
    )


def test_a_browser_gets_text_and_a_program_json(running):
    assert ask("text/html,*/*")["Content-Type"] == "text/plain; charset=utf-8"
    assert ask("application/json").json() == dict.fromkeys(
        ("database", "redis", *PARTS), "OK"
    )


@pytest.mark.parametrize("silent", PARTS)
def test_a_part_that_is_silent_is_named(running, silent):
    earlier = timezone.now() - timedelta(seconds=51)
    Heartbeat.objects.filter(name=silent).update(at=earlier)
    response = ask()
    assert response.status_code == 500
    told = dict(line.split(": ", 1) for line in response.content.decode().splitlines())
    assert told.pop(silent) == "Unavailable: no sign of life"
    assert set(told.values()) == {"OK"}


def test_a_part_that_never_ran_is_not_alive(running):
    Heartbeat.objects.all().delete()
    assert ask().status_code == 500


def test_redis_that_refuses_is_told_quickly(running, settings):
    settings.REDIS_URL = f"redis://:secret-word@127.0.0.1:{free_port()}/0"
    response = ask()
    assert response.status_code == 500
    assert "redis: Unavailable: no answer" in response.content.decode()
    assert "secret-word" not in response.content.decode()


def test_redis_that_hangs_is_told_quickly(running, settings):
    with closing(socket.create_server(("127.0.0.1", 0))) as hanging:
        port = hanging.getsockname()[1]
        settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
        response = ask()
    assert response.status_code == 500
    assert "redis: Unavailable: no answer" in response.content.decode()


def test_redis_stopped_and_back_is_false_and_true(running, settings, redis_url):
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    assert ask().status_code == 500
    settings.REDIS_URL = redis_url
    assert ask().status_code == 200


def test_a_database_that_is_away_is_told(running):
    default = connections["default"].settings_dict
    real, default["PORT"] = default["PORT"], 1
    try:
        response = ask()
    finally:
        default["PORT"] = real
    assert response.status_code == 500
    assert response.content.decode() == (
        "database: Unavailable: no answer\nredis: OK\nbeat: Unavailable: not known\n"
        "sweep: Unavailable: not known\nworker: Unavailable: not known\n"
        "email: Unavailable: not known\n"
    )


def test_it_names_no_version_and_no_address(running):
    response = ask("application/openmetrics-text")
    text = response.content.decode()
    assert response.status_code == 200
    assert 'check="SignOfLife",name="beat"' in text
    assert not any(word in text for word in ("127.0.0.1", "localhost", "redis://"))
