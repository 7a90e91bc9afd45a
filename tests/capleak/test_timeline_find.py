"""Finding something in the timeline: filters, a date, back to the newest days."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from attacks.models import Attack
from capleak import timeline
from capleak.timeline import Only
from diary.comments import add_comment
from diary.drafts import Reading
from sharing.models import Patient
from tests.capleak.entries import check_in, infuse, utc

pytestmark = pytest.mark.slow

PULSE = Reading("pulse", Decimal(80), Decimal(80), "/min")


@pytest.fixture
def march(own, alice):
    """One thing of each kind, each on a day of its own, from 1 to 9 March."""
    check_in(own, utc(2026, 3, 1), no_symptoms=True)
    check_in(own, utc(2026, 3, 2), symptoms={"fatigue": 1})
    check_in(own, utc(2026, 3, 3), symptoms={"fatigue": 0})  # asked, and not there
    check_in(own, utc(2026, 3, 4), symptoms={"fatigue": None})  # there, not graded
    check_in(own, utc(2026, 3, 5), readings=(PULSE,))
    check_in(own, utc(2026, 3, 6), note="windy")
    infuse(own, utc(2026, 3, 7))
    Attack.objects.create(
        patient=own, zone="Europe/Berlin", leak_start=utc(2026, 3, 8), ongoing=True
    )
    add_comment(own, client_id=uuid4(), day=date(2026, 3, 9), text="So quiet", by=alice)
    return own


@pytest.fixture
def get(own, sign_in, alice):
    def get(reader=alice, **query) -> str:
        url = f"/patients/{own.public_id}/timeline/"
        answer = sign_in(reader).get(url, query)
        assert answer.status_code == 200
        return " ".join(answer.content.decode().split())

    return get


@pytest.mark.parametrize(
    ("only", "days"),
    [
        (None, [9, 8, 7, 6, 5, 4, 3, 2, 1]),
        (Only.SYMPTOMS, [4, 2]),
        (Only.MEASUREMENTS, [5]),
        (Only.EVENTS, [8, 7]),
        (Only.COMMENTS, [9]),
        (Only.NOTES, [6]),
    ],
)
def test_a_filter_leaves_the_days_that_hold_its_kind(march, only, days):
    found = timeline.page(march, None, only).days
    assert [d.day.day for d in found] == days


def test_a_filter_leaves_out_the_other_entries_of_a_day(march):
    infuse(march, utc(2026, 3, 2, 8))
    (day,) = (d for d in timeline.page(march, None, Only.EVENTS).days if d.day.day == 2)
    assert [e.kind for e in day.entries] == ["infusion"]


def test_what_a_filter_leaves_out_is_never_called_a_day_without_an_entry(march, get):
    check_in(march, utc(2026, 2, 1), symptoms={"fatigue": 1})
    assert "days without an entry" in get()
    assert "without an entry" not in get(kind="symptoms")
    assert "Everything else is left out here." in get(kind="symptoms")


def test_a_filtered_day_leads_to_the_whole_day(march, get):
    assert "?on=2026-03-05" in get(kind="measurements")


def test_a_filter_is_kept_on_the_way_to_older_days(own, get):
    for n in range(15):
        check_in(own, utc(2026, 3, 1 + n), symptoms={"fatigue": 1})
    assert "?kind=symptoms&amp;before=2026-03-02" in get(kind="symptoms")


@pytest.mark.parametrize("kind", ["", "nonsense", "symptoms'--", "SYMPTOMS", "x" * 999])
def test_a_strange_filter_shows_everything(march, get, kind):
    assert "No symptoms" in get(kind=kind)


def test_where_notes_are_hidden_nobody_can_ask_which_entries_have_one(
    march, get, grant_to, eve
):
    grant_to(eve, hidden=["notes"])
    opened = Patient.objects.visible_to(eve).get(pk=march.pk)
    assert Only.NOTES not in timeline.choices(opened)
    assert timeline.page(opened, None, Only.NOTES).days == []
    assert "windy" not in get(eve, kind="notes")
    assert "?kind=notes" not in get(eve)


def test_a_date_opens_its_day_first(march, get):
    shown = get(on="2026-03-05")
    assert "Thursday 5 March 2026" in shown
    assert "Friday 6 March 2026" not in shown


def test_a_date_without_an_entry_says_so_and_shows_the_days_before_it(own, get):
    check_in(own, utc(2026, 3, 1), no_symptoms=True)
    shown = get(on="2026-03-14")
    assert "No entry on 14 March 2026." in shown
    assert "Sunday 1 March 2026" in shown


def test_a_date_before_the_first_entry_says_that_nothing_is_older(march, get):
    shown = get(on="1950-01-01")
    assert "There is nothing older." in shown
    assert "Newer days" in shown


@pytest.mark.parametrize(
    "day", ["2026-02-30", "soon", "99999-01-01", "2026-03-01'--", "0", "-1"]
)
def test_a_date_that_is_none_is_refused_beside_its_field(march, get, day):
    shown = get(on=day)
    assert "Enter a date like 2026-03-14." in shown
    assert "Monday 9 March 2026" in shown


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_dates_like_others(march, get, day):
    assert "Enter a date" not in get(on=day)


def test_newer_days_are_the_page_that_follows_without_a_day_twice(own):
    for n in range(31):
        check_in(own, utc(2026, 1, 1) + timedelta(days=n), no_symptoms=True)
    page = timeline.page(own, date(2026, 1, 11))
    assert page.days[0].day == date(2026, 1, 10)
    newer = timeline.page(own, page.newer)
    assert newer.days[-1].day == date(2026, 1, 11)
    assert newer.older == date(2026, 1, 11)
    assert timeline.page(own, newer.newer).newer is None


def test_the_newest_page_has_no_way_to_newer_days(march, get):
    assert "Back to the newest days" not in get()
    assert "Back to the newest days" in get(on="2026-03-05")
    assert "Newer days" not in get(on="2026-03-30")
