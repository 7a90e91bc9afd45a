"""CapLeak's own CSV: one line for each thing that an entry says.

Pure: standard library, drafts and the rule for cells only. Times carry their offset,
values the unit that they were typed in. The file opens in a spreadsheet as it is (UTF-8
with a mark, commas) and no cell can be taken for a formula; `diary.importing.own` reads
it back exactly.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from diary.drafts import CheckInDraft, Reading
from sharing.spreadsheet import MARK, defused

COLUMNS: Final = (
    "entry",  # its id: what is brought in twice is there once
    "at",
    "zone",
    "kind",
    "item",
    "means",  # what an own symptom was said to mean
    "severity",  # 0 to 3; blank is present, not graded
    "value",
    "unit",
    "posture",
    "site",
    "device",
    "confirmed",
    "text",
)
YES: Final = "yes"


class Kind(StrEnum):
    """What a line says of its entry."""

    SYMPTOM = "symptom"
    OWN_SYMPTOM = "own symptom"
    NO_SYMPTOMS = "no symptoms"
    MEASUREMENT = "measurement"
    TAG = "tag"
    VACCINE = "vaccine"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class OwnWord:
    """A symptom in the patient's own words, and the key that it means, or blank."""

    label: str
    means: str = ""


def lines(draft: CheckInDraft, own: Mapping[int, OwnWord]) -> Iterator[list[str]]:
    """The cells of each line of one entry; `own` by the keys that the draft uses."""
    local = draft.at.astimezone(ZoneInfo(draft.zone))
    for kind, cells in _said(draft, own):
        row = {
            "entry": str(draft.client_id),
            "at": local.isoformat(),
            "zone": draft.zone,
            "kind": kind,
            **cells,
        }
        yield [row.get(column, "") for column in COLUMNS]


def _said(
    draft: CheckInDraft, own: Mapping[int, OwnWord]
) -> Iterator[tuple[Kind, dict[str, str]]]:
    if draft.no_symptoms:
        yield Kind.NO_SYMPTOMS, {}
    for code, severity in draft.symptoms.items():
        yield Kind.SYMPTOM, {"item": code, "severity": _severity(severity)}
    for pk, severity in draft.own.items():
        word = own[pk]
        yield (
            Kind.OWN_SYMPTOM,
            {
                "item": defused(word.label),
                "means": word.means,
                "severity": _severity(severity),
            },
        )
    for reading in draft.readings:
        yield Kind.MEASUREMENT, _measured(reading)
    for tag in draft.tags:
        yield Kind.TAG, {"item": tag}
    if draft.vaccine:
        yield Kind.VACCINE, {"text": defused(draft.vaccine)}
    if draft.note:
        yield Kind.NOTE, {"text": defused(draft.note)}


def _severity(severity: int | None) -> str:
    return "" if severity is None else str(severity)


def _measured(reading: Reading) -> dict[str, str]:
    return {
        "item": reading.quantity,
        "value": number(reading.typed_value),
        "unit": defused(reading.typed_unit),
        "posture": reading.posture,
        "site": defused(reading.site),
        "device": defused(reading.device),
        "confirmed": YES if reading.confirmed else "",
    }


def number(value: Decimal) -> str:
    """The number without idle zeros; a minus before digits is no formula."""
    return f"{value.normalize():f}"


class _Line:
    """What csv writes to; it hands every line back."""

    def write(self, text: str) -> str:
        return text


def written(rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """The file, piece by piece: mark, header, then the rows."""
    writer = csv.writer(_Line())
    yield MARK + writer.writerow(COLUMNS)
    for row in rows:
        yield writer.writerow(row)


def file_name(now: datetime) -> str:
    """What the file is called; nothing in it says whose it is."""
    return f"capleak-diary-{now:%Y-%m-%d}.csv"
