"""Keeps processes running: prints what they say, restarts those that die, stops them in order."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Final, NamedTuple

from hub.cli.child import Child
from hub.cli.errors import LaunchError
from hub.cli.home import Home
from hub.cli.output import Output
from hub.cli.programs import Program

STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
TURN_SECONDS: Final = 0.5
SETTLE_SECONDS: Final = 0.05


class Stop(NamedTuple):
    """One step of the stop; both times are seconds since it began."""

    name: str
    next_after: float
    """The next step begins when this process is out, or at this time."""
    killed_after: float
    needs_all_out: bool = False
    """It begins only when those before it are out, killed or not: they need this process."""


class StopAsked(Exception):
    """Somebody asked for the end while the hub was still starting."""


class Supervisor:
    """Processes of one home. Lives in one thread, the main one: it handles the signals.

    Use as `with supervisor.handling_signals():`, then `start`, `wait_until`, `finish`, `serve` and
    at last, always, `stop`.
    """

    def __init__(self, home: Home, output: Output) -> None:
        self._home = home
        self._output = output
        self._children: dict[str, Child] = {}
        self._stop_asked = False
        self._wake_read, self._wake_write = os.pipe()

    @contextlib.contextmanager
    def handling_signals(self) -> Iterator[None]:
        """SIGTERM, SIGINT and SIGHUP ask for the end, once; a second one changes nothing."""
        for descriptor in (self._wake_read, self._wake_write):
            os.set_blocking(descriptor, False)
        before = {
            number: signal.signal(number, self._ask)
            for number in STOP_SIGNALS
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN  # nohup
        }
        before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, self._notice)
        previous = signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(previous)
            for number, handler in before.items():
                signal.signal(number, handler)
            os.close(self._wake_read)
            os.close(self._wake_write)

    def start(self, program: Program) -> None:
        """Start it, and start it again whenever it ends, until `stop`."""
        self._add(program, restarts=True)

    def is_running(self, name: str) -> bool:
        """Whether that process runs now, as opposed to waiting for its next start."""
        return self._children[name].is_running

    def drop(self, name: str) -> None:
        """Kill that process and do not start it again."""
        child = self._children[name]
        child.stay_down()
        while child.is_running:
            child.kill()
            self._turn(SETTLE_SECONDS)
        del self._children[name]

    def wait_until(self, condition: Callable[[], bool], *, seconds: float, every: float) -> bool:
        """Go on supervising until the condition holds: True; False when time is up.

        Raises StopAsked.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            self._turn(every)
            self._raise_if_asked()
        return True

    def finish(self, program: Program) -> int:
        """Run a program that ends by itself; its exit code. Raises StopAsked."""
        child = self._add(program, restarts=False)
        while child.exit_code is None:
            self._turn(TURN_SECONDS)
            self._raise_if_asked()
        del self._children[program.name]
        return child.exit_code

    def serve(self) -> None:
        """Go on supervising until somebody asks for the end."""
        while not self._stop_asked:
            self._turn(TURN_SECONDS)

    def stop(self, order: Sequence[Stop]) -> None:
        """Ask each process to stop, in this order, and return when all are out.

        What the order does not name is killed at once; nothing is started again.
        """
        began = time.monotonic()
        named = {step.name for step in order}
        for child in self._children.values():
            child.stay_down()
            if child.name not in named:
                child.kill()
        due = [step for step in order if step.name in self._children]
        asked: list[Stop] = []
        while due or any(child.is_running for child in self._children.values()):
            elapsed = time.monotonic() - began
            while due and self._may_begin(due[0], asked, elapsed):
                self._children[due[0].name].ask_to_stop()
                asked.append(due.pop(0))
            for step in asked:
                if elapsed >= step.killed_after:
                    self._children[step.name].kill()
            self._turn(SETTLE_SECONDS)
        self._output.flush()

    def _add(self, program: Program, *, restarts: bool) -> Child:
        child = Child(program, self._home, self._output, restarts=restarts)
        self._children[program.name] = child
        child.start()
        return child

    def _may_begin(self, step: Stop, asked: Sequence[Stop], elapsed: float) -> bool:
        """Whether those before it are out, or have had their time."""
        running = [before for before in asked if self._children[before.name].is_running]
        if step.needs_all_out:
            return not running
        return all(elapsed >= before.next_after for before in running)

    def _raise_if_asked(self) -> None:
        if self._stop_asked:
            raise StopAsked

    def _turn(self, seconds: float) -> None:
        """Wait for something to happen, at most so long, and deal with it."""
        self._wait(seconds)
        self._output.flush()
        for child in list(self._children.values()):
            child.read()
            child.reap()
            if child.restart_at is not None and time.monotonic() >= child.restart_at:
                self._restart(child)

    def _wait(self, seconds: float) -> None:
        now = time.monotonic()
        restarts = [child.restart_at for child in self._children.values() if child.restart_at]
        patience = max(0.0, min([seconds, *(moment - now for moment in restarts)]))
        if self._output.is_behind:
            patience = min(patience, SETTLE_SECONDS)
        pipes = [child.pipe for child in self._children.values()]
        readable, _, _ = select.select(
            [self._wake_read, *(pipe for pipe in pipes if pipe is not None)], [], [], patience
        )
        if self._wake_read in readable:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake_read, 4096)

    def _restart(self, child: Child) -> None:
        try:
            child.start()
        except (LaunchError, OSError) as error:
            child.postpone(str(error))

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._stop_asked = True

    def _notice(self, _number: int, _frame: FrameType | None) -> None:
        """SIGCHLD only has to wake the loop."""
