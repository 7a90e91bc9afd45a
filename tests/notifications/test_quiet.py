"""Quiet hours, the end of a snooze and the steps after something, by local clocks."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.schedule import (
    Later,
    QuietHours,
    later_at,
    local_day,
    ordinary_at,
    resolve_local,
    steps_after,
)
from tests.notifications.test_schedule import times, zones

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(time(22), time(7))
SIESTA = QuietHours(time(13), time(15))
NINE = time(9)


def berlin(text, *, second=False):
    local = datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=second)
    return local.astimezone(UTC)


def shown(moment):
    return moment and moment.astimezone(BERLIN).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("hours", "now", "over"),
    [
        (NIGHT, "2026-05-04 21:59", None),
        (NIGHT, "2026-05-04 22:00", "2026-05-05 07:00"),
        (NIGHT, "2026-05-05 03:00", "2026-05-05 07:00"),
        (NIGHT, "2026-05-05 07:00", None),
        (NIGHT, "2026-03-28 23:30", "2026-03-29 07:00"),  # an hour is missing
        (NIGHT, "2026-10-24 23:30", "2026-10-25 07:00"),  # an hour comes twice
        (SIESTA, "2026-05-04 12:59", None),
        (SIESTA, "2026-05-04 13:00", "2026-05-04 15:00"),
        (SIESTA, "2026-05-04 15:00", None),
    ],
)
def test_quiet_hours_end_at_their_local_time(hours, now, over):
    assert shown(hours.over_at(berlin(now), BERLIN)) == over


def test_quiet_hours_that_began_in_an_hour_that_comes_twice_hold_on_through_it():
    hours = QuietHours(time(2, 30), time(7))
    again = berlin("2026-10-25 02:10", second=True)
    assert shown(hours.over_at(again, BERLIN)) == "2026-10-25 07:00"


def test_quiet_hours_that_end_in_an_hour_that_does_not_exist_end_after_it():
    hours = QuietHours(time(22), time(2, 30))
    assert shown(hours.over_at(berlin("2026-03-29 01:50"), BERLIN)) == (
        "2026-03-29 03:00"
    )


def test_quiet_hours_of_no_length_are_refused():
    with pytest.raises(ValueError, match="two times"):
        QuietHours(NINE, NINE)


@pytest.mark.parametrize(
    ("at", "held"),
    [("21:59", False), ("22:00", True), ("06:59", True), ("07:00", False)],
)
def test_a_local_time_lies_in_quiet_hours_or_not(at, held):
    assert NIGHT.holds(time.fromisoformat(at)) is held
    assert SIESTA.holds(time(14))


moments = st.datetimes(
    datetime(2020, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)
)


@given(moments, zones, times, times)
def test_nobody_is_told_in_quiet_hours_and_nobody_waits_longer_than_a_day(
    moment, zone, begin, end
):
    if begin == end:
        return
    over = QuietHours(begin, end).over_at(moment, zone)
    if over is not None:
        assert moment < over <= moment + timedelta(days=1, hours=3)
        assert QuietHours(begin, end).over_at(over, zone) is None


@pytest.mark.parametrize(
    ("now", "told_on", "at"),
    [
        ("2026-05-04 12:00", None, "2026-05-04 12:00"),
        ("2026-05-04 23:00", None, "2026-05-05 07:00"),
        ("2026-05-04 12:00", "2026-05-03", "2026-05-04 12:00"),
        ("2026-05-04 12:00", "2026-05-04", "2026-05-05 09:00"),
        ("2026-05-04 23:00", "2026-05-04", "2026-05-05 09:00"),
    ],
)
def test_an_ordinary_message_waits_for_the_morning_or_the_next_day(now, told_on, at):
    went = ordinary_at(
        berlin(now),
        BERLIN,
        quiet=NIGHT,
        morning=NINE,
        told_on=told_on and date.fromisoformat(told_on),
    )
    assert shown(went) == at


def test_a_morning_inside_quiet_hours_is_their_end():
    went = ordinary_at(
        berlin("2026-05-04 12:00"),
        BERLIN,
        quiet=NIGHT,
        morning=time(5),
        told_on=date(2026, 5, 4),
    )
    assert shown(went) == "2026-05-05 07:00"


@given(moments, zones, times, times, times)
def test_no_two_ordinary_messages_are_on_one_local_day(
    moment, zone, begin, end, morning
):
    quiet = QuietHours(begin, end) if begin != end else None
    told_on = local_day(moment, zone)
    at = ordinary_at(moment, zone, quiet=quiet, morning=morning, told_on=told_on)
    assert local_day(at, zone) > told_on
    assert quiet is None or quiet.over_at(at, zone) is None


@pytest.mark.parametrize(
    ("choice", "now", "at"),
    [
        (Later.HOUR, "2026-05-04 12:10", "2026-05-04 13:10"),
        (Later.EVENING, "2026-05-04 12:10", "2026-05-04 18:00"),
        (Later.EVENING, "2026-05-04 18:00", "2026-05-05 18:00"),
        (Later.TOMORROW, "2026-05-04 12:10", "2026-05-05 09:00"),
        (Later.TOMORROW, "2026-03-28 12:10", "2026-03-29 09:00"),
    ],
)
def test_a_snooze_ends_at_a_local_time(choice, now, at):
    assert shown(later_at(choice, berlin(now), BERLIN, NINE)) == at


def test_steps_of_whole_days_keep_the_local_time_and_hours_are_hours():
    due = berlin("2026-03-28 08:00")  # the next night is an hour short
    found = [
        (hours, shown(at)) for hours, at in steps_after(due, [48, 6, 25, 24], BERLIN)
    ]
    assert found == [
        (6, "2026-03-28 14:00"),
        (24, "2026-03-29 08:00"),
        (25, "2026-03-29 10:00"),
        (48, "2026-03-30 08:00"),
    ]


def test_a_step_before_what_it_follows_is_refused():
    with pytest.raises(ValueError, match="after"):
        steps_after(berlin("2026-03-28 08:00"), [0], BERLIN)


def test_a_day_that_the_calendar_skips_delays_a_message_and_loses_none():
    apia = ZoneInfo("Pacific/Apia")
    at = ordinary_at(
        resolve_local(date(2011, 12, 29), NINE, apia),
        apia,
        quiet=None,
        morning=NINE,
        told_on=date(2011, 12, 29),
    )
    assert at.astimezone(apia).strftime("%Y-%m-%d %H:%M") == "2011-12-31 00:00"
