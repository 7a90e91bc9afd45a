"""The next infusion follows from the last start, in the plan's own days."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prophylaxis.cadence import Cadence
from prophylaxis.schedule import (
    DEFAULT_INTERVAL_DAYS,
    LONGEST_INTERVAL_DAYS,
    SHORTEST_INTERVAL_DAYS,
    Rhythm,
    SoFar,
    State,
    Status,
    days_since,
    due_status,
    next_course,
)

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
APIA = ZoneInfo("Pacific/Apia")
NINE = time(9)


def due_after(start, interval=28, clock=NINE, zone=BERLIN):
    rhythm = Rhythm(Cadence(interval), date(1999, 1, 1), clock, zone)
    return next_course(rhythm, SoFar(start))


def test_the_first_infusion_is_due_on_its_planned_day():
    rhythm = Rhythm(Cadence(28), date(2024, 7, 1), NINE, BERLIN)
    assert next_course(rhythm, SoFar()) == datetime(2024, 7, 1, 7, tzinfo=UTC)


def test_the_next_is_due_an_interval_after_the_last_start_at_the_planned_time():
    start = datetime(2024, 2, 1, 13, 45, tzinfo=BERLIN)  # began late that day
    assert due_after(start) == datetime(2024, 2, 29, 9, tzinfo=BERLIN)


def test_a_clock_change_in_between_does_not_move_the_local_time():
    start = datetime(2024, 3, 20, 9, tzinfo=BERLIN)
    due = due_after(start)
    assert due.astimezone(BERLIN).isoformat() == "2024-04-17T09:00:00+02:00"
    assert due - start == timedelta(days=28, hours=-1)


def test_the_day_of_the_last_start_is_that_of_the_plans_zone():
    start = datetime(2024, 5, 2, 2, tzinfo=UTC)  # still 1 May in New York
    assert due_after(start, zone=NEW_YORK) == datetime(2024, 5, 29, 9, tzinfo=NEW_YORK)
    assert due_after(start, zone=BERLIN) == datetime(2024, 5, 30, 9, tzinfo=BERLIN)


def test_a_due_time_that_does_not_exist_is_the_first_one_after():
    start = datetime(2024, 3, 3, 9, tzinfo=BERLIN)
    due = due_after(start, clock=time(2, 30))
    assert due.astimezone(BERLIN).isoformat() == "2024-03-31T03:00:00+02:00"


def test_a_due_day_that_does_not_exist_is_the_day_after():
    start = datetime(2011, 12, 2, 9, tzinfo=APIA)
    due = due_after(start, zone=APIA)
    assert due.astimezone(APIA).isoformat() == "2011-12-31T00:00:00+14:00"
    assert due_status(due, due, APIA).state == State.DUE


def test_an_interval_is_at_least_a_day():
    with pytest.raises(ValueError, match="at least one day"):
        due_after(datetime(2024, 5, 2, tzinfo=UTC), interval=0)


def test_the_interval_is_four_weeks_and_may_be_one_to_six():
    assert (SHORTEST_INTERVAL_DAYS, DEFAULT_INTERVAL_DAYS, LONGEST_INTERVAL_DAYS) == (
        7,
        28,
        42,
    )


DUE = datetime(2024, 5, 29, 9, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("now", "status"),
    [
        (datetime(2024, 5, 21, 23, 59), Status(State.PLANNED, 8, 0)),
        (datetime(2024, 5, 22, 0, 0), Status(State.DUE_SOON, 7, 0)),
        (datetime(2024, 5, 28, 23, 59), Status(State.DUE_SOON, 1, 0)),
        (datetime(2024, 5, 29, 0, 0), Status(State.DUE, 0, 0)),
        (datetime(2024, 5, 29, 23, 59), Status(State.DUE, 0, 0)),
        (datetime(2024, 5, 30, 0, 0), Status(State.OVERDUE, 0, 1)),
        (datetime(2024, 6, 29, 12, 0), Status(State.OVERDUE, 0, 31)),
    ],
)
def test_status_goes_by_calendar_days(now, status):
    assert due_status(DUE, now.replace(tzinfo=BERLIN), BERLIN) == status


def test_status_is_of_the_zone_that_is_asked_for():
    now = datetime(2024, 5, 29, 23, 30, tzinfo=UTC)  # 30 May in Berlin
    assert due_status(DUE, now, BERLIN).state == State.OVERDUE
    assert due_status(DUE, now, NEW_YORK).state == State.DUE


@pytest.mark.parametrize(
    ("now", "days"),
    [
        (datetime(2024, 3, 30, 23, 50), 0),
        (datetime(2024, 3, 31, 0, 10), 1),
        (datetime(2024, 4, 27, 8, 0), 28),
    ],
)
def test_days_since_are_calendar_days(now, days):
    start = datetime(2024, 3, 30, 23, 30, tzinfo=BERLIN)
    assert days_since(start, now.replace(tzinfo=BERLIN), BERLIN) == days


def test_each_state_has_a_word():
    assert [s.label for s in State] == ["Planned", "Due soon", "Due today", "Overdue"]


@given(
    start=st.datetimes(datetime(2012, 1, 1), datetime(2036, 1, 1)),
    interval=st.integers(7, 42),
    clock=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    name=st.sampled_from(
        [
            "Europe/Berlin",
            "America/New_York",
            "Australia/Lord_Howe",
            "Pacific/Apia",
            "Antarctica/Troll",
            "Africa/Casablanca",
            "Pacific/Chatham",
        ]
    ),
)
def test_due_is_the_interval_later_in_days_of_the_zone(start, interval, clock, name):
    zone = ZoneInfo(name)
    began = start.replace(tzinfo=UTC)
    due = due_after(began, interval, clock, zone)
    assert days_since(began, due, zone) == interval
    assert due_status(due, began, zone).days_until == interval
    assert due.astimezone(zone).time() >= clock
