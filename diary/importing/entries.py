"""What is read out of a file: entries that can be stored, and lines that cannot."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Final
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from diary.csv_format import OwnWord
from diary.drafts import CheckInDraft, Reading
from diary.importing.refusal import Refusal, _

LONGEST_NOTE: Final = 4000  # as in every form
LONGEST_DEVICE: Final = 80
NO_ID: Final = UUID(int=0)  # until the content is known, and with it the id


@dataclass(frozen=True, slots=True)
class Setting:
    """Whose file it is and when it is read: what no file says."""

    record: UUID
    zone: str  # of times without a zone of their own
    now: datetime
    zones: Collection[str]  # those that can be stored
    tags: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One moment of a file. The draft's client id is the same for the same content.

    `own` are symptoms in own words, whose keys only the database knows.
    """

    line: int  # the first of its lines
    draft: CheckInDraft
    own: Mapping[OwnWord, int | None] = field(default_factory=dict)
    was_stored: bool = False  # in a diary, just as it is: not asked about again


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that cannot be brought in, and why."""

    line: int
    why: Refusal


@dataclass(slots=True)
class Read:
    """All of a file, in its order. Blank lines count as nothing."""

    entries: list[Entry] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    @property
    def total(self) -> int:
        return len(self.entries) + len(self.refused)


@cache
def zone_info(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def zone_named(cell: str, setting: Setting) -> str:
    """The zone that a cell names, or the one of the setting if it is blank."""
    name = cell.strip()
    if not name:
        return setting.zone
    if name not in setting.zones:
        raise Refusal(_("“%(zone)s” is not a time zone."), zone=name[:40])
    return name


def check_pressures(readings: Iterable[Reading], *, halves: bool) -> None:
    """Refuse a lower value that is not below its upper one.

    And a lower one without an upper one, unless there may be `halves`.
    """
    by_posture: dict[str, dict[str, Reading]] = {}
    for reading in readings:
        by_posture.setdefault(reading.posture, {})[reading.quantity] = reading
    for values in by_posture.values():
        upper, lower = values.get("systolic"), values.get("diastolic")
        if lower and not upper and not halves:
            raise Refusal(_("There is a lower blood pressure without an upper one."))
        if upper and lower and lower.value >= upper.value:
            raise Refusal(
                _("The lower blood pressure (%(lower)s) is not below the upper one."),
                lower=f"{lower.typed_value.normalize():f}",
            )


def check_note(text: str) -> str:
    if len(text) > LONGEST_NOTE:
        raise Refusal(
            _("The note has more than %(most)s characters."), most=f"{LONGEST_NOTE:,}"
        )
    return text


def client_id(record: UUID, draft: CheckInDraft, own: Iterable[OwnWord] = ()) -> UUID:
    """The id that this content has in this record, whichever file it comes from.

    Of the instant and the values; a note counts where there is nothing else.
    """
    parts = _values(draft.readings)
    parts += [f"{code} {severity}" for code, severity in draft.symptoms.items()]
    parts += [f"own {word.label.casefold()}" for word in own]
    parts += [f"tag {tag}" for tag in draft.tags]
    parts += ["no symptoms"] if draft.no_symptoms else []
    return _id(record, draft.at, sorted(parts) or [f"note {draft.note}"])


def id_of_values(record: UUID, at: datetime, readings: Iterable[Reading]) -> UUID:
    """The client id of an entry that holds nothing but values, and perhaps a note."""
    return _id(record, at, sorted(_values(readings)))


def _id(record: UUID, at: datetime, said: list[str]) -> UUID:
    return uuid5(record, "\n".join([at.astimezone(UTC).isoformat(), *said]))


def _values(readings: Iterable[Reading]) -> list[str]:
    return [f"{r.quantity} {r.posture} {r.site} {_plain(r.value)}" for r in readings]


@lru_cache(maxsize=4096)  # a file says the same few hundred values again and again
def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
