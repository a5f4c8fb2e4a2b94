"""Databases and broker spaces of the tests' own, on the servers that are configured."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
import redis
from psycopg import sql

from hub.cli.home import CHECKOUT
from hub.cli.postgres_place import installed

REDIS_DATABASES = range(15, 0, -1)
CLAIM = "deepfake-hub-system-tests"
CLAIM_SECONDS = 3600
OF_A_HUB = ("HUB_", "DATABASE_", "CELERY_", "DJANGO_", "COV_", "COVERAGE_", "PYTEST_")


def clean_environment() -> dict[str, str]:
    """The environment that we run in, without what would configure a hub."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OF_A_HUB)}


@dataclass(frozen=True)
class Template:
    """A migrated database with organisations and people, which others are copied from."""

    database_url: str
    tokens: Mapping[str, str]
    """By slug."""
    environment: Mapping[str, str]
    """The secrets that its rows were made with."""

    @property
    def server_url(self) -> str:
        """Of a database that is always there, to make copies from."""
        return in_database(self.database_url, "postgres")


def in_database(url: str, name: str) -> str:
    """The same server, another database."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


@contextlib.contextmanager
def database(server_url: str, *, template: str | None = None) -> Iterator[str]:
    """A new database, a copy of `template` if one is given, dropped at the end; its URL."""
    name = f"hub_system_{secrets.token_hex(6)}"
    statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template is not None:
        copied = sql.Identifier(urlsplit(template).path[1:])
        statement = sql.SQL("{} TEMPLATE {}").format(statement, copied)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(statement)
    try:
        yield in_database(server_url, name)
    finally:
        with psycopg.connect(server_url, autocommit=True) as connection:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            connection.execute(drop)


def provision(database_url: str, environment: Mapping[str, str], names: list[str]) -> Template:
    """Migrate the database and admit organisations and people, all with the same secrets."""
    finished = subprocess.run(
        [sys.executable, "-m", "tests.system.provision", *names],
        cwd=CHECKOUT,
        env={**clean_environment(), **environment, "DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stderr
    return Template(database_url, json.loads(finished.stdout), environment)


@dataclass(frozen=True)
class BrokerSpace:
    """A part of a broker that only one hub uses."""

    url: str

    def empty(self) -> None:
        """Lose every message, as a broker does that was killed without having written them."""
        if urlsplit(self.url).scheme == "redis":
            with redis.Redis.from_url(self.url, socket_timeout=5) as client:
                client.flushdb()
                client.set(CLAIM, "taken", ex=CLAIM_SECONDS)


@contextlib.contextmanager
def broker_space(url: str) -> Iterator[BrokerSpace]:
    """A database number of a Redis, or a virtual host of a RabbitMQ, of our own."""
    claim = _redis_database if urlsplit(url).scheme == "redis" else _virtual_host
    with claim(url) as claimed:
        yield BrokerSpace(claimed)


@contextlib.contextmanager
def _redis_database(url: str) -> Iterator[str]:
    for number in REDIS_DATABASES:
        own = in_database(url, str(number))
        with redis.Redis.from_url(own, socket_timeout=5) as client:
            if not client.set(CLAIM, "taken", nx=True, ex=CLAIM_SECONDS):
                continue
            if client.dbsize() > 1:  # somebody keeps something here
                client.delete(CLAIM)
                continue
            try:
                yield own
            finally:
                client.flushdb()
            return
    raise RuntimeError(f"No database of {url} is free for the system tests.")


@contextlib.contextmanager
def _virtual_host(url: str) -> Iterator[str]:
    """One of our own, if `rabbitmqctl` is here and reaches the broker.

    If not, messages of others may come through the shared one; they are hints, and harmless.
    """
    name = f"hub-system-{secrets.token_hex(6)}"
    control = shutil.which("rabbitmqctl")
    if control is None or _finished(control, "add_vhost", name).returncode != 0:
        yield url
        return
    user = urlsplit(url).username or "guest"
    try:
        _run(control, "set_permissions", "-p", name, user, ".*", ".*", ".*")
        yield urlsplit(url)._replace(path="/" + quote(name, safe="")).geturl()
    finally:
        _run(control, "delete_vhost", name)


def dump(database_url: str, target: Path) -> None:
    """Write the whole database into a file, as `pg_dump` does."""
    with psycopg.connect(database_url) as connection:
        major = connection.info.server_version // 10_000
    to_file = ("--file", str(target))
    _run(_dump_program(major), "--no-owner", "--no-privileges", *to_file, database_url)


def restore(source: Path, database_url: str) -> None:
    """Read what `dump` wrote into an empty database."""
    stop = ("--set", "ON_ERROR_STOP=1")
    _run(_of_wheel("psql"), "--no-psqlrc", "--quiet", *stop, "--file", str(source), database_url)


def _dump_program(major: int) -> str:
    """Of the server's own version, where it is installed: another may not know all it keeps."""
    found = shutil.which("pg_dump")
    if found and f" {major}." in _run(found, "--version"):
        return found
    return _of_wheel("pg_dump")


def _of_wheel(program: str) -> str:
    folder = installed()
    return str(folder / program) if folder else program


def _run(*command: str) -> str:
    finished = _finished(*command)
    assert finished.returncode == 0, f"{command[0]}: {finished.stderr}"
    return finished.stdout


def _finished(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
