"""Processes that a killed supervisor left behind: found by what they are, never by a pid alone."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from hub.cli.programs import HOME_MARK

PROC: Final = Path("/proc")
POLL_SECONDS: Final = 0.05
LADDER: Final = ((signal.SIGTERM, 3.0), (signal.SIGKILL, 5.0))
POSTGRES_LADDER: Final = ((signal.SIGINT, 5.0), (signal.SIGQUIT, 3.0), (signal.SIGKILL, 5.0))
"""Signal and patience in seconds: fast shutdown, immediate shutdown, kill (PostgreSQL, 18.5)."""


def of_home(home: Path) -> list[int]:
    """Running processes that a supervisor of this home started, their descendants included.

    Not PostgreSQL's, which have signals of their own: `working_in` finds those.
    """
    mark = f"{HOME_MARK}={home}".encode()
    own = os.getpid()
    return [
        pid
        for pid in _pids()
        if pid != own
        and mark in _read(PROC / str(pid) / "environ").split(b"\0")
        and _program(pid) != "postgres"
    ]


def working_in(folder: Path, *, program: str) -> list[int]:
    """Running processes named `program` whose working directory is `folder`, existing or deleted.

    PostgreSQL's processes and Valkey work in their data folder, and rewrite their environment.
    """
    places = {str(folder), f"{folder} (deleted)"}
    return [pid for pid in _pids() if _program(pid) == program and _cwd(pid) in places]


def end(
    find: Callable[[], Sequence[int]], *, ladder: Sequence[tuple[signal.Signals, float]] = LADDER
) -> int:
    """Stop what `find` finds, with the next signal of the ladder when patience runs out.

    Before each signal they are looked up anew, so a pid that meanwhile names something else is
    left alone. Returns how many were found at first.
    """
    found = len(find())
    for number, patience in ladder:
        deadline = time.monotonic() + patience
        for pid in find():
            _send(pid, number)
        while find():
            if time.monotonic() > deadline:
                break
            time.sleep(POLL_SECONDS)
        else:
            return found
    return found


def _pids() -> list[int]:
    if not PROC.is_dir():
        return []  # no /proc (macOS): PostgreSQL's and the home's own locks still refuse
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # gone, or another user's


def _program(pid: int) -> str:
    return _read(PROC / str(pid) / "comm").strip().decode(errors="replace")


def _cwd(pid: int) -> str:
    try:
        return str((PROC / str(pid) / "cwd").readlink())
    except OSError:
        return ""


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
