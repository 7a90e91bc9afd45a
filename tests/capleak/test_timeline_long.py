"""Thirty years of entries: a page costs what it costs after a week."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from diary.models import CheckIn, Comment, Measurement, Symptom
from prophylaxis.models import Infusion
from sharing.models import Patient
from tests.conftest import AS_APP, AS_OWNER

YEARS, DAYS_A_YEAR = 30, 300
LAST = date(2026, 3, 31)
PAGES = (
    "timeline/",
    "timeline/?kind=symptoms",
    "timeline/?kind=measurements",
    "timeline/?kind=events",
    "timeline/?kind=comments",
    "timeline/?kind=notes",
    "timeline/?on=2011-05-06",
    "timeline/?before=1997-05-06",
    "timeline/?kind=symptoms&before=2003-05-06",
    "year/?to=2011-05",
)
MOST_QUERIES = 38  # with those of the frame and of the session


@pytest.fixture
def long(own: Patient) -> Patient:
    """A record of thirty years with 300 days each, known to the planner."""
    days = [
        LAST - timedelta(days=365 * year + day)
        for year in range(YEARS)
        for day in range(DAYS_A_YEAR)
    ]
    checkins = CheckIn.objects.bulk_create(_moment(CheckIn, own, day) for day in days)
    Symptom.objects.bulk_create(
        Symptom(checkin=checkin, code="fatigue", severity=n % 4)
        for n, checkin in enumerate(checkins)
    )
    Measurement.objects.bulk_create(
        _moment(
            Measurement,
            own,
            checkin.day,
            checkin=checkin,
            quantity="pulse",
            value=Decimal(72),
            typed_value=Decimal(72),
            typed_unit="/min",
        )
        for checkin in checkins[::2]
    )
    CheckIn.objects.filter(pk__in=[c.pk for c in checkins[::5]]).update(note="windy")
    infusions = [Infusion(patient=own, product="Ig") for _ in range(0, len(days), 28)]
    for infusion, day in zip(infusions, days[::28], strict=True):
        infusion.set_start(datetime(day.year, day.month, day.day, 9, tzinfo=UTC), "UTC")
    Infusion.objects.bulk_create(infusions)
    Comment.objects.bulk_create(
        Comment(patient=own, day=day, text="Well done", author_name="Ben")
        for day in days[::30]
    )
    with connection.cursor() as cursor:
        cursor.execute(AS_OWNER)
        cursor.execute("ANALYZE")
        cursor.execute(AS_APP)
    return own


def _moment(model, patient: Patient, day: date, **fields):
    at = datetime(day.year, day.month, day.day, 7, tzinfo=UTC)
    row = model(patient=patient, recorded_at=at, **fields)
    row.set_moment(at, "Europe/Berlin")
    return row


def scans_of_checkins(sql: str) -> Iterator[str]:
    """Each step of the plan of a query that goes through the whole table."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        for (line,) in cursor.fetchall():
            if "Seq Scan on diary_checkin" in line:
                yield line


@pytest.mark.slow
def test_after_thirty_years_a_page_is_as_few_queries_each_by_an_index(
    long, sign_in, alice
):
    client: Client = sign_in(alice)
    for page in PAGES:
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(f"/patients/{long.public_id}/{page}")
        assert answer.status_code == 200
        assert b'class="empty"' not in answer.content, page
        queries = [query["sql"] for query in captured.captured_queries]
        assert len(queries) <= MOST_QUERIES, page
        asked = [sql for sql in queries if '"diary_checkin"' in sql]
        assert [scan for sql in asked for scan in scans_of_checkins(sql)] == [], page


@pytest.mark.slow
def test_after_thirty_years_a_search_is_as_few_queries(long, sign_in, alice):
    with CaptureQueriesContext(connection) as captured:
        answer = sign_in(alice).post(
            f"/patients/{long.public_id}/timeline/search/", {"words": "windy"}
        )
    assert "1800 places hold" in answer.content.decode()
    assert len(captured) <= MOST_QUERIES
