"""`hub up`: services, preparation, processes, and the line that says the hub is ready."""

from __future__ import annotations

import http.client
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hub.cli import orphans
from hub.cli.development_secrets import make_secrets
from hub.cli.errors import LaunchError
from hub.cli.home import Home
from hub.cli.output import Output
from hub.cli.ports import LOOPBACK, is_free
from hub.cli.postgres import Postgres
from hub.cli.processes import STOP_ORDER, hub_processes, preparation
from hub.cli.programs import Program
from hub.cli.services import PORT_TRIES, START_SECONDS, Server
from hub.cli.supervisor import StopAsked, Supervisor
from hub.cli.valkey import Valkey

DEFAULT_PORT: Final = 8000
READY_SECONDS: Final = 60.0
PROBE_SECONDS: Final = 1.0
POLL_SECONDS: Final = 0.05
HTTP_OK: Final = 200


@dataclass(frozen=True)
class RunningHub:
    """A hub that has said it is ready."""

    supervisor: Supervisor
    home: Home
    port: int
    environment: Mapping[str, str]
    """What its processes were given."""
    servers: Mapping[str, Server]
    """The embedded services by the names of their processes."""


def serve(hub: RunningHub) -> None:
    """Let it run until somebody asks for the end."""
    hub.supervisor.serve()


@dataclass(frozen=True)
class Plan:
    """What runs once the services answer; the environment holds their addresses."""

    prepare: Callable[[Home, Mapping[str, str]], Program]
    processes: Callable[[Home, Mapping[str, str], int], Sequence[Program]]
    is_ready: Callable[[int], bool]
    then: Callable[[RunningHub], None] = serve
    """Called when the hub is ready; everything stops when it returns."""


def is_ready(port: int) -> bool:
    """Whether the hub at this port says so."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == HTTP_OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


THE_HUB: Final = Plan(prepare=preparation, processes=hub_processes, is_ready=is_ready)


def up(
    environment: Mapping[str, str],
    *,
    plan: Plan = THE_HUB,
    durable: bool = True,
    output: Output | None = None,
) -> None:
    """Run a hub until SIGTERM or SIGINT, and return when everything has stopped.

    Not durable: the embedded services do not wait for the disk. Its lines go to standard output
    unless `output` says otherwise.
    Raises LaunchError when it cannot be started.
    """
    port = port_of(environment)
    home = Home.of(environment)
    with home.locked():
        home.forget_services()
        orphans.end(lambda: orphans.of_home(home.root))
        if not is_free(port):
            raise LaunchError(
                f"Port {port} of {LOOPBACK} is in use. Stop what listens there, or set HUB_PORT."
            )
        make_secrets(home)
        output = output or Output(sys.stdout.fileno())
        supervisor = Supervisor(home, output)
        with supervisor.handling_signals():
            try:
                _Launch(supervisor, home, output, environment, durable=durable).run(plan, port)
            except StopAsked:
                output.line("hub", "Asked to stop while starting")
            finally:
                supervisor.stop(STOP_ORDER)
                home.forget_services()


def port_of(environment: Mapping[str, str]) -> int:
    """`HUB_PORT`, else 8000. Raises LaunchError for what is no port."""
    text = environment.get("HUB_PORT") or str(DEFAULT_PORT)
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65_536):
        raise LaunchError(f"HUB_PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


class _Launch:
    """The steps of one start."""

    def __init__(
        self,
        supervisor: Supervisor,
        home: Home,
        output: Output,
        environment: Mapping[str, str],
        *,
        durable: bool,
    ) -> None:
        self.durable = durable
        self.supervisor = supervisor
        self.home = home
        self.output = output
        self.configured = environment
        self.servers: dict[str, Server] = {}

    def run(self, plan: Plan, port: int) -> None:
        began = time.monotonic()
        environment = {**self._environment(port), **self._start_services()}
        if self.supervisor.finish(plan.prepare(self.home, environment)):
            raise LaunchError("The database could not be prepared; the reason stands above.")
        for program in plan.processes(self.home, environment, port):
            self.supervisor.start(program)
        while not self.supervisor.wait_until(
            lambda: plan.is_ready(port), seconds=READY_SECONDS, every=POLL_SECONDS
        ):
            self.output.line("hub", f"Not ready after {time.monotonic() - began:.0f} s")
        self.output.plain(f"Hub ready at http://{LOOPBACK}:{port}")
        plan.then(RunningHub(self.supervisor, self.home, port, environment, self.servers))

    def _environment(self, port: int) -> dict[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "hub.settings.development",
            **self.configured,
            "HUB_HOME": str(self.home.root),
            "HUB_PORT": str(port),
            "TMPDIR": str(self.home.temporary),
            "PYTHONUNBUFFERED": "1",
        }

    def _start_services(self) -> dict[str, str]:
        """Start what is not configured; the variables that name it."""
        variables: dict[str, str] = {}
        addresses: dict[str, str] = {}
        if not self.configured.get("DATABASE_URL"):
            url = self._started(Postgres(self.home, durable=self.durable))
            variables |= {
                "DATABASE_URL": url,
                "DATABASE_DIRECT_URL": url,
                "DATABASE_OWNER_URL": url,
            }
            addresses |= {"database_url": url, "database_direct_url": url}
        if not self.configured.get("CELERY_BROKER_URL"):
            url = self._started(Valkey(self.home, durable=self.durable))
            variables["CELERY_BROKER_URL"] = addresses["celery_broker_url"] = url
        if addresses:
            self.home.write_services(addresses)
        return variables

    def _started(self, server: Server) -> str:
        for _ in range(PORT_TRIES):
            self.supervisor.start(server.program())
            self.supervisor.wait_until(
                lambda: server.answers() or not self.supervisor.is_running(server.name),
                seconds=START_SECONDS,
                every=POLL_SECONDS,
            )
            if self.supervisor.is_running(server.name) and server.answers():
                server.provide()
                self.servers[server.name] = server
                return server.url
            self.supervisor.drop(server.name)
            server.start_differently()
        raise LaunchError(f"The embedded {server.name} does not start; what it said stands above.")
