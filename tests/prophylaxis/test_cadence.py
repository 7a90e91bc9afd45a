"""From one infusion to the next: days, weekdays, days of the month."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prophylaxis.cadence import MONTH_DAYS, Cadence

EVERY_28_DAYS = Cadence(28)
EVERY_4TH_THURSDAY = Cadence(28, weekday=3)
ON_THE_15TH = Cadence(MONTH_DAYS, month_day=15)
ON_THE_LAST = Cadence(MONTH_DAYS, month_day=31)


@pytest.mark.parametrize(
    ("cadence", "day", "due"),
    [
        (EVERY_28_DAYS, "2026-01-01", "2026-01-29"),
        (EVERY_28_DAYS, "2024-02-01", "2024-02-29"),
        # 1 January 2026 is a Thursday; a day or three late changes nothing.
        (EVERY_4TH_THURSDAY, "2026-01-01", "2026-01-29"),
        (EVERY_4TH_THURSDAY, "2026-01-04", "2026-01-29"),
        (EVERY_4TH_THURSDAY, "2025-12-29", "2026-01-29"),
        (EVERY_4TH_THURSDAY, "2026-01-05", "2026-02-05"),
        (Cadence(7, weekday=3), "2026-01-04", "2026-01-08"),
        (ON_THE_15TH, "2026-01-15", "2026-02-15"),
        (ON_THE_15TH, "2026-01-25", "2026-02-15"),
        (ON_THE_15TH, "2026-02-04", "2026-03-15"),
        (ON_THE_15TH, "2025-12-10", "2026-01-15"),
        (ON_THE_15TH, "2025-12-31", "2026-01-15"),
        (ON_THE_LAST, "2026-01-31", "2026-02-28"),
        (ON_THE_LAST, "2026-02-28", "2026-03-31"),
        (ON_THE_LAST, "2024-02-01", "2024-02-29"),
        (Cadence(MONTH_DAYS, month_day=30), "2026-02-28", "2026-03-30"),
    ],
)
def test_the_next_is_one_step_after_the_planned_day_nearest_to_the_last(
    cadence, day, due
):
    assert cadence.after(date.fromisoformat(day)) == date.fromisoformat(due)


@pytest.mark.parametrize(
    "wrong",
    [
        {"days": 0},
        {"days": 27, "weekday": 3},
        {"days": 28, "weekday": 7},
        {"days": 28, "weekday": 3, "month_day": 1},
        {"days": 30, "month_day": 0},
        {"days": 30, "month_day": 32},
    ],
)
def test_what_is_no_cadence_is_refused(wrong):
    with pytest.raises(ValueError, match=r"day|week"):
        Cadence(**wrong)


CADENCES = st.one_of(
    st.builds(Cadence, st.integers(7, 42)),
    st.builds(
        Cadence, st.sampled_from([7, 14, 21, 28, 35, 42]), weekday=st.integers(0, 6)
    ),
    st.builds(Cadence, st.just(MONTH_DAYS), month_day=st.integers(1, 31)),
)
DAYS = st.dates(date(1990, 1, 1), date(2090, 1, 1))


@given(CADENCES, DAYS)
def test_the_next_day_is_later_by_the_interval_and_at_most_six_weeks_in_a_month(
    cadence, day
):
    gap = (cadence.after(day) - day).days
    if cadence.month_day is not None:
        assert 12 <= gap <= 42
    else:
        slack = 0 if cadence.weekday is None else 3
        assert abs(gap - cadence.days) <= slack


@given(CADENCES, DAYS)
def test_a_kept_rhythm_stays_on_its_weekday_or_day_of_the_month(cadence, day):
    first = cadence.after(day)
    second = cadence.after(first)
    if cadence.weekday is not None:
        assert first.weekday() == second.weekday() == cadence.weekday
        assert second - first == timedelta(cadence.days)
    elif cadence.month_day is not None:
        assert (second.month - first.month) % 12 == 1
        end = (second + timedelta(1)).day == 1
        assert second.day == cadence.month_day or (
            end and second.day < cadence.month_day
        )
    else:
        assert second - first == first - day == timedelta(cadence.days)


@given(CADENCES, DAYS, st.integers(-2, 2))
def test_two_days_early_or_late_move_no_fixed_day(cadence, day, shift):
    if cadence.weekday is None and cadence.month_day is None:
        return
    planned = cadence.after(day)
    assert cadence.after(planned + timedelta(shift)) == cadence.after(planned)
