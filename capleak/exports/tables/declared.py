"""How a table of an export is declared: its columns, what they mean, and its rows.

The data dictionary is made from the same declaration as the cells, so neither can say
something that the other does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from django.db.models import Model, QuerySet

from capleak.period import Period
from diary.csv_format import number
from sharing.masking import masked
from sharing.models import Patient, User
from sharing.spreadsheet import defused

AT_ONCE: Final = 200  # rows in memory
YES, NO, NOT_SAID = "yes", "no", ""

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Opened:
    """The record that is exported, and what its authors are called."""

    patient: Patient
    names: dict[int, str] = field(default_factory=dict)

    @property
    def zone(self) -> str:
        return self.patient.zone

    def by(self, pk: int | None) -> str:
        """Who wrote something, by the key of the user; each is looked up once.

        The patient is not named, so that a file can be passed on.
        """
        if pk is None:
            return NOT_SAID
        if pk not in self.names:
            self.names[pk] = self._name(pk)
        return self.names[pk]

    def _name(self, pk: int) -> str:
        if pk == self.patient.owner_id:
            return "patient"
        user = User.objects.get(pk=pk)
        return defused(user.name or masked(user.email))


Cell = Callable[[Any, Opened], str]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what is in its cells, and how a cell is made of a row."""

    name: str
    describes: str
    cell: Cell
    unit: str = ""  # UCUM where it has one
    code: str = ""  # the system that the cells are codes of
    zone: str = ""  # of times: on whose clock


@dataclass(frozen=True, slots=True)
class Table:
    """One file: what a row of it is, its columns, and the rows of one record.

    `rows` reads as much as the opener of the record may see. None of it depends on
    the moment at which it is read.
    """

    name: str  # of the file, without ".csv"
    describes: str
    columns: tuple[Column, ...]
    rows: Callable[[Patient, Period], Iterable[Any]]

    def lines(self, patient: Patient, period: Period) -> Iterator[list[str]]:
        """The cells of each row."""
        cells, opened = [column.cell for column in self.columns], Opened(patient)
        for row in self.rows(patient, period):
            yield [cell(row, opened) for cell in cells]


# --- Columns ------------------------------------------------------------------------


def words(name: str, describes: str, attribute: str = "", code: str = "") -> Column:
    """What somebody wrote; no spreadsheet takes it for a formula."""
    source = attribute or name

    def cell(row: Any, _: Opened) -> str:
        return defused(getattr(row, source))

    return Column(name, describes, cell, code=code)


def key(name: str, describes: str, choices: Mapping[str, Any] | None = None) -> Column:
    """One of a few known words; the dictionary says what each means."""
    meaning = "; ".join(f"{k} = {v}" for k, v in (choices or {}).items() if k)
    told = f"{describes}: {meaning}" if meaning else describes
    return Column(name, told, lambda row, _: defused(str(getattr(row, name))))


def amount(name: str, describes: str, unit: str = "", attribute: str = "") -> Column:
    """A number, blank if it is not known."""
    source = attribute or name
    return Column(name, describes, lambda row, _: figure(getattr(row, source)), unit)


def yes_no(name: str, describes: str, attribute: str = "") -> Column:
    """Yes or no; blank if it was not said."""
    source = attribute or name
    return Column(name, f"{describes} (yes, no)", lambda r, _: said(getattr(r, source)))


def day(name: str, describes: str) -> Column:
    """A day as the patient lived it, blank if it is not known."""
    return Column(
        name,
        describes,
        lambda row, _: iso(getattr(row, name)),
        zone="day of the patient",
    )


def lived(name: str, describes: str, zone: str = "zone") -> Column:
    """An instant on the clock of the row's own zone, with its offset."""

    def cell(row: Any, _: Opened) -> str:
        return at_clock(getattr(row, name), getattr(row, zone))

    return Column(name, describes, cell, zone="column zone")


def kept(name: str, describes: str) -> Column:
    """An instant on the clock of the record, with its offset."""

    def cell(row: Any, opened: Opened) -> str:
        return at_clock(getattr(row, name), opened.zone)

    return Column(name, describes, cell, zone="zone of the record")


def author(attribute: str = "entered_by") -> Column:
    """Who wrote it."""
    key_of = f"{attribute}_id"

    def cell(row: Any, opened: Opened) -> str:
        return opened.by(getattr(row, key_of))

    told = "Who wrote it; blank if they have since left"
    return Column("entered_by", told, cell)


# --- Cells --------------------------------------------------------------------------


def figure(value: Decimal | float | None) -> str:
    if value is None:
        return NOT_SAID
    return number(value) if isinstance(value, Decimal) else str(value)


def said(value: bool | None) -> str:
    return NOT_SAID if value is None else (YES if value else NO)


def iso(value: date | None) -> str:
    return value.isoformat() if value else NOT_SAID


def at_clock(at: datetime | None, zone: str) -> str:
    """The instant on the clock of a zone, with its offset; blank without one."""
    return at.astimezone(ZoneInfo(zone)).isoformat() if at else NOT_SAID


# --- Rows ---------------------------------------------------------------------------


def within(rows: QuerySet[M], period: Period, moment: str) -> QuerySet[M]:
    """The rows whose moment lies in the period."""
    if period.start:
        rows = rows.filter(**{f"{moment}__gte": period.start})
    if period.end:
        rows = rows.filter(**{f"{moment}__lt": period.end})
    return rows


def on_days(rows: QuerySet[M], period: Period, name: str) -> QuerySet[M]:
    """The rows whose day lies in the period."""
    if period.since:
        rows = rows.filter(**{f"{name}__gte": period.since})
    if period.until:
        rows = rows.filter(**{f"{name}__lte": period.until})
    return rows


def read(rows: QuerySet[M]) -> Iterator[M]:
    """The rows one after another; never all of them in memory."""
    return rows.iterator(AT_ONCE)
