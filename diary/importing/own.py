"""CapLeak's own CSV, read back: the lines of one entry put together again."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from diary.csv_format import COLUMNS, YES, Kind, OwnWord
from diary.drafts import CheckInDraft, Reading
from diary.importing import cells
from diary.importing.columns import Table
from diary.importing.entries import (
    LONGEST_DEVICE,
    NO_ID,
    Entry,
    Read,
    Refused,
    Setting,
    check_note,
    check_pressures,
    client_id,
    zone_info,
    zone_named,
)
from diary.importing.refusal import Refusal, _, quoted
from diary.importing.text import Line
from diary.quantities import QUANTITIES
from diary.vocabulary import SYMPTOMS
from sharing.spreadsheet import plain

POSTURES: Final = frozenset({"", "lying", "sitting", "standing"})
SEVERITIES: Final[Mapping[str, int | None]] = {
    "": None,
    **{str(grade): grade for grade in range(4)},
}
LONGEST: Final = {"item": 60, "site": 40, "device": LONGEST_DEVICE, "vaccine": 80}

# What all lines of an entry have in common: its id, its moment and its zone.
_Key = tuple[UUID | None, datetime, str]


def read(table: Table, setting: Setting) -> Read:
    """Every entry of the file, in its order.

    An entry that has a line which cannot be read is left out whole: stored without it,
    it would count as there when the file comes again, put right.
    """
    found = Read()
    index = {name: i for i, name in enumerate(table.header) if name in COLUMNS}
    parts: dict[_Key, _Parts] = {}
    keys: dict[UUID | None, _Key] = {}
    for line in table.lines:
        row = {name: line.cells[i] for name, i in index.items() if i < len(line.cells)}
        try:
            key = _key(row, setting)
        except Refusal as why:
            found.refused.append(Refused(line.number, why))
            continue
        part = parts.setdefault(key, _Parts(key))
        part.lines.append(line)
        try:
            _check_moment(key, keys)
            part.add(row, setting)
        except Refusal as why:
            part.bad[line.number] = why
    for part in parts.values():
        part.close(found, setting)
    found.refused.sort(key=lambda refused: refused.line)
    return found


def _key(row: Mapping[str, str], setting: Setting) -> _Key:
    said = cells.wall(row.get("at", ""))
    if said.time is None:
        raise Refusal(_("There is no time in this line."))
    zone = zone_named(row.get("zone", ""), setting)
    at = cells.instant(said, said.time, zone_info(zone), setting.now)
    return _uuid(row.get("entry", "").strip()), at, zone


def _check_moment(key: _Key, keys: dict[UUID | None, _Key]) -> None:
    """Refuse an id that stood at another time above: it can be there only once."""
    if key[0] is not None and keys.setdefault(key[0], key) != key:
        raise Refusal(_("Another line gives the same entry another time."))


@dataclass
class _Parts:
    """The lines of one entry, and what they say together."""

    key: _Key
    lines: list[Line] = field(default_factory=list)
    bad: dict[int, Refusal] = field(default_factory=dict)
    symptoms: dict[str, int | None] = field(default_factory=dict)
    own: dict[OwnWord, int | None] = field(default_factory=dict)
    readings: dict[tuple[str, str, str], Reading] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    no_symptoms: bool = False
    vaccine: str = ""
    note: str = ""

    def add(self, row: Mapping[str, str], setting: Setting) -> None:
        """Take over what one line says. Refusal if it cannot be read or is doubled."""
        kind = row.get("kind", "").strip()
        item, text = plain(row.get("item", "")), plain(row.get("text", ""))
        twice = False
        match kind:
            case Kind.NO_SYMPTOMS:
                self.no_symptoms = True
            case Kind.SYMPTOM:
                twice = item in self.symptoms
                self.symptoms[_known(item, SYMPTOMS)] = _severity(row)
            case Kind.OWN_SYMPTOM:
                word = _own_word(item, row)
                twice = word.label.casefold() in {w.label.casefold() for w in self.own}
                self.own[word] = _severity(row)
            case Kind.MEASUREMENT:
                reading = _reading(item, row)
                twice = reading.identity in self.readings
                self.readings[reading.identity] = reading
            case Kind.TAG:
                twice = item in self.tags
                self.tags.append(_known(item, setting.tags))
            case Kind.VACCINE:
                twice, self.vaccine = bool(self.vaccine), _short("vaccine", text)
            case Kind.NOTE:
                twice, self.note = bool(self.note), check_note(text)
            case _:
                raise Refusal(
                    _("“%(kind)s” is no kind of line that is known."),
                    kind=quoted(kind),
                )
        if twice:
            raise Refusal(_("The same is said twice in this entry."))

    def close(self, found: Read, setting: Setting) -> None:
        """Add the entry to what was found, or its lines to what was refused."""
        first = self.lines[0].number
        try:
            entry = None if self.bad else self._entry(first, setting)
        except Refusal as why:
            self.bad[first] = why
            entry = None
        if entry is not None:
            found.entries.append(entry)
            return
        culprit = str(min(self.bad))
        rest = Refusal(
            _("Line %(line)s of the same entry cannot be read."), line=culprit
        )
        found.refused += (
            Refused(line.number, self.bad.get(line.number, rest)) for line in self.lines
        )

    def _entry(self, first: int, setting: Setting) -> Entry:
        said_id, at, zone = self.key
        if self.no_symptoms and any(
            severity != 0 for severity in (*self.symptoms.values(), *self.own.values())
        ):
            raise Refusal(_("The entry says both symptoms and no symptoms."))
        check_pressures(self.readings.values(), halves=True)
        draft = CheckInDraft(
            client_id=said_id or NO_ID,
            at=at,
            zone=zone,
            symptoms=self.symptoms,
            no_symptoms=self.no_symptoms,
            note=self.note,
            tags=tuple(self.tags),
            vaccine=self.vaccine,
            readings=tuple(self.readings.values()),
        )
        if said_id is None:
            made = client_id(setting.record, draft, self.own)
            draft = replace(draft, client_id=made)
        return Entry(first, draft, self.own, was_stored=said_id is not None)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Refusal(
            _("“%(entry)s” is not the id of an entry."), entry=quoted(text)
        ) from None


def _known(item: str, known: Container[str]) -> str:
    if item not in known:
        raise Refusal(_("“%(item)s” is not known."), item=quoted(item))
    return item


def _severity(row: Mapping[str, str]) -> int | None:
    text = row.get("severity", "").strip()
    if text not in SEVERITIES:
        raise Refusal(
            _("“%(severity)s” is not a severity from 0 to 3."), severity=quoted(text)
        )
    return SEVERITIES[text]


def _own_word(item: str, row: Mapping[str, str]) -> OwnWord:
    label = " ".join(_short("item", item).split())
    if not label:
        raise Refusal(_("The symptom has no name."))
    means = row.get("means", "").strip()
    return OwnWord(label, _known(means, SYMPTOMS) if means else "")


def _reading(item: str, row: Mapping[str, str]) -> Reading:
    posture = row.get("posture", "").strip()
    read = cells.reading(
        _known(item, QUANTITIES), row.get("value", ""), plain(row.get("unit", ""))
    )
    return replace(
        read,
        posture=_known(posture, POSTURES),
        site=_short("site", plain(row.get("site", ""))),
        device=_short("device", plain(row.get("device", ""))),
        confirmed=row.get("confirmed", "").strip().lower() == YES,
    )


def _short(column: str, text: str) -> str:
    if len(text) > LONGEST[column]:
        raise Refusal(
            _("“%(cell)s” has more than %(most)s characters."),
            cell=quoted(text),
            most=str(LONGEST[column]),
        )
    return text
