"""What the sweep costs while a million reminders wait.

    make bench-sweep              # some minutes
    python -m bench.sweep 100000  # fewer, on the database of the environment

Fills the database, so only for one that is thrown away. Each figure stands beside a
floor of the same run: for looking when nothing is due, the smallest query there is; for
dispatching, reading the same rows and writing the same messages and nothing else. Exit
status 1 if a goal is missed.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

import django

django.setup()

# Models need the settings, so their imports come after the setup.
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.db.models import QuerySet  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench.reminders import people, reminder  # noqa: E402
from notifications import dispatch  # noqa: E402
from notifications.models import Delivery, Occurrence  # noqa: E402
from sharing.models import Patient  # noqa: E402

SCHEDULES: Final = 1_000_000
PEOPLE: Final = 10_000  # each is due one message when dispatching is measured
SENT_EACH: Final = 10  # of the past, with their messages
LOOKS: Final = 50
ROUNDS: Final = 3

LOOK_MS: Final = 1.0
TIMES_FLOOR: Final = 2.5

# Spread over the year to come, and over the days that have passed.
FUTURE: Final = """
    INSERT INTO notifications_occurrence (patient_id, kind, subject, key, due_at,
           expires_at, about_at, zone, state)
    SELECT p.id, 'infusion', 'medicine:' || n %% 5, 'future:' || n, due, due + lasts,
           due + lasts, 'Europe/Berlin', 'pending'
      FROM sharing_patient p, generate_series(1, %s) n,
           LATERAL (SELECT now() + interval '1 day' + n * interval '3 hours'
                           + p.id %% 180 * interval '1 minute' AS due,
                           interval '2 hours' AS lasts) t
"""
PAST: Final = """
    WITH told AS (
        INSERT INTO notifications_occurrence (patient_id, kind, subject, key, due_at,
               expires_at, about_at, zone, state)
        SELECT p.id, 'infusion', 'medicine:' || n %% 5, 'past:' || n,
               now() - n * interval '1 day', now(), now(), 'Europe/Berlin', 'dispatched'
          FROM sharing_patient p, generate_series(1, %s) n
     RETURNING id, patient_id, due_at)
    INSERT INTO notifications_delivery (occurrence_id, user_id, channel, endpoint,
           message_id, state, attempts, next_attempt_at, settled_at, problem)
    SELECT told.id, p.owner_id, 'email', 'person' || p.id || '@drill.invalid',
           '<' || told.id || '@drill.invalid>', 'sent', 1, told.due_at, told.due_at, ''
      FROM told JOIN sharing_patient p ON p.id = told.patient_id
"""
TABLES: Final = ("notifications_occurrence", "notifications_delivery")


def fill(schedules: int) -> None:
    """That many reminders to come, and what was sent before."""
    with connection.cursor() as cursor:
        people(PEOPLE)
        cursor.execute(FUTURE, [schedules // PEOPLE])
        cursor.execute(PAST, [SENT_EACH])
    tidy()


def tidy() -> None:
    """As autovacuum would in time; here it would come in the middle of a figure."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE {table}")


def explained_ms(query: "QuerySet[Any, Any]") -> list[float]:
    """Execution times in the database, in milliseconds; the plan is made each time."""
    times = []
    for _ in range(LOOKS):
        with transaction.atomic():
            (plan,) = json.loads(query.explain(format="json", analyze=True))
        times.append(plan["Execution Time"])
    return times


def smallest_ms() -> list[float]:
    times = []
    with connection.cursor() as cursor:
        for _ in range(LOOKS):
            cursor.execute("EXPLAIN (ANALYZE, FORMAT json) SELECT 1")
            times.append(cursor.fetchone()[0][0]["Execution Time"])
    return times


def look() -> bool:
    """The two questions of a sweep while nothing is due; whether the goal is met."""
    due_now = Occurrence.objects.due().select_for_update(skip_locked=True, of=("self",))
    to_try = Delivery.objects.claimable().order_by("next_attempt_at", "pk")
    due = explained_ms(due_now[: dispatch.BATCH])
    waiting = explained_ms(to_try.values_list("pk")[: dispatch.MOST_AT_ONCE])
    floor = statistics.median(smallest_ms())
    both = statistics.median(due) + statistics.median(waiting)
    worst = max(due) + max(waiting)
    say(f"looking when nothing is due, median of {LOOKS}, in the database")
    say(f"  what is due              {statistics.median(due):8.3f} ms")
    say(f"  what is to be tried now  {statistics.median(waiting):8.3f} ms")
    say(f"  floor, SELECT 1          {floor:8.3f} ms")
    return verdict(
        f"selection {both:.3f} ms (worst {worst:.3f}), goal {LOOK_MS} ms",
        met=both <= LOOK_MS,
    )


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def make_due() -> None:
    """One reminder for each person, due by now."""
    now = timezone.now()
    Occurrence.objects.bulk_create(
        reminder(patient, now - timedelta(seconds=1))
        for patient in Patient.objects.all()
    )
    tidy()


def read_and_write(owners: Mapping[int, tuple[int, str]]) -> None:
    """The floor: the same rows read, and as many messages written, by the ORM."""
    due = Occurrence.objects.filter(
        state=Occurrence.State.PENDING, due_at__lte=timezone.now()
    )
    Delivery.objects.bulk_create(
        Delivery(
            occurrence=occurrence,
            user_id=user,
            channel="email",
            endpoint=email,
            message_id=f"<{uuid4().hex}@drill.invalid>",
        )
        for occurrence in due
        for user, email in [owners[occurrence.patient_id]]
    )


def undone(work: Callable[[], object]) -> None:
    with transaction.atomic():
        work()
        transaction.set_rollback(True)


def claim() -> bool:
    """Dispatching what fell due at once; whether the goal is met."""
    ours, floors = [], []
    users = Patient.objects.values_list("pk", "owner", "owner__email")
    owners = {pk: (user, email) for pk, user, email in users}
    for _ in range(ROUNDS):
        make_due()
        floors.append(seconds(lambda: undone(lambda: read_and_write(owners))))
        tidy()
        ours.append(seconds(dispatch.sweep))
        made = Delivery.objects.filter(state=Delivery.State.WAITING)
        if made.count() != PEOPLE:
            say(f"  {made.count()} messages instead of {PEOPLE}")
            return False
        made.update(state="sent", settled_at=timezone.now())
    mine, floor = statistics.median(ours), statistics.median(floors)
    say(f"\n{PEOPLE:,} due at once, median of {ROUNDS}")
    say(f"  dispatched by the sweep           {mine:6.2f} s")
    say(f"  floor, ORM select + bulk_create   {floor:6.2f} s")
    return verdict(
        f"{mine / floor:.2f} times the floor, goal {TIMES_FLOOR}",
        met=mine <= TIMES_FLOOR * floor,
    )


def verdict(text: str, *, met: bool) -> bool:
    say(f"{'ok    ' if met else 'MISSED'}  {text}")
    return met


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(schedules: int) -> int:
    """The exit code: 0 when both goals were met."""
    call_command("migrate", verbosity=0, skip_checks=True)
    took = seconds(lambda: fill(schedules))
    to_come = Occurrence.objects.filter(state=Occurrence.State.PENDING).count()
    say(
        f"{to_come:,} reminders to come and {Delivery.objects.count():,} messages sent "
        f"({took:.0f} s to fill)\n"
    )
    return 0 if [look(), claim()] == [True, True] else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else SCHEDULES))
