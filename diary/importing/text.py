"""From the bytes of a file to lines of cells, or to words that say why not."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from itertools import islice
from typing import Final, NamedTuple

from diary.importing.refusal import Refusal, _

MOST_BYTES: Final = 5_000_000
MOST_LINES: Final = 50_000  # ten readings a day for 13 years
MOST_COLUMNS: Final = 100
DELIMITERS: Final = ",;\t|"
SAMPLE: Final = 20  # lines that show which delimiter it is

# What people choose by mistake, by its first bytes.
_OTHER_FILES: Final = (
    (b"PK\x03\x04", _("an Excel or zip file")),
    (b"\xd0\xcf\x11\xe0", _("an Excel file")),
    (b"%PDF", _("a PDF")),
    (b"\x1f\x8b", _("a compressed file")),
    (b"\x89PNG", _("a picture")),
    (b"\xff\xd8\xff", _("a picture")),
    (b"{\\rtf", _("a text document")),
    (b"SQLite format 3", _("a database")),
    (b"bplist", _("a file of an Apple program")),
    (b"<", _("a web page or an XML file")),
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_DECLARED: Final = re.compile(r"sep=([,;\t|])\s*")


class Line(NamedTuple):
    """One record of the file and the line that it begins on; cells as they are."""

    number: int
    cells: list[str]


def decode(data: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 or Windows-1252. Refusal if it has none."""
    if len(data) > MOST_BYTES:
        raise Refusal(
            _("This file is larger than %(most)s MB. Bring it in in parts."),
            most=str(MOST_BYTES // 1_000_000),
        )
    if not data.strip(b"\0 \t\r\n"):
        raise Refusal(_("This file is empty."))
    for beginning, words in _OTHER_FILES:
        if data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(beginning):
            raise Refusal(
                _("This is %(what)s and not CSV. Save or export it as CSV first."),
                what=words,
            )
    text = _decoded(data)
    if _CONTROL.search(text):
        raise Refusal(_("This file is not text, so it cannot be CSV."))
    return text


def _decoded(data: bytes) -> str:
    for encoding in _encodings(data):
        try:
            return data.decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _encodings(data: bytes) -> Iterator[str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield "utf-16"
    # Without its mark: every other byte of plain letters in UTF-16 is zero.
    half = len(data) // 2
    if data[1::2].count(0) > half // 2:
        yield "utf-16-le"
    if data[::2].count(0) > half // 2:
        yield "utf-16-be"
    yield "utf-8"
    yield "cp1252"


def lines(text: str) -> list[Line]:
    """The records of the file that are not blank. Refusal if it is no table."""
    declared = _DECLARED.match(text)
    delimiter = declared[1] if declared else _delimiter(text)
    try:
        found = list(islice(_records(text, delimiter), MOST_LINES + 2))
    except csv.Error:
        raise Refusal(
            _("A quotation mark is opened in this file and never closed.")
        ) from None
    if declared:
        found = found[1:]
    if not found:
        raise Refusal(_("This file is empty."))
    if len(found) > MOST_LINES + 1:
        raise Refusal(
            _("This file has more than %(most)s lines. Bring it in in parts."),
            most=f"{MOST_LINES:,}",
        )
    for line in found:
        if len(line.cells) > MOST_COLUMNS:
            raise Refusal(
                _("Line %(line)s has more than %(most)s columns."),
                line=str(line.number),
                most=str(MOST_COLUMNS),
            )
    return found


def _records(text: str, delimiter: str) -> Iterator[Line]:
    # Not strict: programs that write a stray quotation mark mean it as text.
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    begins = 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield Line(begins, cells)
        begins = reader.line_num + 1


def _delimiter(text: str) -> str:
    """The one that splits most of the first lines alike, and into most cells."""

    def fit(delimiter: str) -> tuple[int, int]:
        try:
            sample = list(islice(_records(text, delimiter), SAMPLE))
        except csv.Error:
            return 0, 0
        widths = Counter(len(line.cells) for line in sample if len(line.cells) > 1)
        if not widths:
            return 0, 0
        width, times = max(widths.items(), key=lambda pair: (pair[1], pair[0]))
        return times, width

    return max(DELIMITERS, key=fit)
