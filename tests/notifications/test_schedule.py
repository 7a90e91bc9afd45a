"""A local time is one instant, also when the clocks jump."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.schedule import LeadTime, lead_times, local_day, resolve_local

ZONES = """
Europe/Berlin America/New_York Australia/Sydney Australia/Lord_Howe Asia/Kathmandu
Pacific/Apia Africa/Casablanca Asia/Tehran America/Sao_Paulo Antarctica/Troll
Pacific/Chatham UTC
"""
BERLIN = ZoneInfo("Europe/Berlin")


def at(zone, day, clock):
    local = resolve_local(
        date.fromisoformat(day), time.fromisoformat(clock), ZoneInfo(zone)
    )
    assert local.tzinfo is UTC
    return local.strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("zone", "day", "clock", "instant"),
    [
        ("Europe/Berlin", "2024-01-15", "09:00", "2024-01-15 08:00"),
        ("Europe/Berlin", "2024-07-15", "09:00", "2024-07-15 07:00"),
        ("Asia/Kathmandu", "2024-01-15", "09:00", "2024-01-15 03:15"),
        ("UTC", "2024-01-15", "09:00", "2024-01-15 09:00"),
    ],
)
def test_a_local_time_is_an_instant(zone, day, clock, instant):
    assert at(zone, day, clock) == instant


@pytest.mark.parametrize(
    ("zone", "day", "clock", "instant"),
    [
        ("Europe/Berlin", "2024-03-31", "01:59", "2024-03-31 00:59"),
        ("Europe/Berlin", "2024-03-31", "02:00", "2024-03-31 01:00"),
        ("Europe/Berlin", "2024-03-31", "02:30", "2024-03-31 01:00"),  # now 03:00
        ("Europe/Berlin", "2024-03-31", "03:00", "2024-03-31 01:00"),
        ("America/New_York", "2024-03-10", "02:59", "2024-03-10 07:00"),
        ("Australia/Lord_Howe", "2024-10-06", "02:10", "2024-10-05 15:30"),  # 30 min
        ("Antarctica/Troll", "2024-03-31", "01:30", "2024-03-31 01:00"),  # 2 hours
        ("Antarctica/Troll", "2024-03-31", "02:30", "2024-03-31 01:00"),
        ("Africa/Casablanca", "2024-04-14", "02:30", "2024-04-14 02:00"),
        ("Pacific/Chatham", "2024-09-29", "03:00", "2024-09-28 14:00"),  # at 02:45
        ("America/Sao_Paulo", "2018-11-04", "00:15", "2018-11-04 03:00"),
        ("Pacific/Apia", "2011-12-30", "09:00", "2011-12-30 10:00"),  # no such day
    ],
)
def test_a_time_that_does_not_exist_is_the_first_one_after(zone, day, clock, instant):
    assert at(zone, day, clock) == instant


def test_the_first_time_after_the_day_that_apia_skipped_is_the_next_midnight():
    apia = ZoneInfo("Pacific/Apia")
    instant = resolve_local(date(2011, 12, 30), time(9), apia)
    assert instant.astimezone(apia).isoformat() == "2011-12-31T00:00:00+14:00"


@pytest.mark.parametrize(
    ("zone", "day", "clock", "instant"),
    [
        ("Europe/Berlin", "2024-10-27", "02:30", "2024-10-27 00:30"),
        ("America/New_York", "2024-11-03", "01:30", "2024-11-03 05:30"),
        ("Australia/Lord_Howe", "2024-04-07", "01:45", "2024-04-06 14:45"),
        ("Antarctica/Troll", "2024-10-27", "02:30", "2024-10-27 00:30"),
        ("Africa/Casablanca", "2024-03-10", "02:30", "2024-03-10 01:30"),
        ("Pacific/Chatham", "2024-04-07", "03:00", "2024-04-06 13:15"),
    ],
)
def test_a_time_that_exists_twice_is_the_first(zone, day, clock, instant):
    assert at(zone, day, clock) == instant


def test_the_fold_of_a_typed_time_does_not_matter():
    day = date(2024, 10, 27)
    second = resolve_local(day, time(2, 30, fold=1), BERLIN)
    assert second == resolve_local(day, time(2, 30), BERLIN)


def test_a_reminder_comes_days_before_at_the_same_local_time():
    due = resolve_local(date(2024, 4, 2), time(9), BERLIN)  # summer
    assert lead_times(due, [1, 7, 0, 7], BERLIN, time(9)) == [
        LeadTime(7, datetime(2024, 3, 26, 8, tzinfo=UTC)),  # winter
        LeadTime(1, datetime(2024, 4, 1, 7, tzinfo=UTC)),
        LeadTime(0, datetime(2024, 4, 2, 7, tzinfo=UTC)),
    ]


def test_days_before_are_days_of_the_zone():
    due = datetime(2024, 5, 10, 23, 30, tzinfo=UTC)  # 11 May in Berlin
    assert lead_times(due, [1], BERLIN, time(1, 30)) == [
        LeadTime(1, due - timedelta(days=1))
    ]


def test_a_reminder_on_a_day_without_that_time_comes_right_after_the_jump():
    due = resolve_local(date(2024, 4, 1), time(2, 30), BERLIN)
    assert lead_times(due, [1], BERLIN, time(2, 30)) == [
        LeadTime(1, datetime(2024, 3, 31, 1, tzinfo=UTC))
    ]


def test_no_reminder_comes_afterwards():
    with pytest.raises(ValueError, match="after what it reminds of"):
        lead_times(datetime(2024, 5, 1, tzinfo=UTC), [1, -1], BERLIN, time(9))


def test_no_leads_are_no_reminders():
    assert lead_times(datetime(2024, 5, 1, tzinfo=UTC), [], BERLIN, time(9)) == []


def test_an_instant_without_a_zone_has_no_day():
    with pytest.raises(ValueError, match="needs a zone"):
        local_day(datetime(2024, 5, 1), BERLIN)


zones = st.sampled_from(ZONES.split()).map(ZoneInfo)
days = st.dates(date(2005, 1, 1), date(2037, 12, 31))
times = st.times().map(lambda t: t.replace(second=0, microsecond=0))


@given(days, times, zones)
def test_resolved_is_the_first_instant_that_shows_that_time_or_a_later_one(d, t, zone):
    wall = datetime.combine(d, t)
    instant = resolve_local(d, t, zone)
    shown = instant.astimezone(zone).replace(tzinfo=None)
    assert shown >= wall
    for minutes in (1, 29, 30, 60, 120, 24 * 60):  # every earlier instant shows less
        before = (instant - timedelta(minutes=minutes)).astimezone(zone)
        assert before.replace(tzinfo=None) < wall


@given(days, zones, st.lists(times, min_size=2, max_size=5))
def test_later_local_times_never_come_earlier(d, zone, clocks):
    instants = [resolve_local(d, t, zone) for t in sorted(clocks)]
    assert instants == sorted(instants)


@given(days, times, zones, st.sets(st.integers(0, 60), max_size=6))
def test_reminders_are_in_order_and_not_after_what_is_due(d, t, zone, leads):
    due = resolve_local(d, t, zone)
    reminders = lead_times(due, leads, zone, t)
    assert [r.days for r in reminders] == sorted(leads, reverse=True)
    assert [r.at for r in reminders] == sorted(r.at for r in reminders)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2037, 1, 1)), zones)
def test_every_instant_shown_on_a_clock_resolves_to_itself_or_its_twin(utc, zone):
    instant = utc.replace(tzinfo=UTC)
    shown = instant.astimezone(zone)
    resolved = resolve_local(shown.date(), shown.time(), zone)
    assert resolved == instant if shown.fold == 0 else resolved < instant
