"""Where measurements are made: databases of their own, and the broker."""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, LiteralString
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from bench import cpu
from bench.failure import BenchError
from hub.cli.home import CHECKOUT

PREPARATION_SECONDS: Final = 120
PLAIN_SCHEMA: Final = "bench_plain"
"""Where the plain project's own tables stand when it reads the hub's."""


@dataclass(frozen=True)
class Place:
    """The servers that both sides of every comparison use, and a folder for what they say."""

    database_url: str
    """Of any database of the server; ours are made beside it."""
    broker_url: str
    folder: Path
    quick: bool
    """Whether the run only shows that everything still works."""
    incidents: int = 100_000
    """How many the lists hold."""
    keep: bool = False
    """Whether databases that took long to fill stay for the next run."""

    @cached_property
    def postmaster(self) -> int:
        return cpu.postmaster(self.database_url)

    @contextlib.contextmanager
    def hub_database(self) -> Iterator[str]:
        """The address of a new database with the hub's tables."""
        with self._database() as url:
            self.prepare_hub(url)
            yield url

    def prepare_hub(self, url: str) -> None:
        """Make the hub's tables in an empty database."""
        self.run(["-m", "hub.cli.prepare"], self.hub_environment(url) | {"HUB_DEMO": "0"})

    @contextlib.contextmanager
    def django_database(self, settings: str) -> Iterator[str]:
        """The address of a new database with the tables of another Django project."""
        with self._database() as url:
            self.migrate(self.environment(url, settings))
            yield url

    def migrate(self, environment: Mapping[str, str]) -> None:
        """Make the tables of another Django project."""
        # Apps without migrations come last: their tables may refer to the others'.
        for options in ([], ["--run-syncdb"]):
            self.run(["-m", "django", "migrate", "--verbosity", "0", *options], environment)

    def environment(self, database_url: str, settings: str) -> dict[str, str]:
        """For processes of a Django project that works in this database."""
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": settings,
            "DATABASE_URL": database_url,
            "CELERY_BROKER_URL": self.broker_url,
        }

    def hub_environment(self, database_url: str) -> dict[str, str]:
        """For processes of a hub that works in this database, as production would run it."""
        return self.environment(database_url, "hub.settings.development") | {
            "DATABASE_DIRECT_URL": database_url,
            "DATABASE_OWNER_URL": database_url,
            "HUB_SECRET_KEY": "only-for-measurements-" + "0123456789" * 3,
            "HUB_ENCRYPTION_KEYS": base64.b64encode(b"only-for-measurements-of-32-byte").decode(),
            "HUB_WEBHOOK_ALLOW": "127.0.0.0/8",
            "HUB_RATE_TOKEN": "1000000/m",
            "HUB_RATE_TOKEN_BURST": "1000000",
        }

    def address(self, name: str) -> str:
        """The address of a database of this name."""
        return urlsplit(self.database_url)._replace(path=f"/{name}").geturl()

    def on_server(self, statement: LiteralString, *names: str) -> None:
        """Carry out a statement that has places for names of databases."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def has_database(self, name: str) -> bool:
        with psycopg.connect(self.database_url) as connection:
            asked = "SELECT 1 FROM pg_database WHERE datname = %s"
            return connection.execute(asked, [name]).fetchone() is not None

    @contextlib.contextmanager
    def _database(self) -> Iterator[str]:
        name = f"bench_{secrets.token_hex(6)}"
        self.on_server("CREATE DATABASE {}", name)
        try:
            yield self.address(name)
        finally:
            self.on_server("DROP DATABASE {} WITH (FORCE)", name)

    def run(
        self,
        arguments: list[str],
        environment: Mapping[str, str],
        *,
        seconds: int = PREPARATION_SECONDS,
    ) -> None:
        """Run Python to its end. Raises BenchError with what it said when it fails."""
        finished = subprocess.run(
            [sys.executable, *arguments],
            cwd=CHECKOUT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if finished.returncode:
            raise BenchError(f"A database could not be prepared: {finished.stderr[-2000:]}")
