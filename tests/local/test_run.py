"""`make run` itself: clear when it cannot start, unharmed by kill -9, gone after."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg2
import pytest

from capleak.local import services
from capleak.local.folders import ROOT, Lock
from capleak.local.processes import Supervisor
from capleak.local.redis import free_port

pytestmark = pytest.mark.slow

LOCAL = [sys.executable, "-m", "capleak.local"]
PROGRAMS = {"postgres", "redis-server", "gunicorn", "worker", "beat"}
SET_BY_OUR_OWN_RUN = ("CAPLEAK_MODE", "DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")


def environment(data: Path, port: object = 8000) -> dict[str, str]:
    given = {k: v for k, v in os.environ.items() if k not in SET_BY_OUR_OWN_RUN}
    return given | {"CAPLEAK_DATA": str(data), "PORT": str(port)}


def try_to_run(data: Path, port: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LOCAL, "run"],
        cwd=ROOT,
        env=environment(data, port),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def until(true: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    return False


def programs_of(pid: int) -> dict[str, int]:
    """The direct children of a process, the dead left out, by the name of program."""
    found: dict[str, int] = {}
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with suppress(FileNotFoundError):
            words = re.split(r"[\0/ ]", Path(f"/proc/{child}/cmdline").read_text())
            found |= {name: int(child) for name in PROGRAMS & set(words)}
    return found


def nobody_is_left(data: Path) -> bool:
    lock = Lock(data / "children.lock")
    try:
        return lock.take()
    finally:
        lock.close()


@contextmanager
def running(data: Path, port: int, output: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (
        output.open("wb") as file,
        subprocess.Popen(
            [*LOCAL, "run"],
            cwd=ROOT,
            env=environment(data, port),
            stdout=file,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            until(lambda: "CapLeak runs at" in output.read_text() or process.poll())
            assert process.poll() is None, output.read_text()
            yield process
        finally:
            process.send_signal(signal.SIGTERM)


@pytest.mark.parametrize("port", ["web", "0", "65536", "-1", "8000 "])
def test_a_port_that_is_none_is_refused_in_one_line(data: Path, port: str) -> None:
    refused = try_to_run(data, port)
    assert refused.returncode == 1
    assert refused.stderr == f"PORT is a number from 1 to 65535, not {port!r}.\n"


def test_a_taken_port_is_refused_in_one_line_before_anything_starts(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        refused = try_to_run(data, port)
    assert refused.returncode == 1
    assert refused.stderr.startswith(
        f"Port {port} is not free (Address already in use)"
    )
    assert refused.stderr.count("\n") == 1
    assert not (data / "postgres").exists()


def test_services_that_the_environment_names_are_used(data: Path, logs: Path) -> None:
    given = {"DATABASE_URL": "postgresql://db/x", "REDIS_URL": "redis://cache/0"}
    with Supervisor() as supervisor:
        assert services.start(data, logs, given, supervisor) == {
            "DATABASE_URL": "postgresql://db/x",
            "DATABASE_OWNER_URL": "postgresql://db/x",
            "REDIS_URL": "redis://cache/0",
        }
    assert list(logs.iterdir()) == []


def test_lent_services_end_with_the_command_and_leave_nothing(data: Path) -> None:
    code = "import os, psycopg2; psycopg2.connect(os.environ['DATABASE_URL']); exit(7)"
    lent = subprocess.run(
        [*LOCAL, "services", "--", sys.executable, "-c", code],
        cwd=ROOT,
        env=environment(data) | {"TMPDIR": str(data)},
        timeout=60,
        check=False,
    )
    assert lent.returncode == 7
    assert list(data.iterdir()) == []


@pytest.mark.slow
def test_every_program_survives_kill_9_and_all_end_on_ctrl_c(
    data: Path, tmp_path: Path
) -> None:
    port, output = free_port(), tmp_path / "output"
    with running(data, port, output) as process:
        again = try_to_run(data, port)
        assert again.returncode == 1
        assert again.stderr.startswith("CapLeak already runs from this folder")

        first = programs_of(process.pid)
        assert set(first) == PROGRAMS
        for pid in first.values():
            os.kill(pid, signal.SIGKILL)
        until(lambda: len(programs_of(process.pid).items() - first.items()) == 5)
        until(lambda: answers(port))
        assert output.read_text().count("(SIGKILL) and is started again") == 5

        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert nobody_is_left(data)
    assert not answers(port)


@pytest.mark.slow
def test_a_killed_run_takes_all_along_and_starts_again_with_its_data(
    data: Path, tmp_path: Path
) -> None:
    port, output = free_port(), tmp_path / "output"
    with running(data, port, output) as process:
        lock = Lock(data / "run.lock")
        owner_url = lock.read()["DATABASE_OWNER_URL"]
        lock.close()
        with psycopg2.connect(owner_url) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE note AS SELECT 'kept' AS text")
        connection.close()
        process.kill()
    with running(data, port, output) as process:
        with psycopg2.connect(owner_url) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT text FROM note")
            assert cursor.fetchall() == [("kept",)]
        connection.close()
    assert nobody_is_left(data)
