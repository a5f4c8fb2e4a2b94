"""Conversations with the processes that are measured: one line of JSON each way."""

from __future__ import annotations

import json
import selectors
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from bench.failure import BenchError
from hub.cli.home import CHECKOUT
from hub.cli.programs import end, leashed

ANSWER_SECONDS: Final = 120.0
"""No single step takes nearly as long."""
STOP_SECONDS: Final = 25.0
"""A whole hub stops within 20 s."""
SHOWN_LOG_LINES: Final = 15


class Process:
    """A program that ends with the measurement; what it says goes to a file, shown if it fails."""

    def __init__(self, name: str, command: list[str], *, env: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log / f"{name}.log"
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                leashed(command, by=signal.SIGTERM),
                stdin=subprocess.PIPE,
                stdout=self._answers_to(output.fileno()),
                stderr=output,
                cwd=CHECKOUT,
                env=env,
                process_group=0,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        end(self._process, by=signal.SIGTERM, seconds=STOP_SECONDS)

    def failed(self, how: str) -> BenchError:
        """An error that shows the end of what the program said."""
        lines = self.log.read_text(errors="replace").splitlines()[-SHOWN_LOG_LINES:]
        return BenchError("\n".join([f"{self.name} {how}", *lines]))

    def require_running(self) -> None:
        """Raises BenchError when it has ended."""
        if self._process.poll() is not None:
            raise self.failed(f"ended with exit code {self._process.returncode}.")

    def _answers_to(self, log: int) -> int:
        """Where its standard output goes."""
        return log


class Side(Process):
    """A process that carries out commands, and answers each when it is done."""

    def ask(self, command: str, **arguments: Any) -> Any:
        """Have it carry out one command. Raises BenchError when it fails, or takes too long."""
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        if pipe_in is None or pipe_out is None:
            raise self.failed("has no pipes.")
        try:
            pipe_in.write(json.dumps([command, arguments]).encode() + b"\n")
            pipe_in.flush()
        except BrokenPipeError as error:
            raise self.failed(f"was gone when asked to {command}.") from error
        with selectors.DefaultSelector() as selector:
            selector.register(pipe_out, selectors.EVENT_READ)
            if not selector.select(ANSWER_SECONDS):
                raise self.failed(f"did not {command} in {ANSWER_SECONDS:.0f} s.")
        line = pipe_out.readline()
        if not line:
            raise self.failed(f"failed to {command}.")
        return json.loads(line)

    def _answers_to(self, log: int) -> int:
        return subprocess.PIPE


def python_side(
    module: str, *, env: Mapping[str, str], log: Path, with_django: bool = True
) -> Side:
    """A process of ours that carries out the `COMMANDS` of a module."""
    run = ["-m", "bench.with_django", module] if with_django else ["-m", module]
    return Side(module, [sys.executable, *run], env=env, log=log)


def answer(commands: Mapping[str, Callable[..., Any]]) -> None:
    """Carry out commands from standard input until it ends; the other end of `Side.ask`."""
    for line in sys.stdin:
        command, arguments = json.loads(line)
        result = commands[command](**arguments)
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()
