"""Pages with a chart from the cache against a plain page of the same frame."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.test.utils import get_runner, setup_test_environment

from attacks.models import Attack
from bench.charts import points
from bench.turns import in_turns, told
from capleak import consent
from diary.models import CheckIn, Measurement
from prophylaxis.models import Infusion
from sharing.models import Patient, User

PAGE_GOAL: Final = 2.0
DAY: Final = timedelta(days=1)
ZONE: Final = "Europe/Berlin"


def pages() -> list[bool]:
    """Pages of a rich record, each with its chart in the cache."""
    logging.disable(logging.INFO)
    setup_test_environment(debug=False)
    runner = get_runner(settings)(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    try:
        owner, patient, attack = a_record()
        base = f"/patients/{patient.public_id}/"
        browser = Client()
        browser.force_login(owner)
        plain = get(browser, f"{base}attacks/start/")
        found = []
        for name, path in (
            ("numbers", "attacks/numbers/"),
            ("comparison", "attacks/compare/"),
            ("one attack", f"attacks/{attack.public_id}/"),
        ):
            chart_page = get(browser, base + path)
            took = in_turns(chart_page, plain)
            found.append(told(f"cached page: {name}", took, PAGE_GOAL))
        cache.clear()
    finally:
        runner.teardown_databases(databases)
    return found


def get(browser: Client, url: str) -> Callable[[], None]:
    def ask() -> None:
        answer = browser.get(url)
        if answer.status_code != 200:
            raise SystemExit(f"a page answers {answer.status_code}")

    return ask


def a_record() -> tuple[User, Patient, Attack]:
    """Ten attacks with measurements, a diary, and monthly infusions."""
    now = datetime.now(UTC)
    owner = User.objects.create_user("bench@example.org", name="Bench")
    consent.agree(owner)
    patient = Patient.objects.create(owner=owner, name="Bench", zone=ZONE)
    rows: list[Any] = []
    for n in range(10):
        leak = now - (100 + 300 * n) * DAY
        attack = Attack.objects.create(
            patient=patient,
            zone=ZONE,
            prodrome_start=leak - 2 * DAY,
            leak_start=leak,
            recovery_start=leak + 2 * DAY,
            end=leak + 7 * DAY,
        )
        for at, value in points(122, 45, 30):
            row = Measurement(
                patient=patient,
                quantity="systolic",
                value=round(value),
                typed_value=round(value),
                typed_unit="mmHg",
            )
            row.set_moment(leak + at * DAY, ZONE)
            rows.append(row)
    Measurement.objects.bulk_create(rows)
    well = []
    for n in range(300):
        checkin = CheckIn(patient=patient, no_symptoms=True)
        checkin.set_moment(now - (3200 - 10 * n) * DAY, ZONE)
        well.append(checkin)
    CheckIn.objects.bulk_create(well)
    infusions = []
    for n in range(60):
        infusion = Infusion(patient=patient, product="IG", dose_g=140, weight_kg=70)
        infusion.set_start(now - (1700 - 28 * n) * DAY, ZONE)
        infusions.append(infusion)
    Infusion.objects.bulk_create(infusions)
    return owner, patient, attack
