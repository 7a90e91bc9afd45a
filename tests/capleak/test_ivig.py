"""The reading side of the IVIG page: kept, months with attacks, days of the cycle."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attacks.models import Attack, Precision
from capleak import ivig
from prophylaxis.kept import kept
from prophylaxis.models import Plan
from sharing.models import Category
from tests.capleak.entries import check_in, infuse, utc

pytestmark = pytest.mark.slow

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
TODAY = date(2026, 3, 20)
FIRST = utc(2025, 10, 6)
THIS_MONTH = date(2026, 3, 1)


@pytest.fixture(autouse=True)
def _spring(time_machine):
    time_machine.move_to(NOW, tick=False)


def plan(patient, since=date(2025, 10, 6), **fields):
    said = {
        "product": "Octagam 10 %",
        "dose_g_per_kg": Decimal(2),
        "first_on": since,
        "local_time": "09:00",
        "zone": "Europe/Berlin",
        "valid_from": since,
        "began_at": utc(since.year, since.month, since.day),
    }
    return Plan.objects.create(patient=patient, **said | fields)


def every_four_weeks(patient, times=6, first=FIRST):
    for number in range(times):
        at = first + timedelta(days=28 * number)
        infuse(patient, at, dose_g=Decimal(140), weight_kg=Decimal(70))


def attack(patient, **fields):
    return Attack.objects.create(patient=patient, zone="Europe/Berlin", **fields)


def window(patient, last=THIS_MONTH):
    attacks = ivig.attack_days(patient, NOW)
    return ivig.window(kept(patient, NOW), attacks, last, TODAY)


def cycle(patient):
    return ivig.cycle(patient, window(patient), ivig.attack_days(patient, NOW))


@pytest.fixture
def get(own, sign_in, alice):
    def get(user=alice, **query) -> str:
        answer = sign_in(user).get(f"/patients/{own.public_id}/ivig/", query)
        assert answer.status_code == 200
        shown = " ".join(answer.content.decode().split())
        return shown[shown.index("<main") : shown.index("</main>")]

    return get


# --- How the plan was kept ------------------------------------------------------------


def test_counts_stand_with_the_time_observed(own, get):
    plan(own)
    every_four_weeks(own, times=5)  # the sixth was due on 23 February
    page = get()
    assert "<strong>5 of 5</strong>" in page
    assert "on time; 0 late, 0 skipped, 0 missed in 165 days of this plan" in page
    assert "<strong>28 days</strong> between infusions, mean of 4 intervals" in page
    # 10 g/kg in 165 days: 10 * 30.4375 / 165 = 1.8447
    assert "<strong>1.84 g/kg</strong> a month: 10.0 g/kg in 165 days" in page


def test_below_the_minimum_there_is_no_figure_per_month(own, get):
    plan(own, date(2026, 2, 1))
    infuse(own, utc(2026, 2, 1), dose_g=Decimal(140), weight_kg=Decimal(70))
    page = get()
    assert "too short for a figure per month" in page
    assert "from 90 days and 3 infusions on" in page


def test_without_plan_and_infusion_there_is_no_chart_and_no_count(own, get):
    page = get()
    assert "How the plan was kept" not in page
    assert "<svg class=" not in page.replace('<svg class="icon"', "")
    assert "There is no plan" in page


def test_infusions_without_a_plan_are_told_and_not_judged(own, get):
    every_four_weeks(own)
    page = get()
    assert "without a plan" in page
    assert "of 5" in page  # intervals
    assert "<strong>6 of 6</strong>" not in page


# --- The strips -----------------------------------------------------------------------


def test_the_window_is_the_three_years_up_to_this_month(own):
    shown = window(own)
    assert (shown.first, shown.last) == (date(2023, 4, 1), date(2026, 3, 31))
    strips = ivig.strip_chart(shown).strips
    assert [strip.label for strip in strips] == [
        "Apr 2023 – Mar 2024",
        "Apr 2024 – Mar 2025",
        "Apr 2025 – Mar 2026",
    ]
    assert [strip.days for strip in strips] == [366, 365, 365]
    assert [strip.now for strip in strips] == [None, None, 353.5]


def test_each_course_stands_at_its_day_with_its_dose(own):
    plan(own)
    every_four_weeks(own, times=1)
    infuse(own, utc(2025, 11, 3))
    strip = ivig.strip_chart(window(own)).strips[-1]
    assert [(d.at, d.g_per_kg) for d in strip.doses] == [(188.5, 2.0), (216.5, None)]
    assert strip.planned == [(188, 353, 2.0)]  # until today
    assert [kind for _, kind in strip.unmet] == ["missed", "missed", "missed"]


def test_an_attack_stands_on_its_days_and_is_named_by_its_first(own):
    attack(own, leak_start=utc(2026, 1, 10), end=utc(2026, 1, 14))
    (drawn,) = ivig.strip_chart(window(own)).strips[-1].attacks
    assert (drawn.start, drawn.end, drawn.label) == (284, 289, "10 Jan")


def test_an_attack_over_the_end_of_a_strip_goes_on_in_the_next(own):
    attack(own, leak_start=utc(2025, 3, 30), end=utc(2025, 4, 3))
    _, before, after = ivig.strip_chart(window(own)).strips
    assert [(a.start, a.end, a.label) for a in before.attacks] == [(363, 365, "30 Mar")]
    assert [(a.start, a.end, a.label) for a in after.attacks] == [(0, 3, "")]


def test_an_open_attack_reaches_until_today(own):
    attack(own, leak_start=utc(2026, 3, 18), ongoing=True)
    (drawn,) = ivig.strip_chart(window(own)).strips[-1].attacks
    assert (drawn.start, drawn.end) == (351, 354)


def test_what_is_known_by_its_year_alone_is_told_and_not_drawn(own, get):
    every_four_weeks(own, times=1)
    attack(own, leak_start=utc(2024, 7, 1), leak_start_precision=Precision.YEAR)
    assert not any(strip.attacks for strip in ivig.strip_chart(window(own)).strips)
    page = get()
    assert "1 attack is known only by its year and is not drawn." in page
    assert "some time in 2024" in page


@pytest.mark.parametrize(
    ("outcome", "shown"),
    [("attack", 1), ("self_limited", 1), ("aborted", 0), ("not_attack", 0)],
)
def test_only_what_counts_as_an_attack_is_shown(own, outcome, shown):
    attack(own, prodrome_start=utc(2026, 1, 10), outcome=outcome)
    assert len(window(own).attacks) == shown


def test_the_table_has_what_the_strips_show_newest_first(own, get):
    plan(own)
    every_four_weeks(own, times=2)
    infuse(own, utc(2025, 12, 9), dose_g=Decimal(70), weight_kg=Decimal(70))
    attack(own, leak_start=utc(2026, 1, 10), end=utc(2026, 1, 14))
    told = [
        (row.day, row.days_after, row.due and row.due.outcome.value, bool(row.attack))
        for row in ivig.rows(window(own))
    ]
    assert told == [
        (date(2026, 2, 3), None, "missed", False),
        (date(2026, 1, 10), None, None, True),
        (date(2026, 1, 6), None, "missed", False),
        (date(2025, 12, 9), 36, "late", False),
        (date(2025, 11, 3), 28, "on time", False),
        (date(2025, 10, 6), None, "on time", False),
    ]
    assert "8 days late" in get()


def test_the_chart_says_in_a_sentence_what_it_shows(own):
    plan(own)
    every_four_weeks(own, times=2)
    attack(own, leak_start=utc(2026, 1, 10))
    assert ivig.strip_sentence(window(own)) == (
        "April 2023 to March 2026: 2 infusions, 3 missed, 1 attack."
    )


def test_earlier_months_are_a_page_away(own, get):
    plan(own, date(2020, 1, 6))
    every_four_weeks(own, first=utc(2020, 1, 6))
    page = get()
    assert "?to=2023-03#months" in page
    older = get(to="2023-03")
    assert "April 2020 to March 2023" in older
    assert "?to=2026-03#months" in older
    assert "?to=2020-03#months" in older
    assert "Earlier</a>" not in get(to="2020-03")


@pytest.mark.parametrize("to", ["", "2026", "x", "9999-99", "2026-13", "0000-00"])
def test_an_address_that_is_no_month_shows_this_one(own, get, to):
    every_four_weeks(own)
    assert "to March 2026" in get(to=to)


# --- The cycle ------------------------------------------------------------------------


def test_days_are_counted_from_the_last_infusion(own):
    every_four_weeks(own, times=6)
    check_in(own, utc(2025, 10, 6, 18), symptoms={"headache": 2})  # day 0
    check_in(own, utc(2025, 11, 3, 18), no_symptoms=True)  # day 0
    check_in(own, utc(2025, 10, 31), symptoms={"fatigue": 1})  # day 25
    found = cycle(own)
    assert (found.cycles, found.due, len(found.days)) == (6, 28, 43)
    assert (found.days[0].days, found.days[0].observed) == (6, 2)
    assert (found.days[0].symptoms, found.days[0].worse) == (1, 1)
    assert (found.days[25].observed, found.days[25].symptoms) == (1, 1)


def test_an_entry_that_says_nothing_of_symptoms_is_no_well_day(own):
    every_four_weeks(own, times=3)
    check_in(own, utc(2025, 10, 6, 18), note="windy")
    assert cycle(own).days[0].observed == 0


def test_the_days_of_an_attack_are_left_out_and_its_beginning_counts(own):
    every_four_weeks(own, times=6)
    attack(own, prodrome_start=utc(2025, 10, 20), end=utc(2025, 10, 24))
    check_in(own, utc(2025, 10, 21), symptoms={"fatigue": 3})
    found = cycle(own)
    assert (found.left_out, found.days[14].attacks) == (5, 1)
    assert sum(day.symptoms for day in found.days) == 0


def test_an_attack_whose_day_is_not_known_counts_on_none(own):
    every_four_weeks(own, times=6)
    attack(own, leak_start=utc(2025, 10, 20), leak_start_precision=Precision.WEEK)
    assert sum(day.attacks for day in cycle(own).days) == 0


def test_the_cycle_is_as_long_as_the_plan_says(own):
    plan(own, interval_days=14)
    every_four_weeks(own)
    found = cycle(own)
    assert (found.due, found.days[-1].last) == (14, 28)


def test_below_three_infusions_there_is_no_chart_of_the_cycle(own, get):
    every_four_weeks(own, times=2)
    page = get()
    assert "once these months hold 3 infusions. Now they hold 2." in page
    assert 'id="cycle-' not in page.replace('id="cycle-title"', "")


def test_nothing_is_concluded_and_few_days_are_not_compared(own, get):
    every_four_weeks(own)
    check_in(own, utc(2025, 10, 6, 18), symptoms={"headache": 2})
    page = get()
    assert "nothing is concluded from them" in page
    assert "1 day with an entry: too few" in page


# --- The page -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"),
    [("alice", 200), ("viewer", 200), ("doctor", 200), ("eve", 404)],
)
def test_those_who_see_the_record_see_it(request, own, sign_in, who, status):
    every_four_weeks(own)
    client = sign_in(request.getfixturevalue(who))
    answer = client.get(f"/patients/{own.public_id}/ivig/")
    assert answer.status_code == status
    assert ("Symptoms by day of the cycle" in answer.content.decode()) is (
        status == 200
    )


def test_a_reader_without_notes_sees_none(own, get, grant_to, eve):
    plan(own)
    every_four_weeks(own)
    attack(own, leak_start=utc(2026, 1, 10), note="in Lisbon")
    grant_to(eve, hidden=[Category.NOTES])
    assert "Lisbon" not in get(eve)


def test_it_asks_no_more_for_many_years_than_for_a_month(own, alice, sign_in):
    def queries():
        client = sign_in(alice)
        with CaptureQueriesContext(connection) as asked:
            client.get(f"/patients/{own.public_id}/ivig/")
        return len(asked)

    plan(own)
    every_four_weeks(own, times=4)
    attack(own, leak_start=utc(2026, 1, 10), end=utc(2026, 1, 12))
    few = queries()
    every_four_weeks(own, times=30, first=utc(2020, 1, 6))
    for year in range(2020, 2025):
        attack(own, leak_start=utc(year, 1, 10), end=utc(year, 1, 12))
    for number in range(20):
        check_in(own, utc(2026, 1, 10 + number), symptoms={"fatigue": 1})
    assert queries() == few
