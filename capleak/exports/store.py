"""The private folder of exports that wait to be fetched.

One folder for each export, one file for each record in it, all readable by the app's
own account alone. Several machines share it by a volume (EXPORT_ROOT).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings

CHUNK: Final = 64 * 1024


def folder_of(job: UUID) -> Path:
    return Path(settings.EXPORT_ROOT) / str(job)


def path_of(job: UUID, item: UUID) -> Path:
    """Where the file of one record lies; nothing in it says whose it is."""
    return folder_of(job) / str(item)


def write(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a file whole or not at all; OSError if the disk does not take it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        for chunk in chunks:
            file.write(chunk)
    unfinished.replace(path)


def read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def remove(paths: Iterable[Path]) -> None:
    """Delete files and folders; those that are gone already are no error."""
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
            path.with_suffix(".part").unlink(missing_ok=True)


def folders() -> dict[UUID, Path]:
    """Every folder of an export that lies there, its export known or not."""
    root = Path(settings.EXPORT_ROOT)
    found: dict[UUID, Path] = {}
    for path in root.iterdir() if root.is_dir() else ():
        with suppress(ValueError):  # what is not ours is left alone
            found[UUID(path.name)] = path
    return found


def files() -> dict[UUID, Path]:
    """Every file of a record that lies there, whole or not, its record known or not."""
    found: dict[UUID, Path] = {}
    for folder in folders().values():
        with suppress(FileNotFoundError, NotADirectoryError):  # removed meanwhile
            for path in folder.iterdir():
                with suppress(ValueError):
                    found[UUID(path.stem)] = path.with_suffix("")
    return found
