"""Leftover processes: found by what they are, and nobody else harmed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.cli import leash, orphans
from hub.cli.programs import Program, end, launch
from tests.hub.cli.running import eventually

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    " print('deaf', flush=True); time.sleep(60)"
)


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A supervised process of the home `tmp_path`."""
    process = launch(_program(tmp_path, "/bin/sleep", "60"), output=subprocess.DEVNULL)
    assert eventually(lambda: orphans.of_home(tmp_path) == [process.pid])
    yield process
    end(process, by=signal.SIGKILL, seconds=5)


def _program(home: Path, *command: str) -> Program:
    return Program(name="web", command=command, home=home, environment=os.environ, folder=home)


def test_processes_of_a_home_are_found_and_ended(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    found = orphans.end(lambda: _unless_ended(orphans.of_home(tmp_path), sleeper))

    assert found == 1
    assert sleeper.wait(5) == -signal.SIGTERM


def _unless_ended(pids: list[int], process: subprocess.Popen[bytes]) -> list[int]:
    """A child of ours stays a zombie until we ask for it; an orphan would be gone."""
    process.poll()
    return pids


def test_processes_of_other_homes_are_left_alone(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    assert orphans.end(lambda: orphans.of_home(tmp_path / "other")) == 0
    assert orphans.end(lambda: orphans.working_in(tmp_path, program="postgres")) == 0
    assert sleeper.poll() is None


def test_processes_are_found_by_the_folder_they_work_in(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    assert eventually(lambda: orphans.working_in(tmp_path, program="sleep") == [sleeper.pid])
    assert orphans.working_in(tmp_path.parent, program="sleep") == []


def test_who_does_not_listen_is_killed(tmp_path: Path) -> None:
    process = launch(_program(tmp_path, sys.executable, "-c", STUBBORN), output=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"deaf\n"

    orphans.end(
        lambda: _unless_ended(orphans.of_home(tmp_path), process),
        ladder=((signal.SIGTERM, 0.2), (signal.SIGKILL, 5.0)),
    )

    assert process.wait(5) == -signal.SIGKILL
    process.stdout.close()


def test_who_does_not_stop_in_time_is_killed_with_its_group(tmp_path: Path) -> None:
    shell = _program(tmp_path, "/bin/sh", "-c", "trap '' TERM; sleep 60 & echo deaf; wait; wait")
    process = launch(shell, output=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"deaf\n"

    end(process, by=signal.SIGTERM, seconds=0.2)

    assert process.returncode == -signal.SIGKILL
    assert process.stdout.read() == b""  # nobody holds the other end any more
    process.stdout.close()


def test_a_program_that_is_missing_is_named(tmp_path: Path) -> None:
    process = launch(_program(tmp_path, "/no/such/program"), output=subprocess.PIPE)
    output, _ = process.communicate(timeout=10)

    assert process.returncode == leash.CANNOT_EXECUTE
    assert output == b"/no/such/program cannot be started: No such file or directory\n"


def test_a_program_is_not_started_for_a_supervisor_that_is_gone() -> None:
    somebody_else = "1"

    assert leash.main([somebody_else, str(int(signal.SIGURG)), "", "/no/such/program"]) == 0
