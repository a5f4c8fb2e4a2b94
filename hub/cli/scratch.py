"""Throw-away homes, each used for one run and removed after it."""

from __future__ import annotations

import contextlib
import fcntl
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hub.cli import orphans, postgres_place
from hub.cli.home import PRIVATE, Home

OWNER: Final = "owner"
"""A file that the user of a throw-away home keeps locked: without the lock, it is abandoned."""


@contextlib.contextmanager
def scratch_home(home: Home) -> Iterator[Path]:
    """A throw-away home inside `home`, removed at the end; leftovers of killed runs go first."""
    home.make()
    home.scratch.mkdir(mode=PRIVATE, exist_ok=True)
    with contextlib.ExitStack() as owned:
        with (home.scratch / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # nobody sweeps between the making and the owning
            for leftover in home.scratch.iterdir():
                if leftover.is_dir() and _is_abandoned(leftover):
                    _remove(Home(leftover))
            made = home.scratch / secrets.token_hex(8)
            owned.callback(_remove, Home(made))  # before it is there: a signal may come in between
            made.mkdir(mode=PRIVATE)
            owner = owned.enter_context((made / OWNER).open("x"))
            fcntl.flock(owner, fcntl.LOCK_EX)
        yield made


def _is_abandoned(folder: Path) -> bool:
    try:
        with (folder / OWNER).open() as owner:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True


def _remove(home: Home) -> None:
    """Remove the home, what still runs in it, and its folder under /var/tmp."""
    data = postgres_place.data_folder(home)
    orphans.end(lambda: orphans.of_home(home.root))
    orphans.end(lambda: orphans.working_in(data, program="postgres"))
    orphans.end(lambda: orphans.working_in(home.broker / "data", program="valkey-server"))
    postgres_place.forget(home)
    shutil.rmtree(home.root, ignore_errors=True)
