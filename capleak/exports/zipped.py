"""A ZIP file that is written while it is sent. Pure: standard library only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

# What is written before a piece is handed on; more than a network packet, and little
# beside what a worker takes anyway (design choice).
PIECE: Final = 64 * 1024
_UNIX: Final = 3  # the system that the rights below are those of
_OWN_FILE: Final = 0o600 << 16

Member = tuple[str, Iterable[bytes]]


class _Sink:
    """What a ZipFile writes to and cannot seek in."""

    def __init__(self) -> None:
        self.held = bytearray()

    def write(self, data: bytes, /) -> int:
        self.held += data
        return len(data)

    def flush(self) -> None:
        """Nothing to do: whoever reads empties it."""

    def close(self) -> None:
        """Nothing to do: it holds nothing but memory."""

    def taken(self) -> bytes:
        piece = bytes(self.held)
        self.held.clear()
        return piece


def zipped(members: Iterable[Member]) -> Iterator[bytes]:
    """The file of these members, piece by piece; a member is read when it is written.

    The same members give the same bytes: every date in it is the first that ZIP knows.
    """
    sink = _Sink()
    with ZipFile(sink, "w", ZIP_DEFLATED) as archive:
        for name, pieces in members:
            with archive.open(_info(name), "w") as member:
                for piece in pieces:
                    member.write(piece)
                    if len(sink.held) >= PIECE:
                        yield sink.taken()
            yield sink.taken()
    yield sink.taken()


def _info(name: str) -> ZipInfo:
    info = ZipInfo(name)
    info.compress_type = ZIP_DEFLATED
    info.create_system = _UNIX
    info.external_attr = _OWN_FILE
    return info
