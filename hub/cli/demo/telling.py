"""One demonstration, from its first line until the last of its processes is gone."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import sys
import tempfile
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import IO, Final

from hub.cli.demo.client import Client
from hub.cli.demo.companies import CAST, Company
from hub.cli.demo.failure import expect
from hub.cli.demo.narration import Narration
from hub.cli.demo.provision import TOKENS
from hub.cli.demo.receivers import Receiver
from hub.cli.demo.stage import BROKER, Stage
from hub.cli.demo.story import Story
from hub.cli.demo_facts import read_facts
from hub.cli.home import Home
from hub.cli.output import Output
from hub.cli.ports import LOOPBACK, free_port
from hub.cli.processes import hub_processes, preparation
from hub.cli.scratch import scratch_home
from hub.cli.supervisor import STOP_SIGNALS
from hub.cli.up import Plan, RunningHub, is_ready, up
from hub.kit.errors import HubError

SHOWN_LOG_LINES: Final = 12
"""Of each process, when something went wrong."""
IGNORED: Final = ("HUB_", "DATABASE_", "CELERY_", "DJANGO_", "EMAIL_", "GUNICORN_", "PG")
"""Beginnings of the variables that would make it another hub than the one that is shown."""
INTRODUCTION: Final = """\
Real deepfakes, invented companies, a hub of its own that is gone at the end.
Members file, read and withdraw by REST; each has a receiver for its webhooks,
which verifies every alert with the reference library `standardwebhooks`.
Times are commit to receiver: from the event's timestamp, set just before its
transaction commits, until the receiver has read the whole alert."""


def tell(environment: Mapping[str, str]) -> bool:
    """Show it on standard output; whether all of it happened. Nothing is left running."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr] # a terminal without “”
    page = Narration(sys.stdout)
    page.title("An incident travels from one company to others")
    for line in INTRODUCTION.splitlines():
        page.plain(line)
    with tempfile.TemporaryFile() as log, _signals_kept_for_later() as asked:
        telling = _Telling(page, log)
        try:
            telling.run(environment)
        except HubError as error:
            page.log(_last_lines(log))
            page.failure(error.detail)
            return False
        if not telling.is_told or asked:
            page.failure("Stopped before the end.")
            return False
    page.gap()
    page.success(f"All of it happened, in {page.seconds:.1f} s.")
    return True


class _Telling:
    """A hub, a story told on it, and what may not be left of them."""

    def __init__(self, page: Narration, log: IO[bytes]) -> None:
        self.is_told = False
        self._page = page
        self._log = log
        self._pids: set[int] = set()

    def run(self, environment: Mapping[str, str]) -> None:
        """Raises HubError where something else happens than should."""
        plan = Plan(
            prepare=functools.partial(preparation, module="hub.cli.demo.provision"),
            processes=hub_processes,
            is_ready=is_ready,
            then=self._tell_story,
        )
        with scratch_home(Home.of({})) as home:
            variables = _variables(environment, home)
            up(variables, plan=plan, durable=False, output=Output(self._log.fileno()))
        if self.is_told:
            self._expect_nothing_left(home)

    def _tell_story(self, hub: RunningHub) -> None:
        stage = Stage(hub)
        self._page.step(f"A hub of its own at http://{LOOPBACK}:{hub.port}")
        at_first = stage.pids()
        self._page.line("running: " + ", ".join(at_first))
        with _companies(hub) as companies:
            Story(stage, read_facts(), companies, self._page).tell()
        at_last = stage.pids()
        died = [name for name in at_first if name != BROKER and at_last.get(name) != at_first[name]]
        expect(not died, f"Started anew in between: {', '.join(died)}.")
        self._pids = stage.all_pids()
        self.is_told = True

    def _expect_nothing_left(self, home: Path) -> None:
        left = sorted(pid for pid in self._pids if _is_alive(pid))
        expect(not left, f"Still running: {left}.")
        expect(not home.exists(), f"{home} could not be removed.")
        self._page.step("Everything is stopped")
        self._page.line(f"{len(self._pids)} processes are gone, and so is their folder.")


@contextlib.contextmanager
def _companies(hub: RunningHub) -> Iterator[list[Company]]:
    """The companies with their receivers listening."""
    tokens: dict[str, str] = json.loads((hub.home.secrets / TOKENS).read_text())
    members = {member.slug: member for member in read_facts().members}
    with contextlib.ExitStack() as open_receivers:
        companies = [
            Company(members[slug], Client(hub.port, tokens[slug]), Receiver()) for slug in CAST
        ]
        for company in companies:
            open_receivers.callback(company.receiver.close)
        yield companies


@contextlib.contextmanager
def _signals_kept_for_later() -> Iterator[list[int]]:
    """Collect the signals that come before and after the supervisor listens to them itself."""
    came: list[int] = []

    def keep(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    before = {number: signal.signal(number, keep) for number in STOP_SIGNALS}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _variables(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    kept = {name: text for name, text in environment.items() if not name.startswith(IGNORED)}
    return {
        **kept,
        "HUB_HOME": str(home),
        "HUB_PORT": str(free_port()),
        "HUB_WEBHOOK_ALLOW": "127.0.0.0/8",  # the receivers of this demonstration
    }


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # of another user: PostgreSQL's, when root runs the demonstration
    return True


def _last_lines(log: IO[bytes]) -> list[str]:
    """What each process said at last; one that repeats itself does not hide the others."""
    log.seek(0)
    said: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=SHOWN_LOG_LINES))
    for line in log.read().decode(errors="replace").splitlines():
        said[line.partition("|")[0]].append(line)
    return [line for lines in said.values() for line in lines]
