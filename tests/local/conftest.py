"""A data folder that PostgreSQL's account can enter, as `make run` would have it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from capleak.local import cluster_home


@pytest.fixture
def data() -> Iterator[Path]:
    """Not pytest's tmp_path: as root that lies where no other account can look."""
    folder = Path(tempfile.mkdtemp(prefix="capleak-test-"))
    folder.chmod(0o711)
    yield folder
    cluster_home.remove(folder / "postgres")
    shutil.rmtree(folder)


@pytest.fixture
def logs(data: Path) -> Path:
    folder = data / "logs"
    folder.mkdir()
    return folder
