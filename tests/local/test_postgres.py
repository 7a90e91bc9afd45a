"""The embedded PostgreSQL: lasting, private, and alive again after the worst."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from capleak.local import cluster_home, postgres
from capleak.local.postgres import Cluster
from capleak.local.processes import Supervisor

pytestmark = pytest.mark.slow

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands over")


def ask(cluster: Cluster, role: str, query: str) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(cluster.url(role))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall() if cursor.description else []


def keep_a_note(cluster: Cluster) -> None:
    ask(cluster, "capleak_owner", "CREATE TABLE note AS SELECT 'kept' AS text")


def read_the_note(cluster: Cluster) -> str:
    return str(ask(cluster, "capleak_owner", "SELECT text FROM note")[0][0])


def test_data_outlives_a_stop_and_a_lying_pid_file(data: Path, logs: Path) -> None:
    with Supervisor() as supervisor:
        cluster = postgres.start(data, logs, supervisor, durable=False)
        keep_a_note(cluster)
    account = cluster.account.uid if cluster.account else None
    with subprocess.Popen(["sleep", "10"], user=account) as stranger:
        (cluster.data / "postmaster.pid").write_text(
            f"{stranger.pid}\n{cluster.data}\n1\n5432\n/tmp\n\n1 1\nready\n"
        )
        with Supervisor() as supervisor:
            assert (
                read_the_note(postgres.start(data, logs, supervisor, durable=False))
                == "kept"
            )
        stranger.kill()


def test_a_killed_server_is_started_again_with_its_data(data: Path, logs: Path) -> None:
    said: list[str] = []
    with Supervisor() as supervisor:
        cluster = postgres.start(data, logs, supervisor)
        keep_a_note(cluster)
        pid = int((cluster.data / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while True:
            supervisor.tend(said.append)
            try:
                assert said
                assert read_the_note(cluster) == "kept"
                break
            except (AssertionError, psycopg2.OperationalError):
                assert time.monotonic() < deadline
                time.sleep(0.1)
    assert "postgres ended (SIGKILL)" in said[0]


def test_each_data_folder_has_a_server_of_its_own(data: Path, logs: Path) -> None:
    other = data / "other"
    other.mkdir()
    with Supervisor() as supervisor:
        first = postgres.start(data, logs, supervisor, durable=False)
        second = postgres.start(other, logs, supervisor, durable=False)
        keep_a_note(first)
        with pytest.raises(psycopg2.errors.UndefinedTable):
            read_the_note(second)


def test_a_deep_folder_gets_a_short_socket_and_takes_it_away(
    data: Path, logs: Path
) -> None:
    deep = data.joinpath(*["a-rather-long-name"] * 10)
    deep.mkdir(parents=True)
    with Supervisor() as supervisor:
        cluster = postgres.start(deep, logs, supervisor, durable=False)
        assert ask(cluster, "capleak_web", "SHOW listen_addresses") == [("",)]
        assert len(bytes(cluster.sockets / ".s.PGSQL.5432.lock")) <= 103
        assert cluster.sockets.stat().st_mode & 0o777 == 0o700
    assert not cluster.sockets.exists()


def test_the_app_role_owns_nothing_and_the_owner_may_try_its_rights(
    data: Path, logs: Path
) -> None:
    with Supervisor() as supervisor:
        cluster = postgres.start(data, logs, supervisor, durable=False)
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            ask(cluster, "capleak_web", "CREATE TABLE mine ()")
        ask(cluster, "capleak_owner", "SET ROLE capleak_app")
        ask(cluster, "capleak_owner", "CREATE DATABASE test_capleak")


def test_a_failed_statement_leaves_no_values_in_the_log(data: Path, logs: Path) -> None:
    with Supervisor() as supervisor:
        cluster = postgres.start(data, logs, supervisor, durable=False)
        ask(cluster, "capleak_owner", "CREATE TABLE once (note text UNIQUE)")
        ask(cluster, "capleak_owner", "INSERT INTO once VALUES ('canary')")
        with pytest.raises(psycopg2.errors.UniqueViolation):
            ask(cluster, "capleak_owner", "INSERT INTO once VALUES ('canary')")
    log = (logs / "postgres.log").read_text()
    assert "duplicate key" in log
    assert "canary" not in log


def test_a_first_start_cut_short_is_begun_again(data: Path, logs: Path) -> None:
    half = data / "postgres" / "data.new"
    half.mkdir(parents=True)
    (data / "postgres").chmod(0o711)
    (half / "PG_VERSION").write_text("18\n")
    with Supervisor() as supervisor:
        cluster = postgres.start(data, logs, supervisor, durable=False)
        assert ask(cluster, "capleak_web", "SELECT 1") == [(1,)]


@pytest.mark.slow
@as_root
def test_root_keeps_an_unreachable_folder_closed_and_its_data_outside(
    data: Path, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside, closed = data / "outside", data / "closed"
    outside.mkdir()
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(cluster_home, "OUTSIDE", (outside,))
    monkeypatch.setattr(tempfile, "tempdir", str(outside / "temporary"))
    own = closed / "data"
    own.mkdir()
    with Supervisor() as supervisor:
        cluster = postgres.start(own, logs, supervisor, durable=False)
        keep_a_note(cluster)
    assert (own / "postgres").resolve().parent == outside
    assert closed.stat().st_mode & 0o777 == 0o700
    assert closed.stat().st_uid == 0

    closed = closed.rename(data / "moved")
    with Supervisor() as supervisor:
        cluster = postgres.start(closed / "data", logs, supervisor, durable=False)
        assert read_the_note(cluster) == "kept"

    shutil.copytree(closed / "data", closed / "copy", symlinks=True)
    with Supervisor() as supervisor:
        copy = postgres.start(closed / "copy", logs, supervisor, durable=False)
        assert copy.data != cluster.data


@pytest.mark.slow
@as_root
def test_root_copies_binaries_that_the_other_account_cannot_reach(
    data: Path, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = cluster_home._package()
    closed = data / "site-packages"
    closed.mkdir(mode=0o700)
    for name in (package.name, f"{package.name}.libs"):
        (closed / name).symlink_to(package.with_name(name))
    monkeypatch.setattr(cluster_home, "_package", lambda: closed / package.name)
    with Supervisor() as supervisor:
        cluster = postgres.start(data, logs, supervisor, durable=False)
        assert cluster.binaries.is_relative_to(data / "postgres")
        assert ask(cluster, "capleak_web", "SELECT 1") == [(1,)]
    assert closed.stat().st_mode & 0o777 == 0o700
