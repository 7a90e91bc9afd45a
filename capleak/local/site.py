"""The Django part of `make run`: its environment, preparation and three programs."""

import http.client
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from capleak.local.folders import ROOT, CannotStartError, secret_key
from capleak.local.processes import Service, Supervisor, ending, tail

HOST = "127.0.0.1"
SERVING_SECONDS = 120.0

GUNICORN = (
    "gunicorn",
    "capleak.wsgi:application",
    "--preload",  # the two workers share what was loaded once
    "--workers=2",
    "--threads=4",
    "--graceful-timeout=5",
    "--no-control-socket",  # it would lie in the user's home
)
QUICKLY = ("--no-input", "--skip-checks")  # `make check` has made the checks
CELERY = ("celery", "--app=capleak", "--quiet")


def port() -> int:
    """`PORT`, or 8000."""
    given = os.environ.get("PORT") or "8000"
    if not (given.isascii() and given.isdigit() and 0 < int(given) < 65_536):
        raise CannotStartError(f"PORT is a number from 1 to 65535, not {given!r}.")
    return int(given)


def check_free(port: int) -> None:
    """Raise CannotStartError unless the web server can have the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CannotStartError(
                f"Port {port} is not free ({os.strerror(error.errno or 0)}). "
                "Choose another one, for instance: PORT=8123 make run"
            ) from None


def environment(data: Path, port: int) -> dict[str, str]:
    """The environment of every local process, before the services' addresses."""
    given = {name: value for name, value in os.environ.items() if value}
    defaults = {
        "BASE_URL": f"http://localhost:{port}",
        "SECRET_KEY": secret_key(data),
    }
    fixed = {
        "CAPLEAK_DATA": str(data),
        "CAPLEAK_MODE": "local",
        "DJANGO_SETTINGS_MODULE": "capleak.settings",
        "MPLCONFIGDIR": str(data / "matplotlib"),  # else below the user's home
        "PORT": str(port),
        "STATIC_ROOT": str(data / "static"),
    }
    return defaults | given | fixed


@dataclass(frozen=True, slots=True)
class Site:
    """CapLeak on one data folder; `environment` holds the services' addresses too."""

    data: Path
    logs: Path
    environment: dict[str, str]
    supervisor: Supervisor

    def serve(self) -> str:
        """Migrate, start web, worker and beat, and load the demo if it is not there.

        Returns what to tell the user, once the web server answers.
        """
        self._prepare()
        port = self.environment["PORT"]
        web = self._start("web", *GUNICORN, f"--bind={HOST}:{port}")
        demo = self._program("demo", "manage", "demo", "--skip-checks")
        self._complete(demo)
        self._start("worker", *CELERY, "worker", "--loglevel=INFO", "--concurrency=2")
        self._start("beat", *CELERY, "beat", "--loglevel=INFO", self._fresh_schedule())
        self._wait_for(web, int(port))
        address = self.environment["BASE_URL"]
        return (
            f"\nCapLeak runs at {address}\n\n{demo.log.read_text().strip()}\n\n"
            f"Mail is not sent but shown at {address}/local/mail/\n"
            f"Logs are in {self.logs}\n"
            "Ctrl-C stops everything."
        )

    def _program(self, name: str, *argv: str, owner: bool = False) -> Service:
        """Only the migration is run as the database's owner, and only it knows how."""
        environment = dict(self.environment)
        owner_url = environment.pop("DATABASE_OWNER_URL")
        if owner:
            environment["DATABASE_URL"] = owner_url
        return Service(
            name=name,
            argv=[sys.executable, "-m", *argv],
            log=self.logs / f"{name}.log",
            environment=environment,
        )

    def _start(self, name: str, *argv: str) -> subprocess.Popen[bytes]:
        return self.supervisor.start(self._program(name, *argv))

    def _complete(self, *steps: Service) -> None:
        """Run these side by side; all of them must succeed."""
        codes = self.supervisor.run(*steps)
        for step, code in zip(steps, codes, strict=True):
            if code != 0:
                raise CannotStartError(
                    f"{tail(step.log)}{step.name} failed ({ending(code)}): {step.log}"
                )

    def _prepare(self) -> None:
        """Migrate, and collect static files if what goes into them has changed."""
        steps = [
            self._program("migrate", "manage", "migrate", *QUICKLY, owner=True),
            self._program(
                "collectstatic", "manage", "collectstatic", "--clear", *QUICKLY
            ),
        ]
        sources = [ROOT / "requirements.txt", *sorted((ROOT / "static").rglob("*"))]
        state = "\n".join(f"{path} {path.stat().st_mtime_ns}" for path in sources)
        stamp = self.data / "static" / "made-from"
        if stamp.exists() and stamp.read_text() == state:
            steps.pop()
        self._complete(*steps)
        stamp.write_text(state)

    def _fresh_schedule(self) -> str:
        """Beat only wakes the sweep, so an old schedule is worth less than its lock."""
        for old in self.data.glob("beat-schedule*"):
            old.unlink()
        return f"--schedule={self.data / 'beat-schedule'}"

    def _wait_for(self, web: subprocess.Popen[bytes], port: int) -> None:
        deadline = time.monotonic() + SERVING_SECONDS
        while web.poll() is None and time.monotonic() < deadline:
            if _answers(port):
                return
            time.sleep(0.05)
        log = self.logs / "web.log"
        raise CannotStartError(f"{tail(log)}The web server does not answer: {log}")


def _answers(port: int) -> bool:
    """Whether the landing page comes: plain HTTP, past any proxy of the environment."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR
    return False
