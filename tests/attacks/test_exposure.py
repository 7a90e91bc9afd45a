"""Time observed, time on prophylaxis, and which attacks fell into which."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attacks.exposure import (
    Attacked,
    Course,
    Cover,
    Onset,
    Past,
    Stretch,
    Tally,
    attack_free,
    days_since_infusion,
    stretches,
    tallies,
)


def day(n: int) -> date:
    """The n-th day after New Year 2020."""
    return date(2020, 1, 1) + timedelta(days=n)


def on(n: int) -> Onset:
    return Onset(day(n), day(n))


MONTHLY = Course(day(100), None, 28, "2 g/kg every 28 days")


def test_without_infusions_all_time_is_before_them_whatever_the_plan_says():
    assert stretches([], [MONTHLY], day(0), day(400)) == [
        Stretch(day(0), day(400), Cover.BEFORE)
    ]


def test_an_infusion_covers_its_interval_and_a_week_of_grace():
    assert stretches([day(100)], [MONTHLY], day(0), day(200)) == [
        Stretch(day(0), day(100), Cover.BEFORE),
        Stretch(day(100), day(136), Cover.ON, "2 g/kg every 28 days"),
        Stretch(day(136), day(200), Cover.MISSED, "2 g/kg every 28 days"),
    ]


def test_infusions_in_time_are_one_stretch():
    given_on = [day(n) for n in range(100, 300, 28)]
    found = stretches(given_on, [MONTHLY], day(0), day(300))
    assert [(s.cover, s.days) for s in found] == [(Cover.BEFORE, 100), (Cover.ON, 200)]


def test_after_the_plan_ended_the_time_is_stopped_when_cover_runs_out():
    ended = Course(day(100), day(110), 28, "a")
    found = stretches([day(100)], [ended], day(100), day(200))
    assert [(s.cover, s.course, s.days) for s in found] == [
        (Cover.ON, "a", 10),
        (Cover.ON, "", 26),
        (Cover.STOPPED, "", 64),
    ]


def test_a_change_of_dose_cuts_the_time_at_its_date():
    low, high = Course(day(0), day(50), 28, "low"), Course(day(50), None, 28, "high")
    given_on = [day(n) for n in range(0, 100, 28)]
    found = stretches(given_on, [low, high], day(0), day(100))
    assert [(s.course, s.days) for s in found] == [("low", 50), ("high", 50)]


def test_infusions_from_before_any_plan_are_counted_as_monthly():
    found = stretches([day(0), day(28)], [], day(0), day(100))
    assert [(s.cover, s.days) for s in found] == [
        (Cover.ON, 64),
        (Cover.STOPPED, 36),
    ]


DAYS = st.integers(0, 900).map(day)


@st.composite
def plans(draw):
    cuts = sorted(draw(st.sets(DAYS, max_size=5)))
    ends = [*cuts[1:], draw(st.sampled_from([None, day(950)]))]
    return [
        Course(start, end, draw(st.integers(7, 42)), str(n))
        for n, (start, end) in enumerate(zip(cuts, ends, strict=False))
    ]


@given(st.sets(DAYS, max_size=20), plans(), DAYS)
def test_stretches_cover_every_day_once(infusions, courses, until):
    since = day(0) - timedelta(days=1)
    found = stretches(infusions, courses, since, until)
    assert (found[0].start, found[-1].end) == (since, until)
    assert all(a.end == b.start for a, b in pairwise(found))
    assert all(s.days > 0 for s in found)
    assert all(a != b and a.end > a.start for a, b in pairwise(found))


@given(
    st.lists(DAYS, max_size=12),
    st.sets(DAYS, max_size=20),
    plans(),
    st.lists(st.tuples(DAYS, DAYS, st.integers(0, 9)), max_size=3),
    DAYS,
)
def test_parts_add_up_to_the_whole(began, infusions, courses, periods, observed):
    today = day(900)
    timeline = stretches(infusions, courses, day(-400), day(901))
    onsets = [Onset(one, one) for one in began]
    found = tallies(onsets, [Past(*p) for p in periods], observed, today, timeline)
    parts = sum(found.by_cover.values(), Tally())
    assert parts.count + found.unplaced == found.overall.count
    assert parts.days <= found.overall.days
    assert found.overall.count + found.outside >= len(onsets)
    assert found.outside >= 0


def whole(*, until: int) -> list[Stretch]:
    return [Stretch(day(-4000), day(until), Cover.BEFORE)]


def test_exposure_starts_when_observation_started():
    onsets = [on(-300), on(50), on(200)]
    found = tallies(onsets, [], day(0), day(364), whole(until=365))
    assert found.overall == Tally(2, 365)
    assert found.outside == 1


def test_an_empty_diary_has_no_exposure():
    found = tallies([on(5)], [], None, day(100), whole(until=101))
    assert (found.overall, found.outside) == (Tally(0, 0), 1)


def test_time_without_attacks_counts():
    assert tallies([], [], day(0), day(99), whole(until=100)).overall == Tally(0, 100)


def test_a_period_with_a_count_counts_as_it_was_told():
    past = [Past(day(-1000), day(-200), 7)]
    found = tallies([on(-300), on(10)], past, day(0), day(99), whole(until=100))
    assert found.overall == Tally(8, 900)
    assert found.outside == 0


def test_more_attacks_written_down_than_told_win():
    onsets = [on(-300), on(-400)]
    past = [Past(day(-1000), day(-200), 1)]
    found = tallies(onsets, past, day(0), day(99), whole(until=100))
    assert found.overall == Tally(2, 900)


def test_the_diary_counts_on_only_after_a_period_that_reaches_into_it():
    past = [Past(day(-100), day(40), 3)]
    found = tallies([on(20), on(60)], past, day(0), day(99), whole(until=100))
    assert found.overall == Tally(4, 200)


def test_a_period_within_the_diary_leaves_the_time_before_it_observed():
    past = [Past(day(40), day(60), 2)]
    found = tallies([on(20), on(50), on(80)], past, day(0), day(99), whole(until=100))
    assert found.overall == Tally(4, 100)
    assert found.outside == 0


def test_periods_that_overlap_are_not_added_up():
    past = [Past(day(-100), day(-50), 3), Past(day(-60), day(-20), 9)]
    found = tallies([], past, day(0), day(9), whole(until=10))
    assert found.overall == Tally(3, 60)


def test_a_count_that_spans_the_first_infusion_is_on_neither_side():
    timeline = [
        Stretch(day(-900), day(-100), Cover.BEFORE),
        Stretch(day(-100), day(100), Cover.ON, "a"),
    ]
    past = [Past(day(-200), day(-50), 4)]
    found = tallies([on(20)], past, day(0), day(99), timeline)
    assert found.overall == Tally(5, 250)
    assert found.before == Tally(0, 0)
    assert found.treated == Tally(1, 100)
    assert found.unplaced == 4


def test_an_attack_known_only_roughly_is_on_neither_side_of_a_change_it_touches():
    timeline = stretches([day(100)], [MONTHLY], day(0), day(130))
    found = tallies([Onset(day(90), day(110))], [], day(0), day(129), timeline)
    assert (found.overall.count, found.unplaced) == (1, 1)
    assert found.before == Tally(0, 100)


def test_an_attack_that_may_have_begun_before_the_diary_is_in_no_rate():
    found = tallies([Onset(day(-50), day(20))], [], day(0), day(99), whole(until=100))
    assert (found.overall, found.outside) == (Tally(0, 100), 1)


def test_time_with_missed_infusions_is_part_of_treatment():
    timeline = stretches([day(100)], [MONTHLY], day(0), day(200))
    found = tallies([on(110), on(150)], [], day(0), day(199), timeline)
    assert found.by_cover[Cover.ON] == Tally(1, 36)
    assert found.by_cover[Cover.MISSED] == Tally(1, 64)
    assert found.treated == Tally(2, 100)
    assert found.by_course == {"2 g/kg every 28 days": Tally(1, 36)}


def test_attack_free_intervals_leave_out_the_days_of_attacks():
    attacks = [Attacked(day(50), day(59)), Attacked(day(80), day(80))]
    found = attack_free(attacks, day(0), day(99))
    assert [(f.days, f.since_attack, f.until_attack) for f in found] == [
        (50, False, True),
        (20, True, True),
        (19, True, False),
    ]


def test_no_interval_is_free_today_while_an_attack_goes_on():
    found = attack_free([Attacked(day(50), day(60), ongoing=True)], day(0), day(99))
    assert [f.days for f in found] == [50]
    assert attack_free([Attacked(day(0), day(9), ongoing=True)], day(0), day(9)) == []


def test_without_attacks_all_observed_time_is_free():
    (free,) = attack_free([], day(0), day(99))
    assert (free.days, free.since_attack, free.until_attack) == (100, False, False)


def test_without_observation_nothing_is_known_to_be_free():
    assert attack_free([Attacked(day(5), day(6))], None, day(99)) == []


def test_an_attack_before_the_diary_frees_no_unobserved_time():
    (free,) = attack_free([Attacked(day(-50), day(-40))], day(0), day(9))
    assert (free.days, free.since_attack) == (10, False)


@pytest.mark.parametrize(
    ("given_on", "days"), [([], None), ([51], None), ([50], 0), ([0, 22, 60], 28)]
)
def test_days_since_infusion_are_from_the_last_one_before(given_on, days):
    assert days_since_infusion(day(50), map(day, given_on)) == days
