"""Kill workers, beat and Redis again and again while reminders fall due.

    python -m bench.drill_reminders       # at most eight minutes, about six

Starts a PostgreSQL, a Redis, two workers, a beat and a mail server of its own, in a
folder that is thrown away, with the settings of production. Whatever it kills, it has
started. Exit status 1 if a goal is missed: nothing lost, one `sent` row each, no more
repeats than documented, each repeat under the same Message-ID, all in time.
"""

import json
import os
import random
import secrets
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import Final

import psycopg2

from capleak.local import cluster_home, postgres, redis
from capleak.local.folders import CannotStartError, log_folder
from capleak.local.processes import Service, Supervisor, end_group, spawn, tail

OCCURRENCES: Final = 1_000
KILLS: Final = 110
FEWEST_KILLS: Final = 100
IN_TIME_SECONDS: Final = 120
LONGEST_SECONDS: Final = 8 * 60

SEED: Final = 20261123
PAUSE_SECONDS: Final = (
    1.0,
    4.0,
)  # between two kills: 110 of them in under five minutes
REDIS_AWAY_SECONDS: Final = (0.2, 4.0)
DUE_SECONDS: Final = 240.0  # the occurrences fall due over most of the killing
SLOTS: Final = 2  # messages that one worker has in hand at once
# Workers die most, for only they can lose or repeat a message.
WORKERS: Final = ("worker-1", "worker-2")
VICTIMS: Final = (*WORKERS * 3, *("child",) * 2, *("beat",) * 2, *("redis",) * 3)

LEDGER: Final = """
    SELECT u.email, extract(epoch FROM o.due_at), o.state,
           count(d.id), count(d.id) FILTER (WHERE d.state = 'sent'), sum(d.attempts),
           min(d.message_id)
      FROM notifications_occurrence o
      JOIN sharing_patient p ON p.id = o.patient_id
      JOIN sharing_user u ON u.id = p.owner_id
      LEFT JOIN notifications_delivery d ON d.occurrence_id = o.id
  GROUP BY u.email, o.id
"""


class Killer(Supervisor):
    """Starts programs, kills them with -9 on demand, and starts them again."""

    def __init__(self) -> None:
        super().__init__()
        self.running: dict[str, tuple[Service, Popen[bytes]]] = {}
        self.back_at: dict[str, float] = {}

    def start(self, service: Service) -> Popen[bytes]:
        process = spawn(service)
        self.running[service.name] = (service, process)
        return process

    def kill(self, name: str, away_seconds: float) -> None:
        """Kill a program and all that it started, to come back after that time."""
        _, process = self.running[name]
        end_group(process.pid)
        process.wait()
        self.back_at[name] = time.monotonic() + away_seconds

    def kill_child(self, name: str) -> None:
        """Kill one process of a worker's pool, which has some."""
        with suppress(IndexError, ProcessLookupError):  # it has just died by itself
            os.kill(self.children(name)[-1], signal.SIGKILL)

    def children(self, name: str) -> list[int]:
        """The processes that a program has started; none if it does not run."""
        _, process = self.running[name]
        if process.poll() is not None:
            return []
        listed = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        return [int(pid) for pid in listed.read_text().split()]

    def bring_back(self) -> None:
        """Start again what was killed and has been away for long enough, or fell."""
        for name, (service, process) in list(self.running.items()):
            away = self.back_at.get(name, 0) > time.monotonic()
            if process.poll() is not None and not away:
                end_group(process.pid)
                self.start(service)

    def stop(self) -> None:
        for _, process in self.running.values():
            end_group(process.pid)
            process.wait()
        self.running.clear()


@dataclass(frozen=True, slots=True)
class Mail:
    """What the mail server saw of one recipient."""

    times: list[float] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Row:
    """What the database says of one occurrence."""

    email: str
    due_at: float
    state: str
    deliveries: int
    sent: int
    attempts: int
    message_id: str | None


@dataclass(slots=True)
class Drill:
    folder: Path
    logs: Path
    environment: Mapping[str, str]
    owner_url: str
    killer: Killer
    random: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    mail_at: dict[str, int] = field(default_factory=dict)  # bytes, at its last death
    began: float = field(default_factory=time.monotonic)
    recovered_at: float = 0.0

    @property
    def mail_file(self) -> Path:
        return self.folder / "mail"

    def program(self, name: str, *argv: str, owner: bool = False) -> Service:
        url = {"DATABASE_URL": self.owner_url} if owner else {}
        return Service(
            name=name,
            argv=[sys.executable, "-m", *argv],
            log=self.logs / f"{name}.log",
            environment={**self.environment, **url},
        )

    def complete(self, name: str, *argv: str, owner: bool = False) -> None:
        step = self.program(name, *argv, owner=owner)
        with Supervisor() as once:
            if once.run(step) != [0]:
                raise CannotStartError(f"{tail(step.log)}{name} failed: {step.log}")

    def start_all(self) -> None:
        celery = ("celery", "--app=capleak", "--quiet")
        worker = (*celery, "worker", "--loglevel=INFO", f"--concurrency={SLOTS}")
        for name in WORKERS:
            self.killer.start(self.program(name, *worker, f"--hostname={name}@drill"))
        schedule = f"--schedule={self.folder / 'beat-schedule'}"
        self.killer.start(self.program("beat", *celery, "beat", schedule))

    def kill_one(self) -> bool:
        """Kill one of those that run; False if the one that was drawn does not yet.

        A worker, and Redis, come to it only when mail has left since the last time:
        on a slow machine they would be killed before they ever had one in hand.
        """
        name = self.random.choice(VICTIMS)
        worker = self.random.choice(WORKERS) if name == "child" else name
        process = self.killer.running[worker][1]
        runs = process.poll() is None
        if name == "child":
            runs = runs and bool(self.killer.children(worker))
        mail_bytes = self.mail_file.stat().st_size
        if not runs or (name != "beat" and mail_bytes <= self.mail_at.get(name, 0)):
            return False
        if name == "child":
            self.killer.kill_child(worker)
        else:
            away = self.random.uniform(*REDIS_AWAY_SECONDS) if name == "redis" else 0.0
            self.killer.kill(name, away)
        self.mail_at[name] = mail_bytes
        self.kills[name] += 1
        return True

    def kill_often(self) -> None:
        """Kill and bring back until the number is reached."""
        next_kill = next_word = time.monotonic()
        while self.kills.total() < KILLS:
            now = time.monotonic()
            if self.seconds() > LONGEST_SECONDS - IN_TIME_SECONDS:
                raise CannotStartError("This machine is too slow for the drill.")
            if now >= next_kill and self.kill_one():
                next_kill = now + self.random.uniform(*PAUSE_SECONDS)
            if now >= next_word:
                self.report()
                next_word = now + 15
            self.killer.bring_back()
            time.sleep(0.1)

    def recover(self) -> None:
        """Start again whatever is away, and wait until nothing is left to be sent."""
        self.killer.back_at.clear()
        self.killer.bring_back()
        self.recovered_at = time.time()
        say(f"{self.seconds():4.0f} s  no more kills: everything runs")
        next_word = time.monotonic() + 15
        while self.seconds() < LONGEST_SECONDS - 15:  # what is late is not lost
            if all(row.sent for row in self.rows()):
                break
            if time.monotonic() >= next_word:
                self.report()
                next_word += 15
            time.sleep(0.5)
        self.report()

    def seconds(self) -> float:
        return time.monotonic() - self.began

    def rows(self) -> list[Row]:
        with (
            closing(psycopg2.connect(self.owner_url)) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(LEDGER)
            return [
                Row(email, float(due), state, deliveries, sent, attempts or 0, id_)
                for email, due, state, deliveries, sent, attempts, id_ in cursor
            ]

    def mail(self) -> dict[str, Mail]:
        """What was seen of each recipient of whom anything was."""
        seen: dict[str, Mail] = defaultdict(Mail)
        for line in self.mail_file.read_text().splitlines():
            message = json.loads(line)
            seen[message["to"]].times.append(message["at"])
            seen[message["to"]].ids.add(message["id"])
        return seen

    def report(self) -> None:
        rows = self.rows()
        due = sum(row.due_at <= time.time() for row in rows)
        sent = sum(row.sent for row in rows)
        say(
            f"{self.seconds():4.0f} s  kills {self.kills.total():3} ({self.killed()})  "
            f"due {due:4}  sent {sent:4}"
        )

    def killed(self) -> str:
        return ", ".join(f"{name} {n}" for name, n in sorted(self.kills.items()))


def judge(drill: Drill) -> bool:
    """Print what was counted beside each goal; whether all were met."""
    rows, seen = drill.rows(), drill.mail()
    mail = {row.email: seen.get(row.email, Mail()) for row in rows}
    copies = sum(len(m.times) for m in mail.values())
    lost = [row for row in rows if not mail[row.email].times]
    doubled = [row for row in rows if row.deliveries != 1 or row.sent != 1]
    # Each attempt is a committed lease, so no message can leave more often than its row
    # counts; and only a worker's death makes a second attempt, of what it had in hand.
    beyond = [row for row in rows if len(mail[row.email].times) > row.attempts]
    workers = sum(drill.kills[name] for name in WORKERS)
    at_most = SLOTS * workers + drill.kills["child"]
    changed = [row for row in rows if not mail[row.email].ids <= {row.message_id}]
    delays = {
        row: min(mail[row.email].times) - row.due_at for row in rows if row not in lost
    }
    in_time = {
        row: max(0.0, drill.recovered_at - row.due_at) + IN_TIME_SECONDS for row in rows
    }
    late = [row for row, delay in delays.items() if delay > in_time[row]]
    last = max((t for m in mail.values() for t in m.times), default=0.0)
    most = max(len(m.times) for m in mail.values())
    repeats = copies - (len(rows) - len(lost))
    goals = {
        f"occurrences: {len(rows)}": len(rows) == OCCURRENCES,
        f"kills with -9: {drill.kills.total()} ({drill.killed()})": (
            drill.kills.total() >= FEWEST_KILLS
        ),
        f"lost: {len(lost)}": not lost,
        f"without exactly one row, sent: {len(doubled)}": not doubled,
        f"repeats: {repeats} in {copies} messages, none more than {most} times; "
        f"{at_most} may have been in hand when a worker died": (
            repeats <= at_most and not beyond
        ),
        f"not always under the same Message-ID: {len(changed)}": not changed,
        f"later than {IN_TIME_SECONDS} s after due or recovery: {len(late)}": not late,
    }
    say("")
    for text, met in goals.items():
        say(f"{'ok    ' if met else 'MISSED'}  {text}")
    if delays:
        quantiles = statistics.quantiles(delays.values(), n=20)
        say(
            f"\nfrom due to first seen, amid the killing: median {quantiles[9]:.1f} s, "
            f"95 % {quantiles[18]:.1f} s, longest {max(delays.values()):.1f} s"
        )
    say(f"the last message came {last - drill.recovered_at:.0f} s after recovery")
    say(f"whole drill: {drill.seconds():.0f} s")
    return all(goals.values())


@contextmanager
def started() -> Iterator[Drill]:
    """A drill with PostgreSQL, Redis and the mail server running."""
    with tempfile.TemporaryDirectory(prefix="capleak-drill-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # so that root can hand PostgreSQL to another account
        logs = log_folder(folder)
        try:
            with Supervisor() as base, Killer() as killer:
                cluster = postgres.start(folder, logs, base, durable=False)
                port = redis.free_port()
                environment = {
                    name: os.environ[name]
                    for name in ("PATH", "HOME", "LANG", "TZ", "TMPDIR")
                    if name in os.environ
                } | {
                    "ALLOWED_HOSTS": "drill.invalid",
                    "BASE_URL": "https://drill.invalid",
                    "CAPLEAK_DATA": name,
                    "CAPLEAK_MODE": "production",
                    "DATABASE_URL": cluster.url("capleak_web"),
                    "DEFAULT_FROM_EMAIL": "capleak@drill.invalid",
                    "DJANGO_SETTINGS_MODULE": "capleak.settings",
                    "EMAIL_HOST": "127.0.0.1",
                    "EMAIL_PORT": str(port),
                    "EMAIL_USE_TLS": "0",
                    "MPLCONFIGDIR": str(folder / "matplotlib"),
                    "REDIS_URL": redis.start(folder / "redis", logs, killer),
                    "SECRET_KEY": secrets.token_urlsafe(64),
                }
                drill = Drill(
                    folder,
                    logs,
                    environment,
                    cluster.url("capleak_owner"),
                    killer,
                    random.Random(SEED),  # noqa: S311 - which to kill is no secret
                )
                drill.mail_file.touch()
                sink = ("bench.mail_sink", str(port), str(drill.mail_file))
                base.start(drill.program("sink", *sink))
                yield drill
        finally:
            cluster_home.remove(folder / "postgres")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """The exit code: 0 when every goal was met."""
    minutes = LONGEST_SECONDS // 60
    say(f"{OCCURRENCES} reminders, {KILLS} kills, at most {minutes} minutes")
    try:
        with started() as drill:
            drill.complete("migrate", "manage", "migrate", "--skip-checks", owner=True)
            drill.complete(
                "fill", "bench.reminders", str(OCCURRENCES), str(DUE_SECONDS)
            )
            drill.start_all()
            drill.kill_often()
            drill.recover()
            return 0 if judge(drill) else 1
    except CannotStartError as obstacle:
        say(str(obstacle))
        return 1


if __name__ == "__main__":
    sys.exit(main())
