"""One supervised process through its starts, ends and restarts."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import Final

from hub.cli.home import Home
from hub.cli.output import LineReader, Output
from hub.cli.programs import Program, kill_group, launch

FIRST_WAIT_SECONDS: Final = 0.5
LONGEST_WAIT_SECONDS: Final = 10.0
HEALTHY_SECONDS: Final = 30.0
"""Alive for so long, a process has its back-off forgotten."""
READ_BYTES: Final = 65_536
LAST_READS: Final = 32


class Child:
    """A program, its process while it runs, and the time of its next start while it does not."""

    def __init__(self, program: Program, home: Home, output: Output, *, restarts: bool) -> None:
        self.program = program
        self.restarts = restarts
        self.exit_code: int | None = None
        """Of its latest end."""
        self.restart_at: float | None = None
        """Monotonic time of the next start, while it waits for one."""
        self._home = home
        self._output = output
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: int | None = None
        self._lines = LineReader()
        self._started_at = 0.0
        self._wait_seconds = FIRST_WAIT_SECONDS
        self._asked = False

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def is_running(self) -> bool:
        return self._process is not None

    @property
    def pipe(self) -> int | None:
        """Descriptor its output comes through, while it has one."""
        return self._pipe

    def start(self) -> None:
        """Start it now, and forget that it waited."""
        self.restart_at = None
        self.program.before_start()
        self._process = launch(self.program, output=subprocess.PIPE)
        if self._process.stdout is not None:
            self._pipe = self._process.stdout.fileno()
            os.set_blocking(self._pipe, False)
        self._started_at = time.monotonic()
        self._home.write_pid(self.name, self._process.pid)

    def read(self) -> bool:
        """Print some of what it has said since; whether there was anything."""
        if self._pipe is None:
            return False
        try:
            data = os.read(self._pipe, READ_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self._close_pipe()
        self._print(self._lines.feed(data))
        return bool(data)

    def reap(self) -> None:
        """Take note of its end. What is left of its group goes; the next start is set, if any."""
        if self._process is None or self._process.poll() is None:
            return
        kill_group(self._process)
        for _ in range(LAST_READS):
            if not self.read():
                break
        self._print(self._lines.rest())
        self._close_pipe()
        self.exit_code = self._process.returncode
        self._process = None
        self._home.remove_pid(self.name)
        if self.restarts:
            if time.monotonic() - self._started_at >= HEALTHY_SECONDS:
                self._wait_seconds = FIRST_WAIT_SECONDS
            self.postpone(_ending(self.exit_code))

    def postpone(self, reason: str) -> None:
        """Set its next start, later each time."""
        self.restart_at = time.monotonic() + self._wait_seconds
        self._output.line(self.name, f"{reason}; starts again in {self._wait_seconds:g} s")
        self._wait_seconds = min(self._wait_seconds * 2, LONGEST_WAIT_SECONDS)

    def stay_down(self) -> None:
        """Do not start it again, whenever it ends."""
        self.restarts = False
        self.restart_at = None

    def ask_to_stop(self) -> None:
        """Send its stop signal, once; a paused process is woken to hear it."""
        self.stay_down()
        if self._process is not None and not self._asked:
            self._asked = True
            self._process.send_signal(self.program.stop_signal)
            self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill it and what it has started."""
        if self._process is not None:
            kill_group(self._process)

    def _close_pipe(self) -> None:
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()
        self._pipe = None

    def _print(self, lines: list[str]) -> None:
        for line in lines:
            self._output.line(self.name, line)


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    return f"ended by {signal.Signals(-code).name}"
