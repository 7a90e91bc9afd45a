"""Values, units, days and times in a file: what is read, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from diary import importing
from diary.importing import cells
from tests.diary.importing import (
    NOW,
    OMRON,
    OMRON_ELSEWHERE,
    WITHINGS,
    read,
    reasons,
    said,
)


def header(text: str):
    return importing.table(importing.lines(text))


# --- Values ---------------------------------------------------------------------------

LINE = "2026-03-14 06:30"


@pytest.mark.parametrize(
    ("name", "cell", "words"),
    [
        (
            "SYS(mmHg)",
            "400",
            (
                "Upper blood pressure: 400 mmHg is not possible. "
                "It is from 40 to 260 mmHg."
            ),
        ),
        ("SYS(mmHg)", "high", "Upper blood pressure: “high” is not a number."),
        (
            "SYS(kPa)",
            "16",
            "Upper blood pressure: “kPa” is not a unit that is known for it.",
        ),
        ("Weight (st)", "11.5", "Weight: “st” is not a unit that is known for it."),
        (
            "Weight (lb)",
            "1000",
            "Weight: 1000 lb is not possible. It is from 4.4 to 771.6 lb.",
        ),
        ("Pulse", "=1+1", "Pulse: “=1+1” is not a number."),
        ("Pulse", "١٢", "Pulse: “١٢” is not a number."),
        ("Pulse", "1e2", "Pulse: “1e2” is not a number."),
        ("Pulse", "-", "There is no measured value in this line."),
    ],
)
def test_values_that_cannot_be_are_refused_with_the_reason(name, cell, words):
    found = read(f"Date,{name},Notes\n{LINE},{cell},x\n")
    assert reasons(found) == [(2, words)]
    assert found.entries == []


def test_a_pressure_upside_down_is_refused():
    text = f"Date,Sys,Dia\n{LINE},80,120\n{LINE},,80\n"
    assert reasons(read(text)) == [
        (2, "The lower blood pressure (120) is not below the upper one."),
        (3, "There is a lower blood pressure without an upper one."),
    ]


@pytest.mark.parametrize(
    ("name", "cell", "typed"),
    [
        ("Weight (lb)", "159.8", "159.8 lb"),
        ("Weight [kg]", "72,45", "72.45 kg"),
        ("weight_lbs", "159.8", "159.8 lb"),
        ("Weight", "72.5 kg", "72.5 kg"),
        ("Weight (kg)", "159.8 lb", "159.8 lb"),
        ("Weight (kg)", "69.61451247", "69.6145 kg"),
        ("Temperature (°F)", "98.6", "98.6 °F"),
        ("Temperature (Celsius)", "36,6", "36.6 °C"),
    ],
)
def test_units_of_the_file_count(name, cell, typed):
    text = f"Date;{name};Notes\n{LINE};{cell};x\n"
    found = importing.table(importing.lines(text))
    assert importing.left_open(found, importing.guess(found.header)).units == ()
    assert list(said(read(text))[0][1].values()) == [typed]


def test_a_column_of_units_counts():
    text = f"Date,Weight,Unit\n{LINE},72.5,kg\n2026-03-15 06:30,159.8,lbs\n"
    assert [values["weight"] for _, values in said(read(text))] == [
        "72.5 kg",
        "159.8 lb",
    ]


def test_a_file_without_units_leaves_them_open():
    found = header(f"Date,Weight,Temperature,Pulse\n{LINE},72.5,36.6,61\n")
    columns = importing.guess(found.header)
    assert importing.left_open(found, columns).units == ("weight", "temperature")


def test_an_answer_gives_the_unit():
    text = f"Date,Weight,Temperature\n{LINE},159.8,98.6\n"
    found = read(text, units={"weight": "lb", "temperature": "°F"})
    assert said(found)[0][1] == {"weight": "159.8 lb", "temperature": "98.6 °F"}


def test_a_note_that_is_too_long_is_refused():
    text = f"Date,Pulse,Notes\n{LINE},61,{'x' * 4001}\n"
    assert reasons(read(text)) == [(2, "The note has more than 4,000 characters.")]


# --- Days -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "order"),
    [
        ("2026-03-14 06:30", None),
        ("2026/3/14 6:30", None),
        ("2026-03-14T06:30:00", None),
        ("2026-03-14T06:30:00.000", None),
        ("14.03.2026 06:30", "dmy"),
        ("14/03/26 6:30 AM", "dmy"),
        ("3/14/2026 6:30 am", "mdy"),
        ("3/14/2026 6:30\u202fAM", "mdy"),
        ("Mar 14 2026 06:30", None),
        ("March 14, 2026 06:30", None),
        ("Sat, 14 Mar 2026 06:30", None),
        ("14-Mar-2026 06:30", None),
        ("14.03.2026 - 06:30", "dmy"),
    ],
)
def test_dates_as_people_and_programs_write_them(cell, order):
    found = read(
        f'When,Pulse\n"{cell}",61\n', columns={"date": 0, "pulse": 1}, order=order
    )
    assert said(found) == [("2026-03-14 05:30", {"pulse": "61 /min"})]


@pytest.mark.parametrize(
    "cell",
    [
        "2026-02-30 06:30",
        "2026-03-14 25:00",
        "2026-03-14 13:00 pm",
        "yesterday",
        "26-03-14 06:30",
        "14 Mrz 2026 06:30",
        "46095.27",
        "2026-03-14 06:30 and more",
    ],
)
def test_what_is_no_date_is_refused(cell):
    found = read(f'When,Pulse\n"{cell}",61\n', columns={"date": 0, "pulse": 1})
    assert [line for line, _ in reasons(found)] == [2]


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (["01/02/2026", "13/02/2026"], {"dmy"}),
        (["01/02/2026", "02/13/2026"], {"mdy"}),
        (["01/02/2026", "03/04/2026"], {"dmy", "mdy"}),
        (["13/02/2026", "02/13/2026"], {"dmy", "mdy"}),
        (["2026-02-01", "Feb 1 2026"], set()),
    ],
)
def test_the_order_of_day_and_month_is_known_or_has_to_be_asked(dates, order):
    assert cells.orders(dates) == order


def test_with_an_answer_the_lines_that_contradict_it_are_refused():
    text = "Date,Pulse\n01/02/2026 06:30,61\n13/02/2026 06:30,62\n02/13/2026 06:30,63\n"
    found = read(text, order="dmy")
    assert [moment for moment, _ in said(found)] == [
        "2026-02-01 05:30",
        "2026-02-13 05:30",
    ]
    assert reasons(found) == [(4, "“02/13/2026 06:30” is not a date.")]


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("9999-12-31 23:59", "9999-12-31 is not between 1900 and now."),
        ("9999-12-31T23:59-12:00", "9999-12-31 is not between 1900 and now."),
        ("0001-01-01T00:00+14:00", "0001-01-01 is not between 1900 and now."),
        ("1899-12-31 12:00", "1899-12-31 is not between 1900 and now."),
        ("2026-11-22 18:00", "2026-11-22 18:00 is in the future."),
    ],
)
def test_the_future_and_the_absurd_are_refused(cell, words):
    assert reasons(read(f"Date,Pulse\n{cell},61\n")) == [(2, words)]


def test_a_time_that_was_skipped_is_refused_and_one_that_came_twice_is_the_first():
    text = "Date,Pulse\n2026-03-29 02:30,61\n2026-10-25 02:30,62\n"
    found = read(text)
    assert reasons(found) == [
        (2, "2026-03-29 02:30 did not exist in Europe/Berlin: the clocks went forward.")
    ]
    assert said(found) == [("2026-10-25 00:30", {"pulse": "62 /min"})]


@pytest.mark.parametrize(
    ("zone", "skipped", "twice", "first"),
    [
        (
            "America/New_York",
            "2026-03-08 02:30",
            "2025-11-02 01:30",
            "2025-11-02 05:30",
        ),
        (
            "Australia/Lord_Howe",
            "2025-10-05 02:15",
            "2026-04-05 01:45",
            "2026-04-04 14:45",
        ),
        ("Pacific/Apia", "2011-12-30 12:00", "2021-04-04 03:30", "2021-04-03 13:30"),
    ],
)
def test_clock_changes_elsewhere(zone, skipped, twice, first):
    found = read(f"Date,Pulse\n{skipped},61\n{twice},62\n", zone=zone)
    assert [line for line, _ in reasons(found)] == [2]
    assert [moment for moment, _ in said(found)] == [first]


def test_an_offset_says_more_than_the_zone_of_the_diary():
    text = "Date,Pulse\n2026-03-29T02:30:00+01:00,61\n2026-03-14T06:30Z,62\n"
    assert [moment for moment, _ in said(read(text))] == [
        "2026-03-29 01:30",
        "2026-03-14 06:30",
    ]


def test_a_zone_that_nobody_knows_is_refused():
    text = "Measurement Date,Timezone,SYS,DIA\n2026-03-14 06:30,Mars/Base,120,80\n"
    assert reasons(read(text)) == [(2, "“Mars/Base” is not a time zone.")]


def test_days_without_times_leave_the_time_open():
    found = header("Date,Pulse\n2026-03-14,61\n")
    assert importing.left_open(found, {"date": 0, "pulse": 1}).clock
    assert said(read("Date,Pulse\n2026-03-14,61\n", clock="07:30")) == [
        ("2026-03-14 06:30", {"pulse": "61 /min"})
    ]


def test_a_line_without_its_time_is_refused():
    text = "Date,Time,Pulse\n2026-03-14,06:30,61\n2026-03-15,-,61\n"
    assert reasons(read(text)) == [(3, "There is no time in this line.")]


@pytest.mark.parametrize(
    ("text", "open_"),
    [
        (OMRON, True),
        (OMRON_ELSEWHERE, False),
        (WITHINGS, True),
        ("Date,Pulse\n2026-03-14T06:30Z,61\n", False),
        ("Date,Pulse\n2026-03-14T06:30Z,61\n2026-03-15T06:30,61\n", True),
    ],
)
def test_the_zone_is_asked_for_where_the_file_does_not_say_it(text, open_):
    found = header(text)
    assert importing.left_open(found, importing.guess(found.header)).zone is open_


def test_midnight_is_a_time():
    assert cells.time_of_day("12:00 am") == (time(0), None)
    said_ = cells.wall("2026-03-14 00:00")
    at = cells.instant(said_, said_.time, ZoneInfo("UTC"), NOW)
    assert at == datetime(2026, 3, 14, tzinfo=UTC)
