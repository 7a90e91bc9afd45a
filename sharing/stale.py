"""A page that stood open while somebody else changed what it shows.

A form carries a mark of each part that it showed; at saving, a part whose mark has
changed meanwhile is known, and the parts that nobody touched are left alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Marks = Mapping[str, str]


def marks(parts: Mapping[str, Any]) -> dict[str, str]:
    """A short digest of each part."""
    return {
        part: hashlib.sha256(repr(value).encode()).hexdigest()[:16]
        for part, value in parts.items()
    }


def write(seen: Marks) -> str:
    """Marks as one word of a hidden field."""
    return " ".join(f"{part}:{mark}" for part, mark in seen.items())


def read(seen: str) -> dict[str, str]:
    """The marks that a page carries; a mark that is missing agrees with nothing."""
    return {
        part: mark for part, _colon, mark in (p.partition(":") for p in seen.split())
    }


@dataclass(frozen=True, slots=True)
class Difference:
    """What a form changes, against what was shown and what is stored by now."""

    mine: list[str]  # to be stored
    taken: list[str]  # of these, changed by somebody else meanwhile
    untouched: list[str]


def compare(
    typed: Mapping[str, Any],
    stored: Mapping[str, Any],
    seen: str,
    pairs: Iterable[tuple[str, str]] = (),
) -> Difference:
    """Which parts of a form may be stored, and which somebody else has changed.

    Of a pair of parts that make sense together only, one is not stored beside another
    than the one it was typed with.
    """
    shown, found, new = read(seen), marks(stored), marks(typed)
    changed = [part for part in typed if new[part] != shown.get(part)]
    mine = [part for part in changed if new[part] != found.get(part)]
    apart = {
        one
        for pair in pairs
        for one, other in (pair, pair[::-1])
        if other not in mine and new[other] != found.get(other)
    }
    return Difference(
        mine=mine,
        taken=[p for p in mine if p in apart or found.get(p) != shown.get(p)],
        untouched=[part for part in typed if part not in changed],
    )
