"""What followed, what was missed, and what chance would do: counted by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diary.flag_history import (
    LEAST_FOR_SHARE,
    Flagged,
    Followed,
    Onset,
    at_least,
    followed,
    history,
    interval,
)

SINCE = datetime(2025, 1, 1, tzinfo=UTC)
NOW = SINCE + timedelta(days=100)
DAY = timedelta(days=1)


def flag(day: float, length: float = 0) -> Flagged:
    return Flagged(SINCE + day * DAY, SINCE + (day + length) * DAY)


def onset(day: float, *, traced: bool = True) -> Onset:
    return Onset(SINCE + day * DAY, traced)


@pytest.mark.parametrize(
    ("day", "came"),
    [
        (44.9, Followed.ATTACK),
        (40.0, Followed.ATTACK),
        (39.9, Followed.NO_ATTACK),
        (45.1, Followed.IN_ATTACK),
        (58.9, Followed.IN_ATTACK),
        (59.1, Followed.NO_ATTACK),
        (96.0, Followed.TOO_EARLY),
    ],
)
def test_an_attack_within_five_days_followed(day, came):
    assert followed(flag(day), [onset(45)], NOW) is came


def test_the_five_days_begin_with_the_last_unusual_entry():
    assert followed(flag(30, length=3), [onset(37.5)], NOW) is Followed.ATTACK


def test_attacks_are_caught_missed_or_left_nothing():
    found = history(
        [flag(18)], [onset(20), onset(50), onset(70, traced=False)], SINCE, NOW
    )
    assert (found.attacks, found.caught, found.missed, found.traceless) == (3, 1, 1, 1)


def test_a_flag_three_days_before_is_early_and_a_closed_one_is_not():
    long_over, in_time = flag(14), flag(17.5)
    assert history([long_over], [onset(20)], SINCE, NOW).caught == 0
    assert history([in_time], [onset(20)], SINCE, NOW).caught == 1


def test_what_lies_before_the_counting_began_is_left_out():
    found = history([flag(-3)], [onset(-1)], SINCE, NOW)
    assert (found.settled, found.attacks) == (0, 0)


def test_by_lot_a_flag_of_one_day_is_followed_on_six_days_of_a_hundred():
    # Day starts 15 to 20 lie at most five days before the attack on day 20.
    found = history([flag(40)], [onset(20)], SINCE, NOW)
    assert found.by_lot == pytest.approx(0.06)
    assert found.lot_as_good == 1.0


def test_days_by_lot_are_counted_as_one_by_one():
    flags = [flag(40), flag(60, length=2.3), flag(94)]
    attacks = [onset(day) for day in (0.2, 1.1, 20, 23.6, 96.9, 99.9)]
    one_by_one = 0.0
    for length in (0.0, 2.3, 0.0):
        reach = 5 + length
        days = [
            any(0 <= (a.at - SINCE) / DAY - day <= reach for a in attacks)
            for day in range(100)
        ]
        one_by_one += sum(days) / 100
    found = history(flags, attacks, SINCE, NOW)
    assert found.settled == 3
    assert found.by_lot == pytest.approx(one_by_one)


def test_a_longer_flag_has_more_chances():
    found = history([flag(40, length=2)], [onset(20)], SINCE, NOW)
    assert found.by_lot == pytest.approx(0.08)


def test_no_share_below_ten_flags():
    flags = [flag(5 * n) for n in range(9)]
    assert history(flags, [], SINCE, NOW).share is None
    share = history([*flags, flag(60)], [], SINCE, NOW).share
    assert share is not None
    assert share[0] == 0
    assert share[2] == pytest.approx(0.3085, abs=1e-4)
    assert LEAST_FOR_SHARE == 10


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        (0, 10, 0, 0.3085),
        (3, 12, 0.0549, 0.5719),
        (5, 10, 0.1871, 0.8129),
        (4, 4, 0.3976, 1),
    ],
)
def test_the_interval_is_that_of_clopper_and_pearson(hits, of, low, high):
    assert interval(hits, of) == pytest.approx((low, high), abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 1), max_size=6), st.integers(0, 6))
def test_the_chance_of_at_least_so_many_is_that_of_all_outcomes(chances, hits):
    every = 0.0
    for outcome in product((0, 1), repeat=len(chances)):
        if sum(outcome) >= hits:
            ways = 1.0
            for came, p in zip(outcome, chances, strict=True):
                ways *= p if came else 1 - p
            every += ways
    assert at_least(hits, chances) == pytest.approx(every)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(-80, 399).map(lambda q: q / 4), max_size=8),
    st.lists(st.tuples(st.floats(0, 99), st.booleans()), max_size=4),
)
def test_every_flag_and_every_attack_is_counted_once(days, attacks):
    found = history(
        [flag(d) for d in days], [onset(d, traced=t) for d, t in attacks], SINCE, NOW
    )
    of_flags = found.settled + found.too_early + found.in_attack
    assert of_flags == sum(d >= 0 for d in days)
    assert found.caught + found.missed + found.traceless == found.attacks
    assert 0 <= found.followed <= found.settled
