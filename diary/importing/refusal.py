"""Why a file, a line or a cell cannot be brought in."""

from __future__ import annotations

from typing import Final

LONGEST_QUOTE: Final = 40  # characters of a cell that a reason repeats


def _(text: str) -> str:
    """Mark a text for makemessages and hand it back as it is."""
    return text


class Refusal(ValueError):
    """A reason in words: `text`, to be translated, takes `values` by name.

    Of the values `quantity` and `what` are words of ours, to be translated too.
    """

    def __init__(self, text: str, **values: str) -> None:
        super().__init__(text)
        self.text = text
        self.values = values


def quoted(cell: str) -> str:
    """A cell, short enough to be repeated."""
    cell = " ".join(cell.split())
    return cell if len(cell) <= LONGEST_QUOTE else f"{cell[: LONGEST_QUOTE - 1]}…"
