"""The data folder of local mode, its locks, and the account that PostgreSQL runs as."""

import fcntl
import json
import os
import pwd
import secrets
import stat
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parents[2]


class CannotStartError(Exception):
    """Something on this machine is in the way; the text says what and what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged account that root hands PostgreSQL to."""

    uid: int
    gid: int

    @classmethod
    def of(cls, uid: int) -> Self:
        return cls(uid, pwd.getpwuid(uid).pw_gid)

    @classmethod
    def nobody(cls) -> Self:
        entry = pwd.getpwnam("nobody")  # initdb wants an account with a name
        return cls(entry.pw_uid, entry.pw_gid)

    def can(self, *argv: str | Path) -> bool:
        """Whether the command succeeds for this account: the kernel's own answer."""
        try:
            done = subprocess.run(
                argv,
                user=self.uid,
                group=self.gid,
                extra_groups=[],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
            )
        except OSError:
            return False
        return done.returncode == 0

    def can_enter(self, folder: Path) -> bool:
        return self.can("test", "-x", folder)


def data_folder() -> Path:
    """`CAPLEAK_DATA`, or `.data` beside the code; made when it is not there.

    Private to the user. As root it may be passed through, not listed, because
    PostgreSQL then runs as another account and keeps its own folder in here.
    """
    folder = Path(os.environ.get("CAPLEAK_DATA") or ROOT / ".data").resolve()
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    return folder


def log_folder(data: Path) -> Path:
    """The folder of logs; what was in it is kept as `*.log.1` until the next start."""
    logs = data / "logs"
    logs.mkdir(mode=0o700, exist_ok=True)
    for log in logs.glob("*.log"):
        log.replace(log.with_suffix(".log.1"))
    return logs


def private_folder(path: Path, account: Account | None = None) -> Path:
    """A folder that only its owner may enter, ours or the account's.

    Its name in a shared place can be guessed, so one that somebody else made first is
    refused and never used.
    """
    uid, gid = (account.uid, account.gid) if account else (os.geteuid(), os.getegid())
    try:
        path.mkdir(mode=0o700)
        os.chown(path, uid, gid)
    except FileExistsError:
        found = path.lstat()
        ours = stat.S_ISDIR(found.st_mode) and found.st_uid == uid
        if not ours or found.st_mode & 0o077:
            raise CannotStartError(
                f"{path} is in the way: it is not a private folder of this account. "
                "Remove it and start again."
            ) from None
    return path


def secret_key(data: Path) -> str:
    """The secret key of this data folder, made once."""
    path = data / "secret_key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    key = secrets.token_urlsafe(64)
    with os.fdopen(handle, "w") as file:
        file.write(key)
    return key


class Lock:
    """A file that processes hold; the kernel lets go when the last holder dies.

    A descriptor handed to children keeps the lock held until the last of them ended,
    which no pid file can tell after `kill -9`.
    """

    def __init__(self, path: Path) -> None:
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def take(self, patience_seconds: float = 0) -> bool:
        """Whether the lock is ours now, after waiting for at most that long."""
        deadline = time.monotonic() + patience_seconds
        while True:
            try:
                fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    return False
                time.sleep(0.1)
            else:
                return True

    def read(self) -> dict[str, str]:
        """What the holder wrote; empty before it wrote."""
        try:
            return dict(json.loads(os.pread(self.fd, 65536, 0)))
        except ValueError:
            return {}

    def write(self, note: Mapping[str, str]) -> None:
        """Leave a note for those who find the lock taken."""
        os.ftruncate(self.fd, 0)
        os.pwrite(self.fd, json.dumps(dict(note)).encode(), 0)

    def close(self) -> None:
        os.close(self.fd)
