"""Which values of a file a form would have asked about."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from diary.drafts import Reading
from diary.importing.entries import Entry
from diary.plausible import Doubt, Weighed, doubt


class Marked(NamedTuple):
    """A reading of an entry, and the question about it."""

    reading: Reading
    doubt: Doubt


def unusual(
    entries: Collection[Entry], weights: Iterable[Weighed]
) -> dict[int, list[Marked]]:
    """The unusual readings by the line of their entry; `weights` are already stored.

    What was confirmed or stored before it came into the file is not asked about again.
    """
    weighed = sorted([*weights, *_weights(entries)], key=lambda w: w.at)
    moments = [w.at for w in weighed]

    @cache  # a file says the same few hundred values again and again
    def asked(quantity: str, typed: Decimal, unit: str) -> Doubt | None:
        return doubt(quantity, typed, unit)

    def question(reading: Reading, at: datetime) -> Doubt | None:
        value = reading.quantity, reading.typed_value, reading.typed_unit
        if reading.quantity != "weight":
            return asked(*value)
        before = bisect_left(moments, at)
        last = weighed[before - 1] if before else None
        return doubt(*value, at=at, last_weight=last)

    found: dict[int, list[Marked]] = {}
    for entry in entries:
        for reading in entry.draft.readings:
            if reading.confirmed or entry.was_stored:
                continue
            if doubted := question(reading, entry.draft.at):
                found.setdefault(entry.line, []).append(Marked(reading, doubted))
    return found


def _weights(entries: Iterable[Entry]) -> Iterable[Weighed]:
    for entry in entries:
        for reading in entry.draft.readings:
            if reading.quantity == "weight":
                yield Weighed(reading.value, entry.draft.at)


def confirmed(entry: Entry, marked: Iterable[Marked]) -> Entry:
    """The entry, its marked readings said to have been measured."""
    asked = {mark.reading.identity for mark in marked}
    readings = tuple(
        replace(r, confirmed=True) if r.identity in asked else r
        for r in entry.draft.readings
    )
    return replace(entry, draft=replace(entry.draft, readings=readings))
