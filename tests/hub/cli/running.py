"""A hub that a test has started as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from hub.cli import orphans
from hub.cli.home import CHECKOUT, Home
from hub.cli.ports import free_port
from hub.cli.postgres_place import data_folder, forget

NAMES: Final = ("postgres", "broker", "web", "relay", "worker", "beat")
PATIENCE_SECONDS: Final = 20.0


def eventually(condition: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> bool:
    """Whether the condition comes true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class RunningHub:
    """`hub up` with stand-in processes; its lines are read as they come."""

    def __init__(self, home: Path, variables: Mapping[str, str]) -> None:
        self.home = Home(home)
        self.port = int(variables.get("HUB_PORT") or free_port())
        self.lines: list[str] = []
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in {"DATABASE_URL", "DATABASE_DIRECT_URL", "CELERY_BROKER_URL"}
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.hub.cli.stand_in"],
            cwd=CHECKOUT,
            env={**kept, "HUB_HOME": str(home), "HUB_PORT": str(self.port), **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def ready_line(self) -> str:
        return f"Hub ready at http://127.0.0.1:{self.port}"

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def pid(self, name: str) -> int:
        """As `run/<name>.pid` says."""
        return int((self.home.run / f"{name}.pid").read_text())

    def is_ready(self) -> bool:
        """Wait for the line that says so."""
        return eventually(lambda: self.ready_line in self.lines)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop and wait: its exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Its exit code once it has ended and all it said is read."""
        code = self.process.wait(PATIENCE_SECONDS)
        self._reader.join()
        return code

    def leftovers(self) -> list[int]:
        """Processes of this home that still run."""
        data = data_folder(self.home)
        return [
            *orphans.of_home(self.home.root),
            *orphans.working_in(data, program="postgres"),
        ]

    def end(self) -> None:
        """Leave nothing running, whatever the test did; what another hub holds stays."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        if self.process.stdout is not None:
            self.process.stdout.close()
        if not self.home.is_held():
            orphans.end(self.leftovers)
            forget(self.home)

    def _read(self) -> None:
        if self.process.stdout is not None:
            self.lines.extend(line.rstrip("\n") for line in self.process.stdout)
