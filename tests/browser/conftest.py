"""A real CapLeak for a real browser: everything that `make run` starts."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserType, sync_playwright

from capleak.local import cluster_home

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)
START_SECONDS = 120  # on a machine that also runs the other tests


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def site_env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a site of its own, on its own data."""
    theirs = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "CAPLEAK_MODE")
    env = {k: v for k, v in os.environ.items() if k not in theirs}
    return env | {
        "PORT": str(free_port()),
        "CAPLEAK_DATA": str(tmp_path_factory.mktemp("site")),
        "SWEEP_SECONDS": "5",
    }


@pytest.fixture(scope="session")
def site(site_env: dict[str, str]) -> Iterator[str]:
    """The address of a site of its own, with worker and beat."""
    env, port = site_env, site_env["PORT"]
    data = Path(env["CAPLEAK_DATA"])
    process = subprocess.Popen(
        [sys.executable, "-m", "capleak.local", "run"], cwd=ROOT, env=env
    )
    address = f"http://localhost:{port}"
    try:
        wait_for(address, process)
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
        cluster_home.remove(data / "postgres")  # as root it lies elsewhere


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "the site did not start"
        try:
            urllib.request.urlopen(address, timeout=5)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.3)
        else:
            return
    raise AssertionError("the site does not answer")


@pytest.fixture(scope="session")
def chromium() -> Iterator[BrowserType]:
    if not Path(CHROMIUM).exists():
        pytest.skip("no chromium: install Debian's package chromium")
    with sync_playwright() as playwright:
        # Its event loop stays in this thread, where Django would then refuse the
        # database to whatever other tests this process still runs.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        yield playwright.chromium


@pytest.fixture(scope="session")
def browser(chromium: BrowserType) -> Iterator[Browser]:
    opened = chromium.launch(executable_path=CHROMIUM, args=QUIET.split())
    yield opened
    opened.close()


@pytest.fixture
def large_letters(chromium: BrowserType) -> Iterator[Browser]:
    """A browser of someone who set the letters to twice their size."""
    twice = "--blink-settings=defaultFontSize=32"
    opened = chromium.launch(executable_path=CHROMIUM, args=[*QUIET.split(), twice])
    yield opened
    opened.close()
