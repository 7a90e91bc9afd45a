"""Which column of a file holds what, and what the file leaves open.

Layouts were learned from exports as they are read in public code: Omron connect writes
`Date,Time,Systolic (mmHg),…,TruRead,Notes` in America and `Measurement Date,Timezone,
SYS(mmHg),…,Device` elsewhere, Withings `Date,Heart rate,Systolic,Diastolic,Comments`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from diary import csv_format
from diary.importing.cells import (
    Order,
    Wall,
    has_unit,
    is_empty,
    orders,
    unit_of,
    wall,
)
from diary.importing.refusal import Refusal, _
from diary.importing.text import Line
from diary.quantities import QUANTITIES

OWN, OMRON, WITHINGS, GENERIC = "capleak", "omron", "withings", "generic"
LAYOUTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        OWN: "CapLeak",
        OMRON: "Omron",
        WITHINGS: "Withings",
        GENERIC: _("another program"),
    }
)

MEASURED: Final = (
    *("systolic", "diastolic", "pulse"),
    *("weight", "temperature", "spo2"),
)
UNIT_COLUMN: Final = {"weight": "weight_unit", "temperature": "temperature_unit"}
FIELDS: Final = (
    *("date", "time", "zone", *MEASURED),
    *(*UNIT_COLUMN.values(), "note", "device"),
)
ORDERS: Final[Mapping[Order, str]] = MappingProxyType(
    {"dmy": _("day first, as in 31/12/2026"), "mdy": _("month first, as in 12/31/2026")}
)

# fmt: off
# Whole names only: a "room temperature" is none of a person's.
_NAMES: Final = {
    "date": ("date", "measurement date", "date time", "datetime", "date and time",
             "timestamp", "time stamp", "measured at", "recorded at", "taken at",
             "day", "datum", "fecha", "data"),
    "time": ("time", "measurement time", "time of day", "uhrzeit", "zeit", "hora",
             "heure", "ora"),
    "zone": ("timezone", "time zone", "zone", "tz"),
    "systolic": ("systolic", "sys", "sbp", "systole", "upper", "systolic pressure",
                 "systolic blood pressure", "systolic bp", "systolisch"),
    "diastolic": ("diastolic", "dia", "dbp", "diastole", "lower",
                  "diastolic pressure", "diastolic blood pressure", "diastolic bp",
                  "diastolisch"),
    "pulse": ("pulse", "pulse rate", "heart rate", "heartrate", "hr", "bpm", "puls",
              "pouls", "pulso"),
    "weight": ("weight", "body weight", "bodyweight", "gewicht", "poids", "peso"),
    "temperature": ("temperature", "body temperature", "temp", "temperatur",
                    "körpertemperatur", "température", "temperatura"),
    "spo2": ("spo2", "oxygen saturation", "o2 saturation", "blood oxygen",
             "saturation", "sauerstoffsättigung"),
    "weight_unit": ("weight unit",),
    "temperature_unit": ("temperature unit",),
    "note": ("note", "notes", "comment", "comments", "remark", "remarks", "notiz",
             "notizen", "bemerkung", "kommentar"),
    "device": ("device", "device name", "device model", "device model name", "gerät"),
}
# fmt: on
_FIELD_OF: Final = {name: key for key, names in _NAMES.items() for name in names}
_PLAIN_UNIT: Final = frozenset({"unit", "units", "einheit"})
_WITH_UNIT: Final = re.compile(r"(.*?)\s*[(\[（]\s*([^)\]）]*)[)\]）]?\s*")
_HEAD: Final = 10  # lines that may stand above the names of the columns


@dataclass(frozen=True, slots=True)
class Table:
    """The names of the columns and the lines below them."""

    header: tuple[str, ...]
    lines: Sequence[Line]

    def column(self, index: int) -> Iterator[str]:
        """The cells of a column that say something."""
        for line in self.lines:
            if index < len(line.cells) and not is_empty(line.cells[index]):
                yield line.cells[index]


@dataclass(frozen=True, slots=True)
class Plan:
    """How a file is read: columns by field, and what its reader was asked."""

    layout: str
    columns: Mapping[str, int]
    order: Order | None = None
    units: Mapping[str, str] = field(default_factory=dict)  # where the file has none
    clock: str = ""  # time of day of a file without times, as 08:00


def table(lines: Sequence[Line]) -> Table:
    """Find the names of the columns. Refusal if there are none, or nothing below."""
    found = _table(lines)
    if not found.lines:
        raise Refusal(_("There is nothing below the names of the columns."))
    return found


def _table(lines: Sequence[Line]) -> Table:
    for index, line in enumerate(lines[:_HEAD]):
        if len(_fields(line.cells)) > 1:
            return Table(_stripped(line.cells), lines[index + 1 :])
    for index, line in enumerate(lines[:_HEAD]):
        if len(line.cells) > 1:
            if any(cell.strip()[:1].isdigit() for cell in line.cells):
                return Table(("",) * len(line.cells), lines[index:])
            return Table(_stripped(line.cells), lines[index + 1 :])
    raise Refusal(
        _(
            "Line %(line)s has no columns. A CSV file has commas, semicolons or tabs "
            "between its values."
        ),
        line=str(lines[0].number),
    )


def _stripped(cells: Iterable[str]) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in cells)


def split(name: str) -> tuple[str, str]:
    """The name of a column, normalized, and the unit that stands behind it, or blank.

    "Weight (lb)", "weight_lb" and "Weight lb" are the same.
    """
    found = _WITH_UNIT.fullmatch(name.strip())
    words, unit = found.groups() if found else (name, "")
    words = re.sub(r"[\s_\-./:]+", " ", words).strip().casefold()
    if not unit and words not in _FIELD_OF:
        rest, _space, last = words.rpartition(" ")
        key = _FIELD_OF.get(rest)
        if key in MEASURED and unit_of(key, last):
            return rest, last
    return words, unit.strip()


def _fields(header: Iterable[str]) -> dict[str, int]:
    """The fields that the names of the columns tell; of two alike the first."""
    found: dict[str, int] = {}
    for index, name in enumerate(header):
        key = _FIELD_OF.get(split(name)[0])
        if key:
            found.setdefault(key, index)
    return found


def guess(header: Sequence[str]) -> dict[str, int]:
    """Which column probably holds what."""
    found = _fields(header)
    if "date" not in found and "time" in found:
        found["date"] = found.pop("time")  # a whole timestamp is often called time
    plain = [i for i, name in enumerate(header) if split(name)[0] in _PLAIN_UNIT]
    needing = [q for q in UNIT_COLUMN if q in found and not split(header[found[q]])[1]]
    if len(plain) == 1 and len(needing) == 1:
        found.setdefault(UNIT_COLUMN[needing[0]], plain[0])
    return found


def layout_of(header: Sequence[str]) -> str:
    """Whose export this is, by the names of its columns."""
    if set(csv_format.COLUMNS[:5]) <= set(header):
        return OWN
    names = {split(name)[0] for name in header}
    if not names & {"date", "measurement date"}:
        return GENERIC
    pressure = {"systolic", "diastolic"} <= names or {"sys", "dia"} <= names
    if {"measurement date", "timezone"} <= names and (pressure or "weight" in names):
        return OMRON
    if "truread" in names and pressure:
        return OMRON
    if {"date", "heart rate", "comments"} <= names and pressure:
        return WITHINGS
    if {"date", "weight", "fat mass", "bone mass"} <= names:
        return WITHINGS
    return GENERIC


def is_another_header(line: Line, columns: Mapping[str, int]) -> bool:
    """Whether a line names columns again: a second table in the same file."""
    index = columns["date"]
    if index >= len(line.cells):
        return False
    cell = line.cells[index]
    if any(letter.isdigit() for letter in cell):  # a date, nearly always
        return False
    return _FIELD_OF.get(split(cell)[0]) in {"date", "time"}


def unread(found: Table, columns: Mapping[str, int]) -> list[str]:
    """The names of the columns that are not read and yet hold something."""
    read = set(columns.values())
    return [
        name
        for index, name in enumerate(found.header)
        if name and index not in read and any(found.column(index))
    ]


# --- What the file leaves open --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Open:
    """What has to be asked before a file can be read with some columns."""

    order: bool
    units: tuple[str, ...]  # quantities whose unit the file does not say
    clock: bool  # there are days and no times
    zone: bool  # there are times and no zone

    @property
    def anything(self) -> bool:
        return self.order or bool(self.units) or self.clock or self.zone


def left_open(found: Table, columns: Mapping[str, int]) -> Open:
    """What to ask about a file, given which column holds what."""
    dates = list(found.column(columns["date"]))
    walls = list(_readable(dates))
    return Open(
        order=len(orders(dates)) == 2,
        units=tuple(q for q in UNIT_COLUMN if _lacks_unit(q, found, columns)),
        clock="time" not in columns and _none(wall.time for wall in walls),
        zone="zone" not in columns and any(wall.offset is None for wall in walls),
    )


def known_order(found: Table, columns: Mapping[str, int]) -> Order | None:
    """The order of day and month that the dates show, if there is only one."""
    possible = orders(found.column(columns["date"]))
    return possible.pop() if len(possible) == 1 else None


def _readable(dates: Iterable[str]) -> Iterator[Wall]:
    """What the dates say that can be read, whichever of day and month comes first."""
    for cell in dates:
        for order in ORDERS:
            with suppress(Refusal):
                yield wall(cell, order)
                break


def _none(said: Iterable[object]) -> bool:
    """Whether something could be said, and nothing is."""
    every = list(said)
    return bool(every) and all(each is None for each in every)


def _lacks_unit(quantity: str, found: Table, columns: Mapping[str, int]) -> bool:
    index = columns.get(quantity)
    if index is None or UNIT_COLUMN[quantity] in columns:
        return False
    if split(found.header[index])[1]:
        return False
    return not all(has_unit(cell) for cell in found.column(index))


def unit_words(found: Table, plan: Plan, quantity: str) -> str:
    """The unit of a quantity's column: of its name, asked for, or the only one."""
    named = split(found.header[plan.columns[quantity]])[1]
    known = QUANTITIES[quantity]
    only = known.canonical_unit if quantity not in UNIT_COLUMN else ""
    return named or plan.units.get(quantity) or only
