"""Files as programs write them: what is read, and what is refused with its line."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diary import importing
from diary.importing import Refusal
from tests.diary.importing import (
    OMRON,
    OMRON_ELSEWHERE,
    WITHINGS,
    WITHINGS_WEIGHT,
    read,
    reasons,
    said,
)


def header(text: str):
    return importing.table(importing.lines(text))


# --- Layouts --------------------------------------------------------------------------


def test_omron_of_america():
    found = read(OMRON)
    assert said(found) == [
        (
            "2025-01-12 07:12",
            {"systolic": "114 mmHg", "diastolic": "74 mmHg", "pulse": "47 /min"},
        ),
        (
            "2025-01-10 18:49",
            {"systolic": "128 mmHg", "diastolic": "71 mmHg", "pulse": "52 /min"},
        ),
    ]
    assert [entry.draft.note for entry in found.entries] == ["", "after the stairs"]
    assert found.entries[0].draft.readings[0].device == "Omron"


def test_omron_elsewhere_names_the_zone_and_the_device_of_each_line():
    (entry,) = read(OMRON_ELSEWHERE).entries
    assert entry.draft.at == datetime(2025, 7, 1, 5, 8, tzinfo=UTC)
    assert entry.draft.zone == "Asia/Ho_Chi_Minh"
    assert {r.device for r in entry.draft.readings} == {"HEM-7155T"}


def test_the_temperature_of_a_room_is_not_that_of_a_person():
    (entry,) = read(OMRON_ELSEWHERE).entries
    assert {r.quantity for r in entry.draft.readings} == {
        "systolic",
        "diastolic",
        "pulse",
    }


def test_withings_blood_pressure():
    found = read(WITHINGS)
    assert said(found) == [
        ("2025-06-20 06:15", {"pulse": "58 /min"}),
        (
            "2025-06-19 06:15",
            {"systolic": "120 mmHg", "diastolic": "80 mmHg", "pulse": "61 /min"},
        ),
    ]
    assert found.entries[1].draft.note == "sat down, waited"


def test_withings_weight_leaves_fat_and_bones_alone():
    assert said(read(WITHINGS_WEIGHT)) == [("2025-06-19 05:02", {"weight": "72.4 kg"})]


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        (OMRON, "omron"),
        (OMRON_ELSEWHERE, "omron"),
        (
            '"Measurement Date","Timezone","Weight(kg)","BMI","Device"\n1,2,3,4,5',
            "omron",
        ),
        (WITHINGS, "withings"),
        (WITHINGS_WEIGHT, "withings"),
        ("Date,Time,SYS(mmHg),DIA(mmHg),Pulse(Beats/Min),Note\n1,2,3,4,5,6", "generic"),
        ("entry,at,zone,kind,item,value\n1,2,3,4,5,6", "capleak"),
    ],
)
def test_layouts_are_known_by_their_columns(text, layout):
    assert importing.layout_of(header(text).header) == layout


def test_columns_of_another_program_are_guessed():
    text = "Time;Upper;Lower;Heart-Rate;Weight lb;Body_Temperature;SpO2 (%);Remarks\nx"
    assert importing.guess(header(text).header) == {
        "date": 0,
        "systolic": 1,
        "diastolic": 2,
        "pulse": 3,
        "weight": 4,
        "temperature": 5,
        "spo2": 6,
        "note": 7,
    }


def test_units_in_every_cell_are_read():
    text = "Date;Systole;Diastole;Puls\n"
    text += '"25.06.2015 - 19:14";"104 mmHg";"68 mmHg";"72 bpm"\n'
    assert said(read(text)) == [
        (
            "2015-06-25 17:14",
            {"systolic": "104 mmHg", "diastolic": "68 mmHg", "pulse": "72 /min"},
        )
    ]


def test_lines_of_a_second_table_are_refused_one_by_one():
    text = OMRON + '\n"Date","Total steps"\n"Jan 6 2025","5000"\n'
    assert reasons(read(text)) == [
        (5, "This line belongs to another table in the file, not read here."),
        (6, "This line belongs to another table in the file, not read here."),
    ]


def test_files_that_were_put_together_repeat_their_header():
    found = read(OMRON + OMRON)
    assert (len(found.entries), found.refused) == (4, [])


# --- Bytes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_encodings(encoding):
    text = "Date;Weight (kg);Notes\n14.03.2026 06:30;72,5;après le café\n"
    (entry,) = read(importing.decode(text.encode(encoding))).entries
    assert entry.draft.note == "après le café"


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_delimiters(mark):
    text = mark.join(["Date", "Weight (kg)", "Notes"]) + "\n"
    text += mark.join(["2026-03-14 06:30", "72.5", "well"]) + "\n"
    assert said(read(text)) == [("2026-03-14 05:30", {"weight": "72.5 kg"})]


def test_a_decimal_comma_is_not_a_delimiter():
    text = "Date;Weight (kg)\n2026-03-14 06:30;72,5\n2026-03-15 06:30;72,4\n"
    assert [values["weight"] for _, values in said(read(text))] == [
        "72.5 kg",
        "72.4 kg",
    ]


def test_excel_may_say_which_delimiter_it_used():
    text = "sep=;\nDate;Pulse\n2026-03-14 06:30;61\nx;y\n"
    assert said(read(text)) == [("2026-03-14 05:30", {"pulse": "61 /min"})]
    assert [line for line, _ in reasons(read(text))] == [4]


def test_lines_above_the_header_are_passed_over():
    text = "Report of my monitor\nName,A B\n\nDate,Pulse\n2026-03-14 06:30,61\n"
    assert read(text).entries[0].line == 5


def test_lines_are_counted_as_an_editor_counts_them():
    text = 'Date,Pulse,Notes\n2026-03-14 06:30,61,"two\nlines"\n\nnonsense,1,2\n'
    found = read(text)
    assert (found.entries[0].line, reasons(found)[0][0]) == (2, 5)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "This file is empty."),
        (b" \r\n\t\n", "This file is empty."),
        (b"PK\x03\x04rest", "an Excel or zip file"),
        (b"\xd0\xcf\x11\xe0rest", "an Excel file"),
        (b"%PDF-1.7", "a PDF"),
        (b"\x1f\x8b\x08", "a compressed file"),
        (b"<?xml version='1.0'?><HealthData/>", "a web page or an XML file"),
        (b"\xef\xbb\xbf<html>", "a web page or an XML file"),
        (b"Date,Pulse\n2026-03-14\0,61\n", "This file is not text"),
        (bytes(range(256)), "This file is not text"),
        (b"a" * 5_000_001, "larger than 5 MB"),
    ],
)
def test_what_is_no_text_is_refused_in_words(data, words):
    with pytest.raises(Refusal) as refused:
        importing.decode(data)
    assert words in refused.value.text % refused.value.values


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("just a letter\nto somebody\n", "Line 1 has no columns."),
        (",,,\n", "This file is empty."),
        ("sep=;\n", "This file is empty."),
        ("Date,Pulse\n", "There is nothing below the names of the columns."),
        ("Date,Pulse\n" + "1,2\n" * 50_001, "more than 50,000 lines"),
        ("Date,Pulse\n" + "," * 200 + "x\n", "Line 2 has more than 100 columns"),
        ('Date,Pulse\n"' + "x" * 200_000, "A quotation mark is opened"),
    ],
)
def test_what_is_no_table_is_refused_in_words(text, words):
    with pytest.raises(Refusal) as refused:
        importing.table(importing.lines(text))
    assert words in refused.value.text % refused.value.values


# --- Whatever stands in it ------------------------------------------------------------

CELLS = st.sampled_from(
    [
        *(
            "",
            "-",
            "0",
            "61",
            "72,5",
            "400",
            "1e9",
            "-5",
            "99999999999",
            "٣",
            "\0",
            "'",
        ),
        *("2026-03-14 06:30", "9999-12-31T23:59-12:00", "0000-00-00", "1/2/26", "T"),
        *("29.02.2025", "24:00", "12:60 pm", "Feb 30 2026", "2026-03-29 02:30", "+14"),
        *("Mars/Base", "Europe/Berlin", "kg", "lb", "=1+1", "é", "\u202e", "x" * 5000),
    ]
)
NAMES = st.sampled_from(
    [
        *("Date", "Time", "Timezone", "Systolic", "Dia", "Pulse (bpm)", "Weight"),
        *("Weight (st)", "Temperature (°F)", "Unit", "Notes", "Device", "", "Steps"),
        *("entry", "at", "zone", "kind", "item", "value", "severity", "text", "Date"),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_stands_in_a_file_is_read_or_refused_line_by_line(data):
    names = data.draw(st.lists(NAMES, min_size=2, max_size=8))
    rows = data.draw(st.lists(st.lists(CELLS, max_size=9), min_size=1, max_size=6))
    mark = data.draw(st.sampled_from(",;\t"))
    text = "\n".join(mark.join(cells) for cells in [names, *rows])
    try:
        table = importing.table(importing.lines(importing.decode(text.encode())))
    except Refusal:
        return
    columns = importing.guess(table.header)
    if importing.layout_of(table.header) != importing.OWN:
        if "date" not in columns:
            return
        importing.left_open(table, columns)
        importing.unread(table, columns)
    found = read(text.replace("\0", ""))
    assert found.total <= len(table.lines)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_bytes_come_they_are_a_table_or_refused(data):
    with suppress(Refusal):
        importing.table(importing.lines(importing.decode(data)))
