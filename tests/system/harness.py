"""A hub of real processes, each of which a test may kill, pause, stop and start again."""

from __future__ import annotations

import http.client
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from hub.cli import orphans
from hub.cli.home import Home
from hub.cli.ports import free_port
from hub.cli.processes import hub_processes
from hub.cli.programs import Program, kill_group, launch
from tests.system.api import Api
from tests.system.bookkeeping import Books, read_books
from tests.system.places import Template, clean_environment
from tests.system.sinks import Sink

PATIENCE_SECONDS = 30.0
POLL_SECONDS = 0.02
SHOWN_LOG_BYTES = 4000
BASICS = ("web", "relay", "worker")


def eventually(condition: Callable[[], Any], *, seconds: float = PATIENCE_SECONDS) -> bool:
    """Whether the condition comes true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


class Hub:
    """web, relay, worker and beat of one hub, started and ended one by one."""

    def __init__(
        self,
        home: Home,
        template: Template,
        *,
        database_url: str,
        broker_url: str,
        variables: Mapping[str, str],
    ) -> None:
        self.home = home
        self.database_url = database_url
        self.tokens = template.tokens
        self.port = free_port()
        self.environment = {
            **clean_environment(),
            **template.environment,
            "DJANGO_SETTINGS_MODULE": "hub.settings.development",
            "HUB_HOME": str(home.root),
            "HUB_PORT": str(self.port),
            "HUB_WEBHOOK_ALLOW": "127.0.0.0/8",
            "HUB_RATE_TOKEN": "1000000/m",
            "HUB_RATE_TOKEN_BURST": "1000000",
            "DATABASE_URL": database_url,
            "DATABASE_DIRECT_URL": database_url,
            "CELERY_BROKER_URL": broker_url,
            "TMPDIR": str(home.temporary),
            "PYTHONUNBUFFERED": "1",
            **variables,
        }
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def api(self, slug: str) -> Api:
        """The API as one of the organisations sees it."""
        return Api(self.port, self.tokens[slug])

    # Processes ------------------------------------------------------------------------------

    def start(self, *names: str, **variables: str) -> None:
        """Start processes, with further variables if they are given; does not wait."""
        for name in names:
            assert name not in self._running, f"{name} runs already"
            with self.log(name).open("ab") as log:
                self._running[name] = launch(self._program(name, variables), output=log)

    def pid(self, name: str) -> int:
        """Of its first process."""
        return self._running[name].pid

    def is_running(self, name: str) -> bool:
        return name in self._running and self._running[name].poll() is None

    def kill(self, name: str) -> None:
        """`kill -9` it and all it has started."""
        process = self._running.pop(name)
        kill_group(process)
        process.wait()

    def kill_one(self, name: str, choose: Callable[[Sequence[int]], int]) -> None:
        """`kill -9` one of its processes; `choose` picks among them, the first one first."""
        leader = self._running[name].pid
        others = [pid for pid in self.pids() if _group_of(pid) == leader and pid != leader]
        os.kill(choose([leader, *sorted(others)]), signal.SIGKILL)

    def clear_away(self, name: str) -> bool:
        """If its first process has ended, end the rest of it, and say so."""
        if self._running[name].poll() is None:
            return False
        self.kill(name)
        return True

    def stop(self, name: str, *, seconds: float = 30.0) -> float:
        """SIGTERM, and wait until it is out; how long that took."""
        process = self._running.pop(name)
        began = time.monotonic()
        process.terminate()
        try:
            process.wait(seconds)
        finally:
            kill_group(process)
            process.wait()
        return time.monotonic() - began

    def log(self, name: str) -> Path:
        return self.home.logs / f"{name}.log"

    def pids(self) -> list[int]:
        """Everything that runs of this hub."""
        return orphans.of_home(self.home.root)

    def end(self) -> None:
        """Leave nothing running."""
        for name in list(self._running):
            self.kill(name)
        assert eventually(lambda: not self.pids(), seconds=5.0), self.pids()

    def _program(self, name: str, variables: Mapping[str, str]) -> Program:
        environment = {**self.environment, **variables}
        programs = hub_processes(self.home, environment, self.port)
        return next(program for program in programs if program.name == name)

    # What it does ---------------------------------------------------------------------------

    def is_ready(self) -> bool:
        """Whether `/readyz` says so."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def await_ready(self) -> None:
        assert eventually(self.is_ready), self.what_was_said()

    def endpoint(self, slug: str, sink: Sink, *, topic: str = "incident.published") -> str:
        """Let the organisation have alerts at the sink; the endpoint's id."""
        name = f"{slug}-{len(sink.arrivals)}-{time.monotonic_ns()}"
        made = self.api(slug).make("endpoints/", {"url": sink.url(name), "topics": [topic]})
        sink.trust(name, made["secret"])
        return name

    def warm_up(self, sink: Sink, *, seconds: float = 1.0, by: str = "filer") -> None:
        """Publish until alerts arrive as quickly as they do at a hub that has started."""
        for number in range(20):
            ref = publish(self.api(by), f"Warming up {number}")
            if eventually(partial(sink.about, [ref]), seconds=seconds):
                return
        raise AssertionError(self.what_was_said())

    def books(self) -> Books:
        return read_books(self.database_url)

    def await_quiet(self, *, seconds: float = 60.0) -> Books:
        """Wait until nothing is left to do; the books are whole then."""
        assert eventually(lambda: self.books().is_quiet, seconds=seconds), (
            f"{self.books()}\n{self.what_was_said()}"
        )
        return self.books()

    def what_was_said(self) -> str:
        """The ends of all logs."""
        said = []
        for path in sorted(self.home.logs.glob("*.log")):
            text = path.read_bytes()[-SHOWN_LOG_BYTES:].decode(errors="replace")
            said.append(f"--- {path.stem}\n{text}")
        return "\n".join(said)


def publish(api: Api, title: str, **fields: Any) -> str:
    """File and publish a green incident; its ref."""
    document = {"title": title, "tlp": "green", "publish": True, **fields}
    return str(api.make("incidents/", document)["ref"])


def report(text: str) -> None:
    """Print a figure of an experiment; pytest shows it with `-s`."""
    sys.stdout.write(f"{text}\n")


def spread(seconds: Iterable[float]) -> str:
    """Median and extremes, to be printed."""
    ordered = sorted(seconds)
    return (
        f"{len(ordered)} in p50 {statistics.median(ordered) * 1000:.0f} ms, "
        f"max {ordered[-1] * 1000:.0f} ms"
    )


def _group_of(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0
