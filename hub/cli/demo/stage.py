"""The running hub as the demonstration handles it: wait, admit a member, break the broker."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from typing import Final

from hub.cli import orphans
from hub.cli.demo.failure import Deviation, expect
from hub.cli.demo_facts import MemberFacts
from hub.cli.postgres_place import data_folder
from hub.cli.processes import management
from hub.cli.up import RunningHub

POLL_SECONDS: Final = 0.01
BROKER: Final = "broker"
PROCESSES: Final = ("postgres", BROKER, "web", "relay", "worker", "beat")
BROKER_SECONDS: Final = 20.0


class Stage:
    """Whatever is done to the hub from outside its API; its processes stay supervised meanwhile."""

    def __init__(self, hub: RunningHub) -> None:
        self._hub = hub

    @property
    def port(self) -> int:
        return self._hub.port

    def wait_until(
        self, condition: Callable[[], bool], *, seconds: float, every: float = POLL_SECONDS
    ) -> bool:
        """Whether the condition comes true in time. Raises StopAsked when somebody stops us."""
        return self._hub.supervisor.wait_until(condition, seconds=seconds, every=every)

    def admit(self, member: MemberFacts) -> None:
        """Admit an organisation as the hub's operator does."""
        facts = ("--slug", member.slug, "--name", member.name, "--kind", member.kind)
        code = self._hub.supervisor.finish(
            management(self._hub.home, self._hub.environment, "member", "create", *facts)
        )
        expect(code == 0, f"{member.name} could not be admitted: exit code {code}.")

    def pids(self) -> dict[str, int]:
        """The supervised processes that run now, by name."""
        files = {name: self._hub.home.run / f"{name}.pid" for name in PROCESSES}
        return {name: int(path.read_text()) for name, path in files.items() if path.exists()}

    def all_pids(self) -> set[int]:
        """Every process of this hub, what they have started themselves included."""
        home = self._hub.home
        started = {*self.pids().values(), *orphans.of_home(home.root)}
        return started.union(orphans.working_in(data_folder(home), program="postgres"))

    @contextlib.contextmanager
    def paused_broker(self) -> Iterator[None]:
        """Have it accept connections and answer nothing in the meantime."""
        pid = self.pids()[BROKER]
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)  # who stops the hub early need not wait for it

    def kill_broker(self) -> None:
        """`kill -9` it, and keep it down."""
        self._hub.supervisor.drop(BROKER)

    def start_broker(self) -> None:
        """Start it again where it was."""
        server = self._hub.servers[BROKER]
        self._hub.supervisor.start(server.program())
        if not self.wait_until(server.answers, seconds=BROKER_SECONDS):
            raise Deviation("The broker did not come back.")
