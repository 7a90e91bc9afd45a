"""Times are never said more exactly than they are known."""

from __future__ import annotations

from datetime import timedelta

import pytest

from attacks import words
from attacks.models import Attack
from attacks.phases import Phase
from attacks.templatetags.numbers import days_a_year
from tests.attacks.conftest import berlin

NOW = berlin(1, month=6)


def attack(**fields):
    return Attack(zone="Europe/Berlin", **fields)


@pytest.mark.parametrize(
    ("precision", "text"),
    [
        ("exact", "14 March 2024, 06:10"),
        ("hours", "14 March 2024, about 06:10"),
        ("day", "14 March 2024"),
        ("week", "about the week of 14 March 2024"),
        ("month", "about March 2024"),
        ("year", "about 2024"),
    ],
)
def test_a_boundary_reads_as_it_is_known(precision, text):
    known = attack(leak_start=berlin(14, 6, 10), leak_start_precision=precision)
    assert words.boundary(known, "leak_start") == text


@pytest.mark.parametrize(
    ("first", "last", "precision", "text"),
    [
        (berlin(14), berlin(20), "exact", "14 March to 20 March 2024"),
        (berlin(14, 6), berlin(14, 9), "exact", "14 March 2024"),
        (berlin(14), berlin(20), "month", "about March 2024"),
        (
            berlin(14),
            berlin(20, month=5),
            "month",
            "about March 2024 to about May 2024",
        ),
        (berlin(14), None, "exact", "14 March 2024, end not known"),
    ],
)
def test_dates_go_from_the_first_to_the_last_known_time(first, last, precision, text):
    known = attack(
        leak_start=first,
        leak_start_precision=precision,
        end=last,
        end_precision=precision,
    )
    assert words.dates(known) == text


def test_an_attack_over_new_year_names_both_years():
    known = attack(
        leak_start=berlin(30, month=12), end=berlin(30) + timedelta(days=365)
    )
    assert words.dates(known) == "30 December 2024 to 30 March 2025"


@pytest.mark.parametrize(
    ("start", "end", "precision", "text"),
    [
        (berlin(14), berlin(16, 10), "exact", "2 days 10 hours"),
        (berlin(14), berlin(16, 10), "hours", "about 2 days"),
        (berlin(14), berlin(17), "day", "about 3 days"),
        (berlin(14), berlin(14), "exact", "did not take place"),
        (berlin(14), berlin(14), "day", "not known, the times are too rough"),
        (berlin(14), berlin(17), "year", "not known, the times are too rough"),
        (berlin(14), None, "exact", None),
        (None, berlin(14), "exact", None),
    ],
)
def test_a_duration_is_as_good_as_the_times_at_its_ends(start, end, precision, text):
    known = attack(
        leak_start=start,
        leak_start_precision=precision,
        recovery_start=end,
        recovery_start_precision=precision,
    )
    assert words.lasted(known, Phase.LEAK, NOW) == text


def test_early_signs_that_came_to_nothing_last_until_their_end():
    known = attack(prodrome_start=berlin(14), end=berlin(15), outcome="aborted")
    assert words.lasted(known, Phase.PRODROME, NOW) == "1 day"


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (timedelta(seconds=20), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=200), "3 hours 20 minutes"),
        (timedelta(hours=23, minutes=59, seconds=50), "23 hours 59 minutes"),
        (timedelta(days=1, hours=23, minutes=45), "2 days"),
        (timedelta(days=40), "40 days"),
    ],
)
def test_a_length_of_time_is_spelled_in_two_units(time, text):
    assert words.spelled(time) == text


def test_an_open_attack_stands_in_its_last_phase():
    known = attack(prodrome_start=berlin(11), leak_start=berlin(14, 6), ongoing=True)
    today = words.standing(known, berlin(14, 9, 30))
    assert (today.label, today.since) == ("Leak phase", "06:00")
    assert today.lasted == "3 hours 30 minutes"
    assert words.standing(known, berlin(15, 9)).since == "14 March, 06:00"


def test_an_attack_that_is_over_stands_nowhere():
    assert words.standing(attack(leak_start=berlin(14)), NOW) is None


def test_what_an_open_attack_has_not_come_to_is_not_yet_rather_than_unknown():
    known = attack(leak_start=berlin(14), ongoing=True)
    assert [line.to_come for line in words.lines(known, berlin(15))] == [
        False,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("hours", "text"), [(0, "less than a minute so far"), (5, "5 hours so far")]
)
def test_the_phase_that_is_going_on_lasts_so_far(hours, text):
    known = attack(prodrome_start=berlin(13), leak_start=berlin(14), ongoing=True)
    now = berlin(14, hours)
    assert words.lasted(known, Phase.LEAK, now) == text
    assert words.lasted(known, Phase.PRODROME, now) == "1 day"


def test_early_signs_that_came_to_nothing_had_no_leak():
    known = attack(prodrome_start=berlin(14), end=berlin(15), outcome="aborted")
    lasted = [line.lasted for line in words.lines(known, NOW)]
    assert lasted == ["1 day", "did not take place", "did not take place", None]


@pytest.mark.parametrize(
    ("precisions", "text"),
    [
        (("exact", "exact"), None),
        (("day", "exact"), "between 2 days and 4 days"),
        (("day", "day"), "between 2 days and 4 days"),
        (("week", "day"), "at most 7 days"),
        (("year", "year"), "at most 262 days"),  # by 1 June it was in the past
    ],
)
def test_a_rough_duration_says_its_limits(precisions, text):
    known = attack(
        leak_start=berlin(14),
        leak_start_precision=precisions[0],
        recovery_start=berlin(17),
        recovery_start_precision=precisions[1],
    )
    assert words.between(known, Phase.LEAK, NOW) == text


@pytest.mark.parametrize(
    ("days", "observed", "told"),
    [
        (None, 900, "not said"),
        (0.5, 5, "0.5 in 5 days"),  # no year was observed, so none is spoken of
        (4.0, 731, "4.0 in 2.0 years: 2.0 a year"),
    ],
)
def test_days_of_something_are_told_a_year_once_one_was_observed(days, observed, told):
    assert days_a_year(days, observed) == told
