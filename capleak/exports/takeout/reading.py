"""A take-out that somebody sent: is it one, and what its lines say.

The file was written by anybody. Sizes are counted while it is unpacked, whatever its
directory says, and nothing of it touches the disk.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, Final
from zipfile import BadZipFile, ZipFile
from zlib import error as ZlibError  # noqa: N812 - its name

from django.utils.translation import gettext as _

from capleak.exports.takeout.writing import FORMAT

# Design choices. Ten years with 20,000 check-ins are 5 MB, and 170,000 lines in 35 MB;
# no request of the site may be longer than 10 MB.
MOST_BYTES: Final = 9_000_000  # of the file that is sent
MOST_UNPACKED: Final = 300_000_000
LONGEST_LINE: Final = 1_000_000
MOST_ROWS: Final = 600_000

# What unpacking raises for files that are cut off, changed, encrypted or too new.
DAMAGED: Final = (BadZipFile, ZlibError, EOFError, NotImplementedError, RuntimeError)


class Refused(Exception):
    """Why a file was not brought in, in words for the page."""


@dataclass
class Incoming:
    """The files of a take-out, line by line."""

    archive: ZipFile
    unpacked: int = 0
    rows: int = 0

    def lines(self, name: str) -> Iterator[dict[str, Any]]:
        """Each line of one of its files; none if it is not there."""
        if name not in self.archive.namelist():
            return
        try:
            with self.archive.open(name) as member:
                for number, line in enumerate(self._bounded(member), start=1):
                    yield _row(line, name, number)
        except DAMAGED as error:
            raise Refused(_("This file is damaged.")) from error

    def _bounded(self, member: IO[bytes]) -> Iterator[bytes]:
        while line := member.readline(LONGEST_LINE + 1):
            self.unpacked += len(line)
            self.rows += 1
            if (
                len(line) > LONGEST_LINE
                or self.unpacked > MOST_UNPACKED
                or self.rows > MOST_ROWS
            ):
                raise Refused(_("This file is too large to be a diary."))
            yield line


def opened(file: IO[bytes]) -> Incoming:
    """The take-out in a file that was sent. Refused if it is none."""
    try:
        incoming = Incoming(ZipFile(file))
    except (BadZipFile, ValueError, OSError) as error:
        raise Refused(
            _("This is no take-out of CapLeak. Choose the ZIP file as you got it.")
        ) from error
    about = next(incoming.lines("record/format.json"), {})
    if about.get("format") != FORMAT["format"]:
        raise Refused(
            _("This is no take-out of CapLeak. Choose the ZIP file as you got it.")
        )
    if about.get("version") != FORMAT["version"]:
        raise Refused(_("This file is of another version of CapLeak."))
    return incoming


def _row(line: bytes, name: str, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise at(name, number)
    return row


def at(name: str, number: int) -> Refused:
    """That one line cannot be read; the words name no value of it."""
    return Refused(
        _("Line %(number)s of %(name)s in this file cannot be read.")
        % {"number": number, "name": name}
    )
