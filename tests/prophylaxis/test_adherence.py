"""How a plan was kept: every figure here was worked out by hand."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from prophylaxis.adherence import (
    Dose,
    Outcome,
    Planned,
    courses,
    periods,
    tolerance_days,
)

FIRST = date(2025, 1, 6)


def day(number: int) -> date:
    """So many days after the first planned day."""
    return FIRST + timedelta(days=number)


def plan(interval: int = 28, since: int = 0, until: int | None = None) -> Planned:
    def due_after(last: date | None) -> date:
        return day(since) if last is None else last + timedelta(days=interval)

    ends = None if until is None else day(until)
    return Planned(1, day(since), ends, Decimal(2), due_after)


def doses(*numbers: int, per_kg: str | None = "2") -> list[Dose]:
    dose = None if per_kg is None else Decimal(per_kg)
    return [Dose(day(number), dose) for number in numbers]


def outcomes(period):
    return [(due.day - FIRST).days for due in period.dues], [
        due.outcome.value for due in period.dues
    ]


def test_without_plan_and_infusion_there_is_nothing():
    assert periods([], [], FIRST) == []


def test_a_plan_that_began_today_has_observed_nothing_and_judged_nothing():
    assert periods([plan()], [], FIRST) == []


def test_a_plan_without_an_infusion_misses_a_day_once_the_next_has_come():
    before, after = (periods([plan()], [], day(n))[0] for n in (27, 28))
    assert (before.count(Outcome.MISSED), after.count(Outcome.MISSED)) == (0, 1)
    assert (after.days, after.mean_interval_days, after.g_per_kg_a_month) == (
        28,
        None,
        None,
    )


def test_one_infusion_is_counted_and_has_no_interval():
    (period,) = periods([plan()], doses(0), day(10))
    assert outcomes(period) == ([0], ["on time"])
    assert (len(period.courses), period.mean_interval_days) == (1, None)


@pytest.mark.parametrize(
    ("start", "outcome"),
    [
        (14, "on time"),  # early
        (28, "on time"),
        (31, "on time"),
        (32, "late"),
        (55, "late"),
    ],
)
def test_on_time_is_at_most_three_days_after_the_due_day(start, outcome):
    (period,) = periods([plan()], doses(0, start), day(start))
    assert outcomes(period) == ([0, 28], ["on time", outcome])
    assert period.dues[-1].days_late == start - 28


def test_a_whole_interval_without_an_infusion_is_a_missed_one():
    (period,) = periods([plan()], doses(0, 60), day(60))
    # Due on 28, and nothing when 56 came; 60 is four days after that.
    assert outcomes(period) == ([0, 28, 56], ["on time", "missed", "late"])


def test_the_next_due_day_counts_from_the_start_that_was_late():
    (period,) = periods([plan()], doses(0, 38, 66), day(66))
    assert outcomes(period) == ([0, 28, 66], ["on time", "late", "on time"])


@pytest.mark.parametrize(
    ("interval", "days"), [(7, 1), (14, 2), (20, 2), (21, 3), (28, 3), (42, 3)]
)
def test_a_shorter_rhythm_has_a_smaller_tolerance(interval, days):
    assert tolerance_days(interval) == days
    (period,) = periods([plan(interval)], doses(0, interval + days + 1), day(90))
    assert period.dues[1].outcome == Outcome.LATE


def test_a_course_split_over_days_and_a_weekend_counts_once():
    # Thursday, Friday, Monday; then the same four weeks on.
    (period,) = periods([plan()], doses(0, 1, 4, 28, 29, 32, per_kg="0.5"), day(40))
    assert [c.day for c in period.courses] == [day(0), day(28)]
    assert [c.g_per_kg for c in period.courses] == [Decimal("1.5")] * 2
    assert outcomes(period) == ([0, 28], ["on time", "on time"])
    assert period.intervals == [28]


def test_a_weekly_infusion_that_came_a_day_early_is_a_course_of_its_own():
    assert [len(c.doses) for c in courses(doses(0, 6, 13))] == [1, 1, 1]


def test_a_course_ends_after_a_week_however_close_its_infusions_are():
    assert [len(c.doses) for c in courses(doses(0, 3, 6, 7, 9))] == [3, 2]


def test_the_open_due_day_is_neither_missed_nor_late():
    (period,) = periods([plan()], doses(0), day(50))  # 22 days overdue
    assert outcomes(period) == ([0], ["on time"])


def test_a_skipped_day_is_skipped_and_not_missed():
    (period,) = periods([plan()], doses(0, 57), day(60), skipped=[day(28)])
    assert outcomes(period) == ([0, 28, 56], ["on time", "skipped", "on time"])


def test_a_day_skipped_in_advance_counts_at_once():
    (period,) = periods([plan()], doses(0), day(20), skipped=[day(28)])
    assert outcomes(period) == ([0, 28], ["on time", "skipped"])


def test_one_skip_settles_one_due_day():
    (period,) = periods([plan()], doses(0), day(90), skipped=[day(30)])
    assert outcomes(period) == ([0, 28, 56], ["on time", "skipped", "missed"])


def test_an_infusion_given_after_all_is_late_and_not_skipped_or_missed():
    (period,) = periods(
        [plan()], doses(0, 40), day(60), skipped=[day(28)], missed=[day(30)]
    )
    assert outcomes(period) == ([0, 28], ["on time", "late"])


def test_what_was_said_to_be_missed_is_missed_before_the_next_due_day():
    (period,) = periods([plan()], doses(0), day(31), missed=[day(29)])
    assert outcomes(period) == ([0, 28], ["on time", "missed"])


def test_a_changed_plan_begins_a_period_and_counts_on_from_the_last_infusion():
    plans = [plan(28, until=84), plan(14, since=84)]
    old, new = periods(plans, doses(0, 28, 56, 84, 98, 112), day(120))
    assert outcomes(old) == ([0, 28, 56], ["on time"] * 3)
    assert outcomes(new) == ([84, 98, 112], ["on time"] * 3)
    assert (old.days, new.days) == (84, 36)
    assert (old.mean_interval_days, new.mean_interval_days) == (28, 14)


def test_a_new_plan_asks_for_nothing_before_it_began():
    plans = [plan(28, until=25), plan(21, since=25)]
    _, new = periods(plans, doses(0, 28), day(28))
    assert outcomes(new) == ([25], ["on time"])  # by the 21 days it was due on day 21


def test_a_new_plan_does_not_make_up_for_what_was_overdue():
    plans = [plan(28, until=40), plan(28, since=40)]
    old, new = periods(plans, doses(0, 42), day(42))
    assert outcomes(old) == ([0], ["on time"])
    assert outcomes(new) == ([28], ["late"])
    assert new.dues[0].days_late == 14


def test_infusions_without_a_plan_have_times_and_doses_and_no_judgment():
    before, planned = periods([plan(since=200)], doses(0, 30, 60, 200), day(210))
    assert before.planned is None
    assert (before.dues, before.days, before.mean_interval_days) == ((), 200, 30)
    assert outcomes(planned) == ([200], ["on time"])


def test_infusions_after_the_last_plan_have_ended_count_until_today():
    _, after = periods([plan(until=30)], doses(0, 100), day(120))
    assert (after.planned, after.since, after.days) == (None, day(100), 20)


def test_grams_per_kg_a_month_are_those_of_the_time_observed():
    (period,) = periods([plan()], doses(0, 28, 56, 84), day(100))
    # 8 g/kg in 100 days: 8 * 30.4375 / 100 = 2.435, to the even hundredth
    assert (period.g_per_kg, period.days) == (8, 100)
    assert period.g_per_kg_a_month == Decimal("2.44")


def test_a_stopped_course_lowers_the_figure_while_time_goes_on():
    (period,) = periods([plan()], doses(0, 28, 56), day(365))
    # 6 * 30.4375 / 365 = 0.50034
    assert period.g_per_kg_a_month == Decimal("0.50")


@pytest.mark.parametrize(
    ("given_on", "today"), [((0, 28, 56), 89), ((0, 28), 400), ((), 400)]
)
def test_below_the_minimum_there_is_no_figure_per_month(given_on, today):
    (period,) = periods([plan()], doses(*given_on), day(today))
    assert period.g_per_kg_a_month is None


def test_an_infusion_without_a_known_dose_is_counted_and_not_summed():
    known, unknown = doses(0, 28), doses(56, per_kg=None)
    (period,) = periods([plan()], [*known, *unknown], day(100))
    assert (len(period.courses), period.g_per_kg, period.undosed) == (3, 4, 1)


def test_plans_that_overlap_are_refused():
    with pytest.raises(ValueError, match="one at a time"):
        periods([plan(until=50), plan(since=40)], [], day(100))


def test_a_plan_whose_days_do_not_move_on_is_refused():
    stuck = Planned(1, FIRST, None, Decimal(2), lambda last: FIRST)
    with pytest.raises(ValueError, match="follow each other"):
        periods([stuck], [], day(10))


@example(interval=18, given_on=[0, 4], skipped=[], changed=5, second=7, today=25)
@given(
    interval=st.integers(7, 42),
    given_on=st.lists(st.integers(0, 700), max_size=40),
    skipped=st.lists(st.integers(0, 700), max_size=5),
    changed=st.integers(1, 600),
    second=st.integers(7, 42),
    today=st.integers(0, 720),
)
def test_every_course_and_every_due_day_is_counted_once(
    interval, given_on, skipped, changed, second, today
):
    plans = [plan(interval, until=changed), plan(second, since=changed)]
    plans = [p for p in plans if p.since <= day(today)]
    found = periods(
        plans, doses(*given_on), day(today), skipped=[day(n) for n in skipped]
    )
    dues = [due for period in found for due in period.dues]
    judged = [due.course for due in dues if due.course]
    known = [c for c in courses(doses(*given_on)) if c.day <= day(today)]
    assert judged == known
    for period in found:  # two plans may ask for the same day, one plan never twice
        days = [due.day for due in period.dues]
        assert all(a < b for a, b in pairwise(days))
    assert sum(p.days for p in found) <= today
    for period in found:
        assert sum(map(period.count, Outcome)) == len(period.dues)


@given(interval=st.integers(7, 42), slips=st.lists(st.integers(-1, 1), max_size=30))
def test_someone_who_is_always_a_day_off_at_most_is_always_on_time(interval, slips):
    at, given_on = 0, [0]
    for slip in slips:
        at += interval + slip
        given_on.append(at)
    (period,) = periods([plan(interval)], doses(*given_on), day(at + 1))
    assert period.count(Outcome.ON_TIME) == len(given_on)
    assert period.count(Outcome.MISSED) == 0
