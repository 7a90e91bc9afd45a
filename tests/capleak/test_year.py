"""Twelve months: every day as it was said, and silence never counted as health."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attacks.models import Attack, Precision
from capleak import year as twelve
from diary.drafts import Reading
from sharing.models import Patient
from tests.capleak.entries import check_in, infuse, utc

pytestmark = pytest.mark.slow

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
THIS_MONTH = date(2026, 3, 1)
PULSE = Reading("pulse", Decimal(80), Decimal(80), "/min")


def march(patient: Patient) -> twelve.Month:
    return twelve.year(patient, THIS_MONTH, NOW).newest


def day(patient: Patient, number: int) -> twelve.DayRow:
    return march(patient).days[number - 1]


def attack(patient: Patient, **fields) -> Attack:
    return Attack.objects.create(patient=patient, zone="Europe/Berlin", **fields)


@pytest.fixture
def get(own, sign_in, alice):
    def get(**query) -> str:
        answer = sign_in(alice).get(f"/patients/{own.public_id}/year/", query)
        assert answer.status_code == 200
        shown = " ".join(answer.content.decode().split())
        return shown[shown.index("<main") : shown.index("</main>")]

    return get


def test_the_months_end_with_this_one_and_its_days_with_today(own):
    months = twelve.year(own, THIS_MONTH, NOW).months
    assert [m.first for m in (months[0], months[-1])] == [date(2025, 4, 1), THIS_MONTH]
    assert len(months) == 12
    assert [len(m.days) for m in (months[-2], months[-1])] == [28, 20]


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([], None),
        ([{"no_symptoms": True}], "none"),
        ([{"symptoms": {"fatigue": 0}}], "none"),
        ([{"symptoms": {"fatigue": 1, "nausea": 3}}], "severe"),
        ([{"symptoms": {"fatigue": 2}}, {"no_symptoms": True}], "moderate"),
        ([{"symptoms": {"fatigue": None}}], "ungraded"),
        ([{"symptoms": {"fatigue": None, "nausea": 1}}], "mild"),
        ([{"symptoms": {"fatigue": None, "nausea": 0}}], "ungraded"),
        ([{"note": "windy"}], "unasked"),
        ([{"readings": (PULSE,)}], "unasked"),
    ],
)
def test_a_day_says_the_worst_that_was_entered(own, entries, said):
    for hour, entry in enumerate(entries, 8):
        check_in(own, utc(2026, 3, 14, hour), **entry)
    assert day(own, 14).said == said


def test_a_day_is_the_day_on_which_it_was_lived(own):
    at = utc(2026, 3, 15, 3)  # still 14 March in New York
    check_in(own, at, zone="America/New_York", no_symptoms=True)
    assert [day(own, n).said for n in (14, 15)] == ["none", None]


def test_an_infusion_is_an_entry_and_says_nothing_of_symptoms(own):
    infuse(own, utc(2026, 3, 14))
    assert (day(own, 14).infusions, day(own, 14).said) == (1, "unasked")


def test_the_counts_of_a_month_add_up_to_its_days_with_an_entry(own):
    check_in(own, utc(2026, 3, 1), no_symptoms=True)
    check_in(own, utc(2026, 3, 2), symptoms={"fatigue": 1})
    check_in(own, utc(2026, 3, 3), symptoms={"fatigue": 1})
    check_in(own, utc(2026, 3, 4), symptoms={"fatigue": 3})
    check_in(own, utc(2026, 3, 5), symptoms={"fatigue": None})
    infuse(own, utc(2026, 3, 6))
    infuse(own, utc(2026, 3, 6, 18))
    assert march(own).counts == [1, 2, 0, 1, 1, 1]
    assert march(own).with_entry == 6
    assert march(own).infusions == 2


def test_a_day_of_two_phases_shows_the_leak(own):
    attack(
        own,
        prodrome_start=utc(2026, 3, 10),
        leak_start=utc(2026, 3, 12, 6),
        recovery_start=utc(2026, 3, 14, 6),
        end=utc(2026, 3, 16, 6),
    )
    phases = [day(own, n).attack for n in range(9, 18)]
    assert [p and p.phase.value for p in phases] == [
        *(None, "prodrome", "prodrome", "leak", "leak", "leak"),
        *("recovery", "recovery", None),
    ]


def test_an_open_attack_reaches_until_today(own):
    attack(own, leak_start=utc(2026, 3, 18), ongoing=True)
    assert [bool(row.attack) for row in march(own).days[16:]] == [False] + [True] * 3


def test_a_phase_that_ends_at_midnight_does_not_reach_the_next_day(own):
    midnight = utc(2026, 3, 14, 23)  # in Berlin
    attack(own, leak_start=utc(2026, 3, 14), recovery_start=midnight, end=midnight)
    assert [bool(day(own, n).attack) for n in (14, 15)] == [True, False]


def test_a_leak_of_which_nothing_more_is_known_is_shown_on_its_day(own):
    attack(own, leak_start=utc(2026, 3, 14))
    assert [bool(day(own, n).attack) for n in (13, 14, 15)] == [False, True, False]


@pytest.mark.parametrize(
    ("precision", "rough"), [("exact", False), ("day", False), ("week", True)]
)
def test_a_phase_whose_borders_are_not_known_to_the_day_is_rough(own, precision, rough):
    attack(
        own,
        leak_start=utc(2026, 3, 12),
        recovery_start=utc(2026, 3, 14),
        recovery_start_precision=precision,
        end=utc(2026, 3, 16),
    )
    assert day(own, 13).attack == twelve.PhaseDay("leak", rough)


def test_what_was_not_an_attack_is_not_drawn_as_one(own):
    attack(own, leak_start=utc(2026, 3, 12), outcome=Attack.Outcome.NOT_ATTACK)
    assert day(own, 12).attack is None
    assert march(own).attacks == 0


def test_early_signs_that_came_to_nothing_are_drawn_and_not_counted(own):
    attack(own, prodrome_start=utc(2026, 3, 12), outcome=Attack.Outcome.ABORTED)
    assert day(own, 12).attack is not None
    assert march(own).attacks == 0


def test_an_attack_counts_in_the_month_in_which_it_began(own):
    attack(own, leak_start=utc(2026, 2, 28, 12), end=utc(2026, 3, 3))
    months = twelve.year(own, THIS_MONTH, NOW).months
    assert [m.attacks for m in months[-2:]] == [1, 0]


def test_an_attack_known_only_by_its_year_is_in_no_month(own, get):
    attack(own, leak_start=utc(2026, 3, 1), leak_start_precision=Precision.YEAR)
    assert march(own).attacks == 0
    assert twelve.year(own, THIS_MONTH, NOW).only_by_year == 1
    assert "known only by its year" in get(to="2026-03")


def test_a_month_leads_to_the_timeline_at_its_last_day(own, get):
    check_in(own, utc(2025, 3, 14), no_symptoms=True)
    assert '/timeline/?on=2025-03-31">Mar 2025</a>' in get(to="2025-03")


def test_each_day_about_which_something_is_known_leads_to_the_timeline(own, get):
    check_in(own, utc(2025, 3, 14), symptoms={"fatigue": 2})
    shown = get(to="2025-03")
    assert '/timeline/?on=2025-03-14">Fri 14 Mar 2025</a>' in shown
    assert "?on=2025-03-13" not in shown


def test_earlier_and_later_months_join_without_a_gap(own, get):
    assert "?to=2024-03" in get(to="2025-03")
    assert "?to=2026-03" in get(to="2025-03")
    assert "April 2024 to March 2025" in get(to="2025-03")


def test_there_is_nothing_later_than_this_month(own, get):
    assert ">Later<" not in get()
    assert get(to="2999-01") == get()


@pytest.mark.parametrize("to", ["", "x", "2026", "2026-13", "2026-3-1", "99999-01"])
def test_a_month_that_is_none_shows_the_newest(own, get, to):
    assert get(to=to) == get()


@pytest.mark.parametrize("to", ["0001-01", "1900-01", "1901-01"])
def test_the_earliest_months_have_nothing_before_them(own, get, to):
    assert "February 1900 to January 1901" in get(to=to)
    assert ">Earlier<" not in get(to=to)


def test_twelve_months_without_an_entry_say_so_and_draw_nothing(own, get):
    assert "No entry in these 12 months." in get()
    assert "<figure" not in get()


def test_the_map_comes_for_a_desk_and_for_a_phone_with_its_numbers(own, get):
    check_in(own, utc(2025, 3, 14), symptoms={"fatigue": 2})
    shown = get(to="2025-03")
    assert 'class="drawing chart-desk"' in shown
    assert 'class="drawing chart-phone"' in shown
    assert "Days by the worst of each: moderate 1, no entry 364." in shown


def test_a_page_costs_the_same_number_of_queries_however_full(own, sign_in, alice):
    client = sign_in(alice)
    url = f"/patients/{own.public_id}/year/?to=2025-12"

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    def fill(month: int) -> None:
        check_in(own, utc(2025, month, 14), symptoms={"fatigue": 1}, note="x")
        infuse(own, utc(2025, month, 15))
        attack(own, leak_start=utc(2025, month, 16), end=utc(2025, month, 17))

    fill(1)
    few = queries()
    for month in range(2, 13):
        fill(month)
    assert queries() == few
