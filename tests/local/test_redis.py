"""The embedded Redis: behind a password, on loopback, forgetful."""

import os
import signal
import time
from pathlib import Path

import pytest
import redis as client

from capleak.local import redis
from capleak.local.processes import Supervisor


def test_it_answers_only_those_who_know_the_password(data: Path, logs: Path) -> None:
    with Supervisor() as supervisor:
        url = redis.start(data / "redis", logs, supervisor)
        assert client.Redis.from_url(url).ping()
        without = client.Redis.from_url(url.replace(url[8 : url.index("@") + 1], ""))
        with pytest.raises(client.AuthenticationError):
            without.ping()
    assert (data / "redis" / "redis.conf").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (data / "redis").iterdir()] == ["redis.conf"]


def test_a_killed_redis_comes_back_at_the_same_address(data: Path, logs: Path) -> None:
    said: list[str] = []
    with Supervisor() as supervisor:
        url = redis.start(data / "redis", logs, supervisor)
        os.kill(client.Redis.from_url(url).info()["process_id"], signal.SIGKILL)
        deadline = time.monotonic() + 15
        while True:
            supervisor.tend(said.append)
            try:
                assert said
                assert client.Redis.from_url(url).ping()
                break
            except (AssertionError, client.ConnectionError):
                assert time.monotonic() < deadline
                time.sleep(0.1)
    assert len(said) == 1
