"""A record as CSV: one tidy file for each table in a ZIP, with a data dictionary.

The files open in a spreadsheet as they are (UTF-8 with a mark, commas), and no cell can
be taken for a formula. `diary.csv` is what `diary.importing` reads back exactly.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain, islice
from typing import Final

from capleak.exports.moment import one_moment
from capleak.exports.tables import TABLES, Column, Opened, Table
from capleak.exports.zipped import Member, zipped
from capleak.period import Period
from diary.csv_format import COLUMNS as DIARY_COLUMNS
from diary.csv_format import written
from diary.download import entry_lines
from sharing.models import Patient
from sharing.spreadsheet import MARK

DICTIONARY: Final = ("file", "column", "describes", "unit", "code", "zone")
ZIP_TYPE: Final = "application/zip"
AT_ONCE: Final = 100  # lines that are packed together
_ABOUT: Final = """CapLeak: a record as CSV

Made:    {now}
Period:  {period}
Zone:    {zone}

Each file is one table; dictionary.csv says what each of its columns is: the unit, the
system of its codes, and on whose clock its times are. attacks.csv has one row for each
attack and is the one to begin with. diary.csv is what CapLeak reads back.

All times carry their offset from UTC. A blank cell is something that was not said; it
is not "no" and not 0. An apostrophe before =, +, - or @ keeps a spreadsheet from taking
a note for a formula. What the person who made these files may not see is left out.

CapLeak keeps a diary that its patient writes. It is not a medical device and gives no
diagnosis. That nothing unusual is shown does not mean that all is well.
"""


def stream(patient: Patient, period: Period, now: datetime) -> Iterator[bytes]:
    """The ZIP, piece by piece, as the opener of the record may see it.

    All of it as it is at one moment. It reads inside a transaction of its own: nothing
    is to be written to the database between two pieces.
    """
    about = _ABOUT.format(
        now=now.astimezone(patient.tz).isoformat(timespec="minutes"),
        period=_in_words(period),
        zone=patient.zone,
    )
    with one_moment():
        yield from zipped(
            chain([("README.txt", [about.encode()])], members(Opened(patient), period))
        )


def members(opened: Opened, period: Period) -> Iterator[Member]:
    """The files of the ZIP, each read when it is written; nothing in them is of now."""
    yield "dictionary.csv", encoded(rows(dictionary()))
    for table in TABLES:
        yield f"{table.name}.csv", encoded(rows(_filled(table, opened, period)))
    entries = entry_lines(opened.patient, since=period.since, until=period.until)
    yield "diary.csv", encoded(written(entries))


def _filled(table: Table, opened: Opened, period: Period) -> Iterator[Iterable[str]]:
    yield [column.name for column in table.columns]
    yield from table.lines(opened, period)


def dictionary() -> Iterator[Iterable[str]]:
    """What each column of each file is."""
    yield DICTIONARY
    for table in TABLES:
        yield f"{table.name}.csv", "", table.describes, "", "", ""
        for column in table.columns:
            yield _described(table, column)
    yield "diary.csv", "", _DIARY, "", "", ""
    for name in DIARY_COLUMNS:
        yield "diary.csv", name, _DIARY_COLUMN[name], "", "", _DIARY_ZONE.get(name, "")


def _described(table: Table, column: Column) -> Iterable[str]:
    return (
        f"{table.name}.csv",
        column.name,
        column.describes,
        column.unit,
        column.code,
        column.zone,
    )


_DIARY: Final = (
    "One row for each thing that an entry says, in the order of the entries. This file "
    "can be brought into a diary again and gives the same entries."
)
_DIARY_ZONE: Final = {"at": "column zone"}
_DIARY_COLUMN: Final = {
    "entry": "Id of the entry; what is brought in twice is there once",
    "at": "When it was felt or measured",
    "zone": "Time zone that it was lived in",
    "kind": "What the row says: symptom, own symptom, no symptoms, measurement, tag, "
    "vaccine or note",
    "item": "Which symptom, quantity or tag",
    "means": "Key of the symptom that own words were said to mean",
    "severity": "0 none, 1 mild, 2 moderate, 3 severe; blank: present, no grade",
    "value": "Value as it was typed",
    "unit": "Unit as it was typed",
    "posture": "Posture",
    "site": "Where on the body",
    "device": "Device",
    "confirmed": "“yes”: an unusual value that was confirmed",
    "text": "Note, or which vaccine",
}


# --- From rows to bytes -------------------------------------------------------------


class _Line:
    """What csv writes to; it hands every line back."""

    def write(self, text: str) -> str:
        return text


def rows(lines: Iterable[Iterable[str]]) -> Iterator[str]:
    """The lines of a file that spreadsheets read as UTF-8."""
    writer = csv.writer(_Line())
    mark = MARK
    for line in lines:
        yield mark + writer.writerow(line)
        mark = ""


def encoded(lines: Iterable[str]) -> Iterator[bytes]:
    """The text as bytes; half a character that was stored becomes a question mark."""
    waiting = iter(lines)
    while several := "".join(islice(waiting, AT_ONCE)):
        yield several.encode("utf-8", "replace")


def _in_words(period: Period) -> str:
    since = period.since.isoformat() if period.since else "the beginning"
    until = period.until.isoformat() if period.until else "the end"
    return f"from {since} to {until}, both included"
