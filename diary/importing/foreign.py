"""Files of other programs: every line is one moment of measuring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import NoReturn

from diary.drafts import CheckInDraft, Reading
from diary.importing.cells import (
    Order,
    instant,
    is_empty,
    reading,
    time_of_day,
    wall,
)
from diary.importing.columns import (
    GENERIC,
    LAYOUTS,
    MEASURED,
    UNIT_COLUMN,
    Plan,
    Table,
    is_another_header,
    unit_words,
)
from diary.importing.entries import (
    LONGEST_DEVICE,
    Entry,
    Read,
    Refused,
    Setting,
    check_note,
    check_pressures,
    id_of_values,
    zone_info,
    zone_named,
)
from diary.importing.refusal import Refusal, _
from diary.importing.text import Line


def read(table: Table, plan: Plan, setting: Setting) -> Read:
    """Every line as an entry, or as refused with the reason."""
    found = Read()
    reader = _Reader.of(table, plan, setting)
    elsewhere = False
    for line in table.lines:
        if is_another_header(line, plan.columns):
            elsewhere = [c.strip() for c in line.cells] != list(table.header)
            if not elsewhere:
                continue  # the same names once more: files that were put together
        try:
            found.entries.append(_not_here() if elsewhere else reader.entry(line))
        except Refusal as why:
            found.refused.append(Refused(line.number, why))
    return found


def _not_here() -> NoReturn:
    raise Refusal(_("This line belongs to another table in the file, not read here."))


@dataclass(frozen=True, slots=True)
class _Reader:
    """How each line of one file is read."""

    columns: Mapping[str, int]
    order: Order | None
    units: Mapping[str, str]  # in words, by quantity
    maker: str
    clock: time | None  # of a file without times
    setting: Setting

    @classmethod
    def of(cls, table: Table, plan: Plan, setting: Setting) -> _Reader:
        measured = [quantity for quantity in MEASURED if quantity in plan.columns]
        return cls(
            columns=plan.columns,
            order=plan.order,
            units={q: unit_words(table, plan, q) for q in measured},
            maker="" if plan.layout == GENERIC else LAYOUTS[plan.layout],
            clock=time_of_day(plan.clock)[0] if plan.clock else None,
            setting=setting,
        )

    def entry(self, line: Line) -> Entry:
        at, zone = self._moment(line)
        readings = tuple(self._values(line))
        draft = CheckInDraft(
            client_id=id_of_values(self.setting.record, at, readings),
            at=at,
            zone=zone,
            note=check_note(self._cell(line, "note")),
            readings=readings,
        )
        return Entry(line.number, draft)

    def _cell(self, line: Line, field: str) -> str:
        index = self.columns.get(field)
        if index is None or index >= len(line.cells) or is_empty(line.cells[index]):
            return ""
        return line.cells[index].strip()

    def _moment(self, line: Line) -> tuple[datetime, str]:
        text = self._cell(line, "date")
        if not text:
            raise Refusal(_("There is no date in this line."))
        said = wall(text, self.order)
        clock = self.clock if said.time is None else said.time
        if at := self._cell(line, "time"):
            clock, offset = time_of_day(at)
            said = replace(said, offset=said.offset if offset is None else offset)
        if clock is None:
            raise Refusal(_("There is no time in this line."))
        zone = zone_named(self._cell(line, "zone"), self.setting)
        return instant(said, clock, zone_info(zone), self.setting.now), zone

    def _values(self, line: Line) -> list[Reading]:
        device = (self._cell(line, "device") or self.maker)[:LONGEST_DEVICE]
        found = []
        for quantity, words in self.units.items():
            if value := self._cell(line, quantity):
                unit = self._cell(line, UNIT_COLUMN.get(quantity, "")) or words
                found.append(reading(quantity, value, unit, device))
        if not found:
            raise Refusal(_("There is no measured value in this line."))
        check_pressures(found, halves=False)
        return found
