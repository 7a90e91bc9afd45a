"""Supervision: what dies is started again, and nobody is left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from capleak.local import processes
from capleak.local.folders import ROOT
from capleak.local.processes import Service, Supervisor

pytestmark = pytest.mark.slow

SLEEPER = "import time; time.sleep(60)"
DEAF = "import signal; signal.signal(15, signal.SIG_IGN); print(1, flush=True); "
FAMILY = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid, flush=True); "


def service(log: Path, code: str) -> Service:
    return Service(
        name="sleeper", argv=[sys.executable, "-c", code], log=log, environment={}
    )


def alive(pid: int) -> bool:
    """A zombie, which waits for a parent that may never ask, is not alive."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def tended(supervisor: Supervisor) -> list[str]:
    """What the supervisor said when it looked after its services once."""
    said: list[str] = []
    supervisor.tend(said.append)
    return said


def test_what_dies_again_and_again_is_started_after_longer_pauses(
    tmp_path: Path,
) -> None:
    log = tmp_path / "log"
    died = f"sleeper ended (exit code 3) and is started again. Its log is {log}"
    with Supervisor() as supervisor:
        supervisor.start(service(log, "raise SystemExit(3)"))
        started = time.monotonic()
        for _ in range(3):
            until(lambda: tended(supervisor) == [died])
    assert time.monotonic() - started > 0.5 + 1


@pytest.mark.parametrize("code", [SLEEPER, DEAF + SLEEPER])
def test_stopping_ends_even_those_who_do_not_listen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.5)
    log = tmp_path / "log"
    with Supervisor() as supervisor:
        pid = supervisor.start(service(log, code)).pid
        until(lambda: code == SLEEPER or log.read_text())
    assert not alive(pid)


def test_the_family_of_a_killed_program_goes_with_it(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Supervisor() as supervisor:
        first = supervisor.start(service(log, FAMILY + SLEEPER))
        until(log.read_text)
        grandchild = int(log.read_text())
        first.kill()
        until(lambda: tended(supervisor))
        until(lambda: not alive(grandchild))


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux to end the children")
def test_children_do_not_outlive_a_killed_supervisor(tmp_path: Path) -> None:
    code = f"""
import sys, time
from pathlib import Path
from capleak.local.processes import Service, Supervisor
with Supervisor() as supervisor:
    argv = [sys.executable, "-c", {SLEEPER!r}]
    log = Path({str(tmp_path / "log")!r})
    child = Service(name="child", argv=argv, log=log, environment={{}})
    print(supervisor.start(child).pid, flush=True)
    time.sleep(60)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert alive(child)
        os.kill(parent.pid, signal.SIGKILL)
    until(lambda: not alive(child))
