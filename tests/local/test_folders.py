"""The data folder: private, made once, held by one run."""

import subprocess
from pathlib import Path

import pytest

from capleak.local.folders import (
    CannotStartError,
    Lock,
    data_folder,
    private_folder,
    secret_key,
)


def test_the_data_folder_shows_nobody_its_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAPLEAK_DATA", str(tmp_path / "new" / "data"))
    assert data_folder().stat().st_mode & 0o066 == 0


def test_the_secret_key_is_made_once_and_only_ours_to_read(tmp_path: Path) -> None:
    key = secret_key(tmp_path)
    assert len(key) > 50
    assert secret_key(tmp_path) == key
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_socket_folder_that_somebody_else_could_enter_is_refused(
    tmp_path: Path,
) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    theirs.chmod(0o777)
    with pytest.raises(CannotStartError, match="theirs is in the way"):
        private_folder(theirs)
    link = tmp_path / "link"
    link.symlink_to(private_folder(tmp_path / "ours"))
    with pytest.raises(CannotStartError):
        private_folder(link)


def test_a_lock_is_held_as_long_as_any_child_lives(tmp_path: Path) -> None:
    first, second = Lock(tmp_path / "lock"), Lock(tmp_path / "lock")
    assert first.take()
    first.write({"pid": "17"})
    child = subprocess.Popen(["sleep", "60"], pass_fds=[first.fd])
    first.close()
    assert not second.take()
    assert second.read() == {"pid": "17"}
    child.kill()
    child.wait()
    assert second.take(patience_seconds=5)
    second.close()
