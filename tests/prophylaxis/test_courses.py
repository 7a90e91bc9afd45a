"""What is due amid a course, after a skipped or missed one, or by appointment."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prophylaxis.cadence import Cadence
from prophylaxis.schedule import (
    Rhythm,
    SoFar,
    course_rest,
    days_since,
    missed,
    next_course,
    next_due,
)

BERLIN = ZoneInfo("Europe/Berlin")
FIRST = date(2026, 1, 5)


def rhythm(course_days=1, days=28):
    return Rhythm(Cadence(days), FIRST, time(9), BERLIN, course_days)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


BEGAN = at("2026-01-05T09:40")


def test_the_next_day_of_a_course_is_due_the_day_after_the_last():
    so_far = SoFar(BEGAN)
    assert course_rest(rhythm(3), so_far) == at("2026-01-06T09:00")
    assert next_due(rhythm(3), so_far, BEGAN) == at("2026-01-06T09:00")
    second = SoFar(at("2026-01-06T10:00"), course_day=2)
    assert course_rest(rhythm(3), second) == at("2026-01-07T09:00")


def test_a_whole_course_leaves_the_next_one_counted_from_its_first_day():
    so_far = SoFar(at("2026-01-06T10:00"), course_day=2)
    assert course_rest(rhythm(2), so_far) is None
    assert next_due(rhythm(2), so_far, BEGAN) == at("2026-02-02T09:00")


def test_a_day_of_a_course_is_not_asked_for_for_ever():
    so_far = SoFar(BEGAN)
    assert next_due(rhythm(2), so_far, at("2026-01-08T23:00")) == at("2026-01-06T09:00")
    assert next_due(rhythm(2), so_far, at("2026-01-09T00:00")) == at("2026-02-02T09:00")


def test_the_rest_of_a_course_can_be_skipped_and_the_next_one_stays():
    so_far = SoFar(BEGAN, skipped=(at("2026-01-06T09:00"),))
    assert course_rest(rhythm(2), so_far) is None
    assert next_due(rhythm(2), so_far, BEGAN) == at("2026-02-02T09:00")


def test_a_skipped_infusion_moves_the_next_one_step_on():
    so_far = SoFar(BEGAN, skipped=(at("2026-02-02T09:00"),))
    assert next_course(rhythm(), so_far) == at("2026-03-02T09:00")


def test_two_skipped_infusions_move_it_two_steps():
    skipped = (at("2026-03-02T09:00"), at("2026-02-02T09:00"))
    assert next_course(rhythm(), SoFar(BEGAN, skipped=skipped)) == at(
        "2026-03-30T09:00"
    )


def test_what_was_skipped_before_the_last_start_is_settled():
    so_far = SoFar(BEGAN, skipped=(at("2025-12-08T09:00"), at("2026-01-05T09:00")))
    assert next_course(rhythm(), so_far) == at("2026-02-02T09:00")


def test_a_first_infusion_that_is_skipped_moves_on_and_an_old_skip_does_not_count():
    assert next_course(rhythm(), SoFar(skipped=(at("2025-06-01T09:00"),))) == at(
        "2026-01-05T09:00"
    )
    assert next_course(rhythm(), SoFar(skipped=(at("2026-01-05T09:00"),))) == at(
        "2026-02-02T09:00"
    )


def test_an_appointment_stands_in_for_the_planned_day_until_an_infusion_begins():
    thursday = at("2026-02-05T14:00")
    assert next_course(rhythm(), SoFar(BEGAN, planned_at=thursday)) == thursday
    kept = SoFar(at("2026-02-05T14:20"), planned_at=thursday)
    assert next_course(rhythm(), kept) == at("2026-03-05T09:00")


def test_a_skipped_appointment_counts_for_the_due_day_it_stood_for():
    for day in ("2026-01-30T14:00", "2026-02-02T14:00"):
        so_far = SoFar(BEGAN, skipped=(at(day),))
        assert next_course(rhythm(), so_far) == at("2026-03-02T09:00")
    later = SoFar(BEGAN, skipped=(at("2026-02-05T14:00"),))
    assert next_course(rhythm(), later) == at("2026-03-05T09:00")


@pytest.mark.parametrize(
    ("now", "days"),
    [
        ("2026-02-10T12:00", []),
        ("2026-03-02T08:59", []),
        ("2026-03-02T09:00", ["2026-02-02"]),
        ("2026-04-01T12:00", ["2026-02-02", "2026-03-02"]),
    ],
)
def test_one_is_missed_once_the_one_after_it_has_come_due(now, days):
    found = missed(rhythm(), SoFar(BEGAN), at(now))
    assert [f"{due.astimezone(BERLIN):%Y-%m-%d}" for due in found] == days


def test_a_missed_one_stays_due():
    assert next_due(rhythm(), SoFar(BEGAN), at("2026-04-01T12:00")) == at(
        "2026-02-02T09:00"
    )


STARTS = st.datetimes(datetime(2026, 1, 5), datetime(2030, 1, 1)).map(
    lambda moment: moment.replace(tzinfo=UTC)
)


@given(STARTS, st.integers(1, 5), st.integers(7, 42), st.data())
def test_every_day_of_a_course_leads_to_the_same_next_course(
    began, course_days, days, data
):
    plan = rhythm(course_days, days)
    day = data.draw(st.integers(1, course_days))
    # The same wall clock, so a change of clocks in between moves no day.
    wall = began.astimezone(BERLIN) + timedelta(day - 1)
    so_far = SoFar(wall.astimezone(UTC), course_day=day)
    due = next_course(plan, so_far)
    assert days_since(began, due, BERLIN) == days
    rest = course_rest(plan, so_far)
    assert (rest is None) is (day == course_days)
    if rest is not None:
        assert days_since(began, rest, BERLIN) == day


@given(STARTS, st.integers(7, 42), st.integers(0, 6))
def test_each_skip_moves_exactly_one_step_and_never_back(began, days, times):
    plan, so_far = rhythm(1, days), SoFar(began)
    for step in range(1, times + 1):
        due = next_course(plan, so_far)
        assert days_since(began, due, BERLIN) == days * step
        so_far = SoFar(began, skipped=(*so_far.skipped, due))
