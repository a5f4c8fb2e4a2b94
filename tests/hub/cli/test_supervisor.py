"""Processes kept running, and stopped in order within their time."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest

from hub.cli.errors import LaunchError
from hub.cli.home import Home
from hub.cli.output import Output
from hub.cli.programs import Program
from hub.cli.supervisor import Stop, StopAsked, Supervisor
from tests.hub.cli.running import eventually

DEAF: Final = """
import os, signal, time
signal.signal(signal.SIGTERM, lambda number, frame: os.write(1, b"heard\\n"))
os.write(1, b"runs\\n")
while True: time.sleep(60)
"""
POLITE: Final = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(os.write(1, b"left\\n") - 5))
os.write(1, b"runs\\n")
while True: time.sleep(60)
"""


class Stage:
    """A supervisor with what it prints."""

    def __init__(self, home: Home, supervisor: Supervisor, printed: Path) -> None:
        self.home = home
        self.supervisor = supervisor
        self._printed = printed

    @property
    def lines(self) -> list[str]:
        return self._printed.read_text().splitlines()

    def program(
        self, name: str, code: str, before_start: Callable[[], None] = lambda: None
    ) -> Program:
        return Program(
            name=name,
            command=(sys.executable, "-c", code),
            home=self.home.root,
            environment=os.environ,
            folder=self.home.root,
            before_start=before_start,
        )

    def start(self, code: str, *names: str) -> None:
        """Start these and wait until they have said that they run."""
        for name in names:
            self.supervisor.start(self.program(name, code))
        wanted = {f"{name:<8} | runs" for name in names}
        assert self.wait_until(lambda: wanted <= set(self.lines))

    def wait_until(self, condition: Callable[[], bool], seconds: float = 15) -> bool:
        return self.supervisor.wait_until(condition, seconds=seconds, every=0.02)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    home = Home(tmp_path / "home")
    home.make()
    with (tmp_path / "printed").open("wb", buffering=0) as printed:
        supervisor = Supervisor(home, Output(printed.fileno()))
        with supervisor.handling_signals():
            yield Stage(home, supervisor, tmp_path / "printed")
            supervisor.stop([])


def test_a_process_that_keeps_dying_is_started_again_ever_later(stage: Stage) -> None:
    stage.supervisor.start(stage.program("web", "raise SystemExit(3)"))

    assert stage.wait_until(lambda: len(stage.lines) == 3)
    assert stage.lines == [
        "web      | ended with exit code 3; starts again in 0.5 s",
        "web      | ended with exit code 3; starts again in 1 s",
        "web      | ended with exit code 3; starts again in 2 s",
    ]


def test_a_start_that_cannot_be_prepared_is_tried_again(stage: Stage) -> None:
    tries: list[bool] = []

    def prepare() -> None:
        tries.append(True)
        if len(tries) == 2:
            raise LaunchError("The disk is full.")

    stage.supervisor.start(stage.program("web", "pass", prepare))

    assert stage.wait_until(lambda: len(tries) == 3)
    assert stage.lines[:2] == [
        "web      | ended with exit code 0; starts again in 0.5 s",
        "web      | The disk is full.; starts again in 1 s",
    ]


def test_a_program_that_ends_by_itself_gives_its_exit_code(stage: Stage) -> None:
    assert stage.supervisor.finish(stage.program("prepare", "print('done')")) == 0
    assert stage.supervisor.finish(stage.program("prepare", "raise SystemExit(4)")) == 4
    assert stage.lines == ["prepare  | done"]


def test_signals_ask_for_the_end_once(stage: Stage) -> None:
    stage.start(POLITE, "web")
    for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT):
        os.kill(os.getpid(), number)

    with pytest.raises(StopAsked):
        stage.wait_until(lambda: False)
    stage.supervisor.serve()
    stage.supervisor.stop([Stop("web", 5, 5)])

    assert stage.lines == ["web      | runs", "web      | left"]


def test_who_does_not_leave_in_time_is_killed_and_the_next_are_asked_meanwhile(
    stage: Stage,
) -> None:
    stage.start(DEAF, "relay")
    stage.start(POLITE, "worker", "postgres")
    began = time.monotonic()

    stage.supervisor.stop(
        [
            Stop("relay", next_after=0.2, killed_after=1.0),
            Stop("worker", next_after=2.0, killed_after=2.0),
            Stop("postgres", next_after=3.0, killed_after=3.0, needs_all_out=True),
        ]
    )

    assert 1.0 <= time.monotonic() - began < 2.0
    assert _said(stage.lines, "heard", "left") == ["relay", "worker", "postgres"]
    assert list(stage.home.run.iterdir()) == []


def test_who_waits_for_its_next_start_stays_down_at_the_end(stage: Stage) -> None:
    stage.supervisor.start(stage.program("web", "raise SystemExit(3)"))
    assert stage.wait_until(lambda: len(stage.lines) == 1)
    stage.start(DEAF, "relay")

    stage.supervisor.stop([Stop("relay", 0.8, 0.8), Stop("web", 2, 2)])

    assert _said(stage.lines, "starts again in 0.5 s") == ["web"]
    assert not any("starts again in 1 s" in line for line in stage.lines)


def test_a_paused_process_leaves_too(stage: Stage) -> None:
    stage.start(POLITE, "worker")
    pid = int((stage.home.run / "worker.pid").read_text())
    os.kill(pid, signal.SIGSTOP)

    stage.supervisor.stop([Stop("worker", 10, 10)])

    assert _said(stage.lines, "left") == ["worker"]


def test_descendants_of_a_process_that_died_go_with_it(stage: Stage) -> None:
    parent = "import os, subprocess; print(subprocess.Popen(['sleep', '60']).pid, flush=True)"

    stage.supervisor.finish(stage.program("prepare", parent))
    child = Path("/proc") / stage.lines[0].split("| ")[1]

    assert eventually(lambda: not child.exists() or "Z" in (child / "stat").read_text().split()[2])


def _said(lines: Sequence[str], *endings: str) -> list[str]:
    """Who printed a line that ends so, in order."""
    return [line.split(" ")[0] for line in lines if line.endswith(endings)]
