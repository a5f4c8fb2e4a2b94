"""Embedded services for as long as a block of code needs them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hub.cli.development_secrets import make_secrets
from hub.cli.errors import LaunchError
from hub.cli.home import Home
from hub.cli.postgres import Postgres
from hub.cli.programs import end, launch
from hub.cli.valkey import Valkey

START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 10.0
POLL_SECONDS: Final = 0.03
PORT_TRIES: Final = 3
SHOWN_LOG_LINES: Final = 10

Server = Postgres | Valkey


class Service:
    """An embedded server that tests may kill, stop, pause and start again at the same address."""

    def __init__(self, server: Server, home: Home) -> None:
        self.server = server
        self.home = home
        self.log = home.logs / f"{server.name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def pid(self) -> int:
        """Of the running server; LaunchError when it does not run."""
        if self._process is None:
            raise LaunchError(f"{self.server.name} does not run.")
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it answers. LaunchError shows the end of its log."""
        program = self.server.program()
        program.before_start()
        with self.log.open("ab") as log:
            process = launch(program, output=log)
        self._process = process
        self.home.write_pid(self.server.name, process.pid)
        try:
            self._await_answer(process)
        except BaseException:
            self.kill()
            raise
        self.server.provide()

    def stop(self) -> None:
        """Stop it in order; data in memory are written first. Not running: nothing happens."""
        self._end(self.server.program().stop_signal)

    def kill(self) -> None:
        """`kill -9`, its descendants included. Not running: nothing happens."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Have it accept connections and answer nothing, until `resume`."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Go on after `pause`."""
        os.kill(self.pid, signal.SIGCONT)

    def _await_answer(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.server.answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise LaunchError(f"{self.server.name} did not start: {self._end_of_log()}")
            time.sleep(POLL_SECONDS)

    def _end(self, by: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)  # a paused process hears nothing else
            end(self._process, by=by, seconds=STOP_SECONDS)
            self._process = None
            self.home.remove_pid(self.server.name)

    def _end_of_log(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-SHOWN_LOG_LINES:]
        return " ".join(lines) or "it said nothing"


@dataclass(frozen=True)
class Services:
    """The embedded services of one home."""

    home: Home
    postgres: Service | None
    broker: Service | None

    @property
    def database_url(self) -> str:
        """Of the embedded database; LaunchError when it was not asked for."""
        return _present(self.postgres, "PostgreSQL").url

    @property
    def broker_url(self) -> str:
        """Of the embedded broker; LaunchError when it was not asked for."""
        return _present(self.broker, "Valkey").url

    def environment(self) -> dict[str, str]:
        """What a process needs to use these services, and nothing else, of this home."""
        variables = {"HUB_HOME": str(self.home.root)}
        if self.postgres is not None:
            for name in ("DATABASE_URL", "DATABASE_DIRECT_URL", "DATABASE_OWNER_URL"):
                variables[name] = self.postgres.url
        if self.broker is not None:
            variables["CELERY_BROKER_URL"] = self.broker.url
        return variables

    def restart_broker(self, *, keep_data: bool = True, after_seconds: float = 0.0) -> None:
        """`kill -9` the broker, wait, and start it again at the same address."""
        broker = _present(self.broker, "Valkey")
        broker.kill()
        if not keep_data and isinstance(broker.server, Valkey):
            broker.server.forget_data()
        time.sleep(after_seconds)
        broker.start()


def _present(service: Service | None, name: str) -> Service:
    if service is None:
        raise LaunchError(f"The embedded {name} was not asked for.")
    return service


@contextlib.contextmanager
def embedded(
    home: Path, *, durable: bool, postgres: bool = True, broker: bool = True
) -> Iterator[Services]:
    """Run the embedded services of a home; data stay in it. Not durable: no waiting for disks.

    Call from a thread that lives as long as the block: the servers end with it.
    """
    place = Home(home)
    with place.locked(), contextlib.ExitStack() as running:
        make_secrets(place)
        services = Services(
            home=place,
            postgres=_started(Postgres, place, durable, running) if postgres else None,
            broker=_started(Valkey, place, durable, running) if broker else None,
        )
        place.write_services(addresses(services))
        running.callback(place.forget_services)
        yield services


def _started(
    make: type[Postgres | Valkey], home: Home, durable: bool, running: contextlib.ExitStack
) -> Service:
    service = Service(make(home, durable=durable), home)
    for last_try in (False,) * (PORT_TRIES - 1) + (True,):
        try:
            service.start()
        except LaunchError:
            if last_try:
                raise
            service.server.start_differently()
        else:
            break
    running.callback(service.stop)
    return service


def addresses(services: Services) -> dict[str, str]:
    """What `run/services.json` says."""
    found = {}
    if services.postgres is not None:
        found["database_url"] = found["database_direct_url"] = services.database_url
    if services.broker is not None:
        found["celery_broker_url"] = services.broker_url
    # Not a service, but commands that are run beside this hub must go by it too.
    found["webhook_allow"] = os.environ.get("HUB_WEBHOOK_ALLOW", "")
    return found
