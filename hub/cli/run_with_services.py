"""A command run with throw-away services, which stop when it ends."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from types import FrameType
from typing import Final

from hub.cli.errors import LaunchError
from hub.cli.home import Home
from hub.cli.programs import leashed
from hub.cli.scratch import scratch_home
from hub.cli.services import embedded

KILLED_BY: Final = 128
"""Added to a signal's number, as shells report it."""


def run_with_services(command: Sequence[str], *, environment: Mapping[str, str]) -> int:
    """Run the command with what it lacks of DATABASE_URL and CELERY_BROKER_URL; its exit code.

    What is configured is used as it is.
    """
    runner = _Runner()
    with contextlib.ExitStack() as running:
        running.enter_context(runner.handling_signals())
        home = running.enter_context(scratch_home(Home.of(environment)))
        services = running.enter_context(
            embedded(
                home,
                durable=False,
                postgres=not environment.get("DATABASE_URL"),
                broker=not environment.get("CELERY_BROKER_URL"),
            )
        )
        return runner.run(command, {**environment, **services.environment()})


class _Runner:
    """A command that gets the SIGTERM meant for us, and answers Ctrl-C itself."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._leaving = False

    def run(self, command: Sequence[str], environment: Mapping[str, str]) -> int:
        sys.stdout.flush()
        try:
            self._process = subprocess.Popen(leashed(command, by=signal.SIGTERM), env=environment)
        except OSError as error:
            raise LaunchError(f"{command[0]} cannot be started: {error.strerror}") from error
        code = self._process.wait()
        return KILLED_BY - code if code < 0 else code

    @contextlib.contextmanager
    def handling_signals(self) -> Iterator[None]:
        before = {
            number: signal.signal(number, self._handle)
            for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if self._process is not None:
            if number == signal.SIGTERM:
                self._process.send_signal(number)  # Ctrl-C has reached the command already
        elif not self._leaving:
            self._leaving = True
            sys.exit(KILLED_BY + number)  # stops what has been started on its way out
