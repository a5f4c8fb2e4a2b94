"""`HUB_HOME`: the one folder that a hub keeps everything in."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from hub.cli.errors import LaunchError

CHECKOUT: Final = Path(__file__).resolve().parents[2]
PRIVATE: Final = 0o700
SEARCH_BIT: Final = 0o001


class Home:
    """Where things stand in a `HUB_HOME`; nothing is made before `make()`."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.run = self.root / "run"
        self.secrets = self.root / "secrets"
        self.postgres = self.root / "postgres"
        self.broker = self.root / "broker"
        self.logs = self.root / "logs"
        self.mail = self.root / "mail"
        self.temporary = self.root / "tmp"
        self.scratch = self.root / "scratch"
        outer = self.root.parent.parent
        self.is_scratch = self.root.parent == outer / "scratch" and (outer / "run").is_dir()
        self.services_file = self.run / "services.json"
        self.postgres_pointer = self.run / "postgres.dir"

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Home:
        """The home that `HUB_HOME` names, else `var` in the checkout."""
        return cls(Path(environment.get("HUB_HOME") or CHECKOUT / "var"))

    def make(self) -> None:
        """Make its folders, readable by their owner alone. What exists keeps its mode.

        Raises LaunchError when the place cannot be written.
        """
        try:
            self.root.parent.mkdir(parents=True, exist_ok=True)
            for folder in (self.root, self.run, self.secrets, self.logs, self.mail, self.temporary):
                folder.mkdir(mode=PRIVATE, exist_ok=True)
        except OSError as error:
            raise LaunchError(
                f"HUB_HOME {self.root} cannot be used ({error.strerror}: {error.filename}). "
                "Set HUB_HOME to a folder that you may write."
            ) from error

    @property
    def own_folders(self) -> list[Path]:
        """The folders that are the hub's own on the way to this home, outermost first."""
        if not self.is_scratch:
            return [self.root]
        return [*Home(self.root.parent.parent).own_folders, self.root.parent, self.root]

    def let_through(self) -> None:
        """Give others the search bit on the hub's own folders, so that they reach one of theirs."""
        for folder in self.own_folders:
            mode = folder.stat().st_mode
            if not mode & SEARCH_BIT:
                folder.chmod((mode & 0o7777) | SEARCH_BIT)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the home for one supervisor; the kernel lets go of it however the holder ends.

        Raises LaunchError when another process holds it.
        """
        self.make()
        path = self.run / "lock"
        with path.open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                lock.seek(0)
                raise LaunchError(
                    f"A hub already runs in {self.root} (process {lock.read().strip() or '?'}). "
                    "Stop it, or set HUB_HOME and HUB_PORT to others."
                ) from error
            lock.truncate(0)
            lock.write(f"{os.getpid()}\n")
            lock.flush()
            yield

    def is_held(self) -> bool:
        """Whether a supervisor holds this home now."""
        try:
            with (self.run / "lock").open("r") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def write_pid(self, name: str, pid: int) -> None:
        """Name a running process in `run/<name>.pid`."""
        write_atomically(self.run / f"{name}.pid", f"{pid}\n")

    def remove_pid(self, name: str) -> None:
        """Forget a process that is gone."""
        (self.run / f"{name}.pid").unlink(missing_ok=True)

    def write_services(self, addresses: Mapping[str, str]) -> None:
        """Tell whoever uses this home where the embedded services answer; holds passwords."""
        write_atomically(self.services_file, json.dumps(addresses, indent=1) + "\n")

    def forget_services(self) -> None:
        """No embedded service of this home answers any more."""
        self.services_file.unlink(missing_ok=True)


def write_atomically(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Replace the file whole: a reader, or a crash, meets the old text or the new one."""
    temporary = _written_beside(path, text, mode=mode)
    temporary.replace(path)


def write_once(path: Path, text: str) -> None:
    """Make the file with this text, on disk before it has its name; one that exists stays."""
    temporary = _written_beside(path, text, mode=0o600)
    try:
        os.link(temporary, path)
    except FileExistsError:
        return  # somebody was quicker; both of us use theirs
    finally:
        temporary.unlink()
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have the folder's entries on disk before going on."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _written_beside(path: Path, text: str, *, mode: int) -> Path:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    os.chmod(name, mode)  # noqa: PTH101 - mkstemp gives a name, not a path
    return Path(name)
