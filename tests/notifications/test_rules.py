"""A rule falls due on its days, at its local time, once each."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.rules import Rule, Unit, next_occurrence, occurrences
from tests.notifications.test_schedule import times, zones

BERLIN = ZoneInfo("Europe/Berlin")
NINE = time(9)


def local(rule, since, until, zone=BERLIN):
    """The occurrences between two local midnights, as the zone's clock shows them."""
    after, last = (
        datetime.fromisoformat(day).replace(tzinfo=zone) for day in (since, until)
    )
    return [
        at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        for at in occurrences(rule, zone, after, last)
    ]


def test_daily_is_each_day_at_the_same_local_time_through_a_clock_change():
    assert local(Rule.daily(NINE), "2024-03-30", "2024-04-02") == [
        "2024-03-30 09:00",
        "2024-03-31 09:00",
        "2024-04-01 09:00",
    ]


def test_every_third_day_is_counted_from_its_first_day():
    rule = Rule.every_days(3, NINE, date(2024, 2, 27))
    assert local(rule, "2024-02-01", "2024-03-07") == [
        "2024-02-27 09:00",
        "2024-03-01 09:00",
        "2024-03-04 09:00",
    ]


def test_weekly_is_on_its_weekday():
    assert local(Rule.weekly(3, NINE), "2024-05-01", "2024-05-17") == [
        "2024-05-02 09:00",
        "2024-05-09 09:00",
        "2024-05-16 09:00",
    ]


def test_every_fourth_week_keeps_the_weekday_it_began_on():
    rule = Rule(Unit.WEEK, NINE, date(2024, 5, 2), every=4)
    assert local(rule, "2024-05-01", "2024-07-01") == [
        "2024-05-02 09:00",
        "2024-05-30 09:00",
        "2024-06-27 09:00",
    ]


def test_monthly_on_the_31st_is_the_last_day_of_a_short_month():
    assert local(Rule.monthly(31, NINE), "2024-01-15", "2024-05-15") == [
        "2024-01-31 09:00",
        "2024-02-29 09:00",
        "2024-03-31 09:00",
        "2024-04-30 09:00",
    ]


def test_every_second_month_is_counted_from_its_first_month():
    rule = Rule(Unit.MONTH, NINE, date(2023, 12, 31), every=2)
    assert local(rule, "2024-01-01", "2024-07-01") == [
        "2024-02-29 09:00",
        "2024-04-30 09:00",
        "2024-06-30 09:00",
    ]


def test_yearly_on_29_february_is_the_28th_in_common_years():
    assert local(Rule.yearly(2, 29, NINE), "2023-01-01", "2026-01-01") == [
        "2023-02-28 09:00",
        "2024-02-29 09:00",
        "2025-02-28 09:00",
    ]


def test_nothing_falls_due_before_the_first_day():
    rule = Rule.every_days(1, NINE, date(2024, 5, 3))
    assert local(rule, "2024-05-01", "2024-05-04") == ["2024-05-03 09:00"]


def test_the_beginning_is_left_out_and_the_end_belongs_to_it():
    nine = datetime(2024, 5, 1, 7, tzinfo=UTC)  # 09:00 in Berlin
    day = timedelta(days=1)
    assert occurrences(Rule.daily(NINE), BERLIN, nine, nine + day) == [nine + day]


def test_apia_is_told_of_the_day_that_it_skipped_when_that_day_would_have_ended():
    apia = ZoneInfo("Pacific/Apia")
    assert local(Rule.daily(NINE), "2011-12-29", "2012-01-01", apia) == [
        "2011-12-29 09:00",
        "2011-12-31 00:00",  # for the 30th
        "2011-12-31 09:00",
    ]


def test_two_midnights_that_are_one_moment_are_one_occurrence():
    apia = ZoneInfo("Pacific/Apia")
    assert local(Rule.daily(time(0)), "2011-12-28", "2012-01-01", apia) == [
        "2011-12-29 00:00",
        "2011-12-31 00:00",  # for the 30th as well
        "2012-01-01 00:00",
    ]


def test_an_interval_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        Rule.every_days(0, NINE, date(2024, 5, 1))


def test_a_time_with_a_zone_is_refused():
    with pytest.raises(ValueError, match="no zone of its own"):
        Rule.daily(time(9, tzinfo=UTC))


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="needs a zone"):
        next_occurrence(Rule.daily(NINE), BERLIN, datetime(2024, 5, 1))


rules = st.builds(
    Rule,
    st.sampled_from(Unit),
    times,
    st.dates(date(1999, 1, 1), date(2012, 12, 31)),
    st.integers(1, 40),
)
moments = st.datetimes(
    datetime(2000, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)
)


@given(rules, zones, moments, st.integers(1, 3000), st.integers(1, 3000))
def test_two_looks_find_what_one_look_finds(rule, zone, start, hours, more_hours):
    middle = start + timedelta(hours=hours)
    end = middle + timedelta(hours=more_hours)
    once = occurrences(rule, zone, start, end)
    assert once == sorted(set(once))
    assert once == [
        *occurrences(rule, zone, start, middle),
        *occurrences(rule, zone, middle, end),
    ]


@given(rules, zones, moments)
def test_the_next_one_is_the_first_of_those_that_follow(rule, zone, moment):
    following = next_occurrence(rule, zone, moment)
    assert following > moment
    assert occurrences(rule, zone, moment, following) == [following]
