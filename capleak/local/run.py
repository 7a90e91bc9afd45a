"""`make run` and its companions: hold the data folder, start, keep running, stop."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from capleak.local import cluster_home, services, site
from capleak.local.folders import ROOT, CannotStartError, Lock, data_folder, log_folder
from capleak.local.processes import Supervisor, ending_with_us

LEFTOVER_SECONDS = 30.0  # what a killed run left behind has ended by then
TICK_SECONDS = 0.2
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(*, with_parent: bool = False) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP; `with_parent` also until the parent ends.

    Raises CannotStartError when something is in the way.
    """
    parent = os.getppid()
    _stop_on_signals()
    data = data_folder()
    with _alone(data) as (lock, children):
        port = site.port()
        site.check_free(port)
        logs = log_folder(data)
        environment = site.environment(data, port)
        with Supervisor([children]) as base, Supervisor([children]) as apps:
            try:
                _say("Starting CapLeak ...")
                urls = services.start(data, logs, environment, base)
                lock.write({"pid": str(os.getpid()), "PORT": str(port), **urls})
                _say(site.Site(data, logs, environment | urls, apps).serve())
                while not (with_parent and os.getppid() != parent):
                    base.tend(_say)
                    apps.tend(_say)
                    time.sleep(TICK_SECONDS)
            except KeyboardInterrupt:
                _say("\nStopping ...")
            finally:
                _ignore_signals()


def manage(arguments: Sequence[str]) -> int:
    """Run manage.py on the data of `run`, beside it or without it; the exit code.

    `migrate` runs as the database's owner, all else as the role that the app has.
    """
    _stop_on_signals()
    data = data_folder()

    def command(addresses: dict[str, str]) -> int:
        port = int(addresses.get("PORT") or site.port())
        environment = site.environment(data, port) | addresses
        if arguments[:1] == ["migrate"]:
            environment["DATABASE_URL"] = addresses["DATABASE_OWNER_URL"]
        return _lend_terminal(
            [sys.executable, str(ROOT / "manage.py"), *arguments], environment
        )

    if running := _addresses_of_run(data):
        if "DATABASE_URL" not in running:
            raise CannotStartError("CapLeak is being started: try again in a moment.")
        return command(running)
    with _alone(data) as (_, children), Supervisor([children]) as base:
        return command(services.start(data, log_folder(data), os.environ, base))


def lend(argv: Sequence[str]) -> int:
    """Run a command with services of its own on a folder that is thrown away.

    DATABASE_URL is the owner's, who may create test databases. Returns the command's
    exit code.
    """
    _stop_on_signals()
    with tempfile.TemporaryDirectory(prefix="capleak-") as folder:
        data = Path(folder)
        data.chmod(0o711)  # of root's folders too: see data_folder
        try:
            with Supervisor() as base:
                urls = services.start(
                    data, log_folder(data), os.environ, base, durable=False
                )
                urls["DATABASE_URL"] = urls["DATABASE_OWNER_URL"]
                given = {"CAPLEAK_MODE": "test"} | os.environ
                return _lend_terminal(argv, given | urls | {"CAPLEAK_DATA": folder})
        finally:
            cluster_home.remove(data / "postgres")


@contextmanager
def _alone(data: Path) -> Iterator[tuple[Lock, int]]:
    """Hold the data folder; also a descriptor by which outliving children are known.

    Raises CannotStartError while another run holds it.
    """
    lock, children = Lock(data / "run.lock"), Lock(data / "children.lock")
    try:
        if not lock.take():
            other = lock.read()
            raise CannotStartError(
                "CapLeak already runs from this folder: "
                f"port {other.get('PORT', 'not open yet')}, "
                f"process {other.get('pid')}, data {data}"
            )
        lock.write({"pid": str(os.getpid())})
        if not children.take(LEFTOVER_SECONDS):
            raise CannotStartError(
                f"An earlier run from {data} was killed, and parts of it still run."
            )
        yield lock, children.fd
    finally:
        lock.close()
        children.close()


def _addresses_of_run(data: Path) -> dict[str, str]:
    """Where the services of a run in progress are; empty if there is none."""
    lock = Lock(data / "run.lock")
    try:
        return {} if lock.take() else lock.read()
    finally:
        lock.close()


def _lend_terminal(argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command in our terminal: Ctrl-C is its own affair, SIGTERM is passed on."""
    with_us = ending_with_us(signal.SIGTERM)
    process = subprocess.Popen(argv, env=environment, preexec_fn=with_us)  # noqa: PLW1509
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGHUP, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    code = process.wait()
    return code if code >= 0 else 128 - code


def _stop_on_signals() -> None:
    """Make each signal that asks us to end a KeyboardInterrupt.

    SIGINT too, because a shell starts background jobs with SIGINT ignored.
    """
    for number in SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)  # nohup stays nohup


def _ignore_signals() -> None:
    """A second Ctrl-C must not interrupt the stopping: that would leave orphans."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the terminal is where this program speaks
