"""Whether a database and a broker answer, and are what a hub needs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import amqp.exceptions
import kombu
import psycopg
import redis

from hub.cli.errors import LaunchError
from hub.cli.home import CHECKOUT, Home
from hub.cli.valkey import ping

PATIENCE_SECONDS: Final = 5
MIGRATION_SECONDS: Final = 60
OLDEST_POSTGRES: Final = 140_000
"""PostgreSQL 14, as server_version_num writes it."""
PASSWORD: Final = re.compile(r"(//[^/@:]*):[^/@]*@")
EXTENSIONS: Final = ("pg_trgm", "unaccent")


class Addresses(NamedTuple):
    """Where the services answer; empty: nowhere at the moment."""

    database: str
    broker: str


def addresses(environment: Mapping[str, str], home: Home) -> Addresses:
    """The configured addresses, else those of the running embedded services."""
    try:
        running: dict[str, str] = json.loads(home.services_file.read_text())
    except (OSError, ValueError):
        running = {}
    if not home.is_held():
        running = {}  # left behind by a killed hub
    return Addresses(
        environment.get("DATABASE_URL") or running.get("database_url", ""),
        environment.get("CELERY_BROKER_URL") or running.get("celery_broker_url", ""),
    )


def describe_database(url: str) -> str:
    """What answers there. LaunchError: nothing, or not a PostgreSQL 14 with the extensions."""
    try:
        with psycopg.connect(url, connect_timeout=PATIENCE_SECONDS) as connection:
            version = connection.info.server_version
            available = connection.execute(
                "SELECT name FROM pg_available_extensions WHERE name = ANY(%s)", [list(EXTENSIONS)]
            ).fetchall()
    except psycopg.Error as error:
        reason = without_password(" ".join(str(error).split()))
        raise LaunchError(
            f"{without_password(url)} cannot be used: {reason}. "
            "Start the server or correct DATABASE_URL."
        ) from error
    missing = sorted(set(EXTENSIONS) - {name for (name,) in available})
    if missing:
        raise LaunchError(
            f"{without_password(url)} lacks the extensions {', '.join(missing)}; "
            "install PostgreSQL's contrib package there."
        )
    if version < OLDEST_POSTGRES:
        raise LaunchError(
            f"{without_password(url)} is PostgreSQL {version // 10_000}; 14 or newer is needed."
        )
    return f"PostgreSQL {version // 10_000} at {without_password(url)}"


def describe_broker(url: str) -> str:
    """What answers there. LaunchError: nothing."""
    try:
        if urlsplit(url).scheme in {"redis", "rediss"}:
            ping(url, seconds=PATIENCE_SECONDS)
        else:
            _ask_amqp(url)
    except (redis.RedisError, amqp.exceptions.AMQPError, OSError, ValueError) as error:
        raise LaunchError(
            f"{without_password(url)} does not answer: {without_password(str(error))}. "
            "Start the broker or correct CELERY_BROKER_URL; alerts go on without it, slower."
        ) from error
    return without_password(url)


def _ask_amqp(url: str) -> None:
    try:
        with kombu.Connection(url, connect_timeout=PATIENCE_SECONDS) as connection:
            connection.connect()
    except KeyError as error:
        raise ValueError("the address must begin with redis:// or amqp://") from error


def migration_problem(environment: Mapping[str, str]) -> str:
    """What keeps the hub's tables from being up to date; empty when they are."""
    settings = {"DJANGO_SETTINGS_MODULE": "hub.settings.development"}
    finished = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--check", "--verbosity", "0"],
        cwd=CHECKOUT,
        env={**settings, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=MIGRATION_SECONDS,
        check=False,
    )
    if not finished.returncode:
        return ""
    said = finished.stderr.strip().splitlines()
    return said[-1] if said else "some are not applied; run manage.py migrate"


def without_password(url: str) -> str:
    """The address as it may be shown."""
    return PASSWORD.sub(r"\1@", url)
