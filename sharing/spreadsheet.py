"""Cells that no spreadsheet takes for a formula. Pure: standard library only."""

import re
from typing import Final

MARK: Final = "\ufeff"  # without it spreadsheets take a file for another encoding

# A spreadsheet of another language splits at semicolons, and then a cell begins in the
# middle of a note. So not only the beginning of a cell is guarded.
_RISKY: Final = re.compile(
    r"^(?=[=+\-@\t\r\n'＝＋－＠])|(?<=[;\t\r\n])(?=[=+\-@'＝＋－＠])"
)
_GUARDED: Final = re.compile(r"^'|(?<=[;\t\r\n])'")


def defused(text: str) -> str:
    """The text with an apostrophe wherever a formula could begin."""
    return _RISKY.sub("'", text)


def plain(cell: str) -> str:
    """What was written before it was defused."""
    return _GUARDED.sub("", cell)
