"""What the list of diaries costs somebody who follows a thousand.

    make bench-homes              # on a PostgreSQL of its own, about a minute
    python -m bench.homes 5000    # more, on the database of the environment

Fills the database, so only for one that is thrown away. Each record has a year of
check-ins every other day, a plan with its infusions, and some have an open attack or a
flag. Exit status 1 if a goal is missed.
"""

import statistics
import sys
import time
from datetime import timedelta
from typing import Final

import django

django.setup()

# Models need the settings, so their imports come after the setup.
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from attacks.models import Attack  # noqa: E402
from capleak import consent  # noqa: E402
from diary.models import CheckIn, ProdromeFlag  # noqa: E402
from prophylaxis.models import Infusion, Plan  # noqa: E402
from sharing.models import (  # noqa: E402
    AccessEvent,
    Grant,
    Patient,
    User,
    hash_token,
    new_token,
)

PATIENTS: Final = 1_000
SIZES: Final = (10, 100)  # for comparison; and all
ROUNDS: Final = 30
CHECKINS: Final = 180
INFUSIONS: Final = 13

TIMES_SMALL: Final = 6.0  # the list of all, against that of ten; design choice
DAY: Final = timedelta(days=1)


def records(number: int) -> list[Patient]:
    """That many records with a year of entries."""
    now = timezone.now()
    made = Patient.objects.bulk_create(
        Patient(name=f"Person {n:05}", zone="Europe/Berlin", plan_text="x" * 1000)
        for n in range(number)
    )
    checkins, infusions = [], []
    for n, patient in enumerate(made):
        for k in range(CHECKINS):
            checkin = CheckIn(patient=patient, no_symptoms=True)
            checkin.set_moment(now - (2 * k + n % 9) * DAY, patient.zone)
            checkins.append(checkin)
        for k in range(INFUSIONS):
            infusion = Infusion(patient=patient, product="Privigen")
            infusion.set_start(now - (28 * k + n % 32) * DAY, patient.zone)
            infusions.append(infusion)
    CheckIn.objects.bulk_create(checkins, batch_size=5000)
    Infusion.objects.bulk_create(infusions, batch_size=5000)
    Plan.objects.bulk_create(
        Plan(
            patient=patient,
            product="Privigen",
            dose_g_per_kg=1,
            first_on=(now - 365 * DAY).date(),
            local_time="08:00",
            zone=patient.zone,
        )
        for patient in made
    )
    Attack.objects.bulk_create(
        Attack(patient=patient, leak_start=now - DAY, ongoing=True, zone=patient.zone)
        for patient in made[::50]
    )
    ProdromeFlag.objects.bulk_create(
        ProdromeFlag(
            patient=patient,
            level="watch",
            peak="watch",
            score=4.0,
            opened_at=now - DAY,
            rule_version="bench",
            reasons=[{"code": "dizziness"}],
            first_at=now - DAY,
            last_at=now - DAY,
        )
        for patient in made[7::50]
    )
    return made


def follower(of: list[Patient]) -> User:
    """A clinician with a grant on each of the records."""
    now = timezone.now()
    user = User.objects.create_user(f"clinic{len(of)}@bench.invalid", name="Clinic")
    consent.agree(user)
    Grant.objects.bulk_create(
        Grant(
            patient=patient,
            user=user,
            kind=Grant.Kind.CLINICIAN,
            permissions=["view", "export"],
            hidden=["notes"] if n % 4 == 0 else [],
            starts_at=now - DAY,
            accepted_at=now - DAY,
            invitation_expires_at=now + DAY,
            token_hash=hash_token(new_token()),
        )
        for n, patient in enumerate(of)
    )
    return user


def ask(browser: Client, words: str) -> None:
    """The list, or a search for a name in it."""
    sent = {"words": words}
    answer = browser.post("/home/", sent) if words else browser.get("/home/")
    assert answer.status_code == 200


def timed(browser: Client, words: str) -> tuple[list[float], int, float]:
    """Milliseconds of each round, and queries and lines in access logs of one."""
    times = []
    lines = AccessEvent.objects.count()
    for _ in range(ROUNDS):
        began = time.perf_counter()
        ask(browser, words)
        times.append(1000 * (time.perf_counter() - began))
    lines = AccessEvent.objects.count() - lines
    with CaptureQueriesContext(connection) as asked:
        ask(browser, words)
    return times, len(asked), lines / ROUNDS


def main(number: int) -> int:
    """The exit code: 0 when all cost the same queries, and many little more time."""
    settings.SECOND_FACTOR_REQUIRED = False
    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("migrate", verbosity=0, skip_checks=True)
    made = records(number)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    queries: set[int] = set()
    medians = []
    for size in (*SIZES, number):
        browser = Client()
        browser.force_login(follower(made[:size]))
        browser.get("/home/")  # makes connections and templates
        for what, words in (("list", ""), ("search", f"son {size - 1:05}")):
            times, asked, lines = timed(browser, words)
            median = statistics.median(times)
            sys.stdout.write(
                f"{size:6} patients, {what:6}: median {median:5.0f} ms, slowest"
                f" {max(times):5.0f} ms; {asked} queries, {lines:.0f} log lines\n"
            )
            queries.add(asked)
            medians.append(median)
    met = len(queries) == 1 and max(medians) <= TIMES_SMALL * medians[0]
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else PATIENTS))
