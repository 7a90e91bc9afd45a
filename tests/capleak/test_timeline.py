"""The timeline: newest first, nothing lost between pages, silence never called well."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attacks.models import Attack
from capleak import timeline
from diary.drafts import Reading
from tests.capleak.entries import check_in, infuse


def test_days_are_newest_first_and_gaps_say_no_entry(own):
    check_in(own, datetime(2026, 3, 1, 12, tzinfo=UTC), no_symptoms=True)
    check_in(own, datetime(2026, 3, 5, 12, tzinfo=UTC), symptoms={"fatigue": 2})
    page = timeline.page(own, None)
    assert [d.day for d in page.days] == [date(2026, 3, 5), date(2026, 3, 1)]
    assert [d.silent_before for d in page.days] == [3, 0]


def test_pages_hold_each_day_exactly_once(own):
    for n in range(31):
        check_in(own, datetime(2026, 1, 1, 9, tzinfo=UTC) + timedelta(days=n))
    days, before = [], None
    while True:
        page = timeline.page(own, before)
        days += [d.day for d in page.days]
        if page.older is None:
            break
        before = page.older
    assert days == [date(2026, 1, 31) - timedelta(days=n) for n in range(31)]


def test_everything_of_a_day_stands_on_it_with_its_phase(own):
    leak = datetime(2026, 3, 5, 6, tzinfo=UTC)
    Attack.objects.create(
        patient=own, zone="Europe/Berlin", leak_start=leak, ongoing=True
    )
    check_in(own, leak + timedelta(hours=2), symptoms={"edema_limbs": 3})
    infuse(own, leak + timedelta(hours=5))
    (day,) = timeline.page(own, None).days
    assert [(e.kind, e.phase) for e in day.entries] == [
        ("infusion", "leak"),
        ("checkin", "leak"),
        ("boundary", "leak"),
    ]


def test_an_entry_made_while_traveling_stays_on_the_day_it_was_lived(own):
    at = datetime(2026, 3, 2, 3, 30, tzinfo=UTC)  # still 1 March in New York
    check_in(own, at, zone="America/New_York", note="late flight")
    (day,) = timeline.page(own, None).days
    assert day.day == date(2026, 3, 1)
    assert f"{day.entries[0].at:%H:%M}" == "22:30"


def test_a_late_entry_shows_both_times(own, sign_in, alice):
    check_in(own, datetime(2026, 3, 1, 12, tzinfo=UTC), note="typed in later")
    page = sign_in(alice).get(f"/patients/{own.public_id}/timeline/")
    assert "written down" in page.content.decode()


def test_a_page_costs_the_same_number_of_queries_however_full(own, sign_in, alice):
    client = sign_in(alice)
    url = f"/patients/{own.public_id}/timeline/"

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    def fill(times: int) -> None:
        for n in range(times):
            check_in(
                own,
                datetime(2026, 3, 1, 9, tzinfo=UTC) + timedelta(hours=7 * n),
                symptoms={"fatigue": 1, "nausea": 2},
                readings=(Reading("pulse", Decimal(80), Decimal(80), "/min"),),
            )

    fill(2)
    few = queries()
    fill(40)
    assert queries() == few


@pytest.mark.parametrize("before", ["", "nonsense", "9999-99-99", "2026-03-01'--"])
def test_a_strange_cursor_shows_the_newest_days(own, sign_in, alice, before):
    answer = sign_in(alice).get(
        f"/patients/{own.public_id}/timeline/", {"before": before}
    )
    assert answer.status_code == 200


def test_an_empty_timeline_teaches(own, sign_in, alice):
    page = sign_in(alice).get(f"/patients/{own.public_id}/timeline/")
    assert "Nothing here yet" in page.content.decode()
