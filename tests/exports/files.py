"""An exported file as software reads it that is not ours."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from zipfile import ZipFile


def opened_zip(pieces: Iterable[bytes]) -> dict[str, bytes]:
    """Each file of a ZIP by its name; every checksum is looked at."""
    with ZipFile(io.BytesIO(b"".join(pieces))) as found:
        assert found.testzip() is None
        return {name: found.read(name) for name in found.namelist()}


def table(content: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file, by the names of its columns."""
    text = content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
