"""A take-out that somebody sent: is it one, and what its lines say.

The file was written by anybody. Sizes are counted while it is unpacked, whatever its
directory says, and nothing of it touches the disk.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from math import isfinite
from time import monotonic
from typing import IO, Any, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from django.utils.translation import gettext as _

from capleak.exports.takeout.writing import FORMAT

# Design choices. Ten years with 20,000 check-ins are 5 MB, and 170,000 lines in 35 MB;
# no request of the site may be longer than 10 MB.
MOST_BYTES: Final = 9_000_000  # of the file that is sent
MOST_UNPACKED: Final = 300_000_000
LONGEST_LINE: Final = 1_000_000
MOST_ROWS: Final = 600_000
# Those ten years took 74 seconds on a busy machine of two cores.
MOST_SECONDS: Final = 180
DEEPEST: Final = 20  # lists and objects in each other; we write six at most


class Refused(Exception):
    """Why a file was not brought in, in words for the page."""


@dataclass
class Incoming:
    """The files of a take-out, line by line, as long as `until` is not past."""

    archive: ZipFile
    unpacked: int = 0
    rows: int = 0
    until: float = field(default_factory=lambda: monotonic() + MOST_SECONDS)

    def lines(self, name: str) -> Iterator[dict[str, Any]]:
        """Each line of one of its files; none if it is not there."""
        if name not in self.archive.namelist():
            return
        with _unpacking():
            member = self.archive.open(name)
        with member:
            for number, line in enumerate(self._bounded(member), start=1):
                yield _row(line, name, number)

    def _bounded(self, member: IO[bytes]) -> Iterator[bytes]:
        while line := _next_line(member):
            self.unpacked += len(line)
            self.rows += 1
            if (
                len(line) > LONGEST_LINE
                or self.unpacked > MOST_UNPACKED
                or self.rows > MOST_ROWS
            ):
                raise Refused(_("This file is too large to be a diary."))
            if monotonic() > self.until:
                raise took_too_long()
            yield line


# As we write them. Each other method is more code that a hostile file could reach.
_METHODS: Final = frozenset({ZIP_STORED, ZIP_DEFLATED})


def opened(file: IO[bytes]) -> Incoming:
    """The take-out in a file that was sent. Refused if it is none."""
    try:
        with _unpacking():
            incoming = Incoming(ZipFile(file))
        if {member.compress_type for member in incoming.archive.infolist()} - _METHODS:
            raise damaged()
        about = next(incoming.lines("record/format.json"), {})
    except Refused as error:
        raise _no_takeout() from error
    if about.get("format") != FORMAT["format"]:
        raise _no_takeout()
    if about.get("version") != FORMAT["version"]:
        raise Refused(_("This file is of another version of CapLeak."))
    return incoming


@contextmanager
def _unpacking() -> Iterator[None]:
    """Whatever zipfile stumbles over in a file that anybody made: it is damaged.

    That is more than BadZipFile: a bent directory, name, method or bit also raises
    ValueError, OSError, NotImplementedError, RuntimeError, zlib.error and others.
    """
    try:
        yield
    except Exception as error:
        raise damaged() from error


def _next_line(member: IO[bytes]) -> bytes:
    with _unpacking():
        return member.readline(LONGEST_LINE + 1)


def _row(line: bytes, name: str, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line.decode())  # strictly; of bytes it takes half characters
        _storable(row)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise at(name, number)
    return row


def _storable(value: Any, depth: int = 0) -> None:
    """ValueError for what JSON can say and no column of any kind can hold."""
    match value:
        case str():
            if "\0" in value:
                raise ValueError("a text with a zero byte")
            value.encode()  # half of a character is refused here
        case float():
            if not isfinite(value):
                raise ValueError("a number without end")
        case list() | dict():
            if depth > DEEPEST:
                raise ValueError("nested too deeply")
            parts = chain(value, value.values()) if isinstance(value, dict) else value
            for part in parts:
                _storable(part, depth + 1)


def at(name: str, number: int) -> Refused:
    """That one line cannot be read; the words name no value of it."""
    return Refused(
        _("Line %(number)s of %(name)s in this file cannot be read.")
        % {"number": number, "name": name}
    )


def damaged() -> Refused:
    return Refused(_("This file is damaged."))


def took_too_long() -> Refused:
    return Refused(_("This file takes too long to bring in, so none of it was."))


def _no_takeout() -> Refused:
    return Refused(
        _("This is no take-out of CapLeak. Choose the ZIP file as you got it.")
    )
