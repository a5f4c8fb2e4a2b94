"""A process to run: what starts it, whose it is, and how it is asked to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from hub.cli.server_account import Account

LEASH: Final = Path(__file__).with_name("leash.py")
HOME_MARK: Final = "HUB_SUPERVISED_HOME"
"""Variable in the environment of every process of a home; `hub.cli.orphans` finds them by it."""


def nothing() -> None:
    """Needs no preparation."""


@dataclass(frozen=True)
class Program:
    """One long-lived process of a hub."""

    name: str
    command: tuple[str, ...]
    home: Path
    environment: Mapping[str, str]
    folder: Path
    """Its working directory."""
    account: Account | None = None
    """Whom it runs as; None: whoever runs the hub."""
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGTERM
    """What the kernel sends it when its supervisor is killed."""
    before_start: Callable[[], None] = field(default=nothing)
    """Called before each start, the first one and every restart."""


def leashed(
    command: Sequence[str], *, by: signal.Signals, account: Account | None = None
) -> list[str]:
    """The command line that runs `command` until it ends or the calling thread is gone.

    Then (Linux) it gets the signal `by`; so call this where the thread lives as long.
    """
    user = f"{account.uid}:{account.gid}" if account else ""
    python = [sys.executable, "-I", "-S", str(LEASH)]
    return [*python, str(os.getpid()), str(int(by)), user, *command]


def launch(program: Program, *, output: int | IO[bytes]) -> subprocess.Popen[bytes]:
    """Start it, on a leash, in a process group of its own: Ctrl-C reaches the supervisor alone."""
    return subprocess.Popen(
        leashed(program.command, by=program.orphan_signal, account=program.account),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=program.folder,
        env={**program.environment, HOME_MARK: str(program.home)},
        process_group=0,
    )


def end(process: subprocess.Popen[bytes], *, by: signal.Signals, seconds: float) -> None:
    """Ask it to stop, wait, then kill what is left of its group. A second call does nothing."""
    if process.poll() is None:
        process.send_signal(by)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            kill_group(process)
            process.wait()
    kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill it and every process it has started in its group."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
