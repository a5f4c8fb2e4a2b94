"""Databases with generated incidents, which both sides of P8 read."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from typing import Final

import psycopg

from bench.place import PLAIN_SCHEMA, Place
from bench.serving import PLAIN_SETTINGS
from hub.cli.home import CHECKOUT

FILLING_SECONDS: Final = 3600
MADE_BY: Final = ("bench/incidents/*.py", "bench/plain/models.py", "*/migrations/*.py")
"""Files, below any folder, on which it depends what is in such a database."""


@contextlib.contextmanager
def filled(place: Place, incidents: int) -> Iterator[str]:
    """The address of a hub's database with so many incidents, and the plain project's tables.

    Where databases are kept, one that an earlier run left is taken as it is.
    """
    name = f"bench_p8_{_version()}_{incidents}"
    if not place.has_database(name):
        _fill(place, name, incidents)
    try:
        yield place.address(name)
    finally:
        if not place.keep:
            place.on_server("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def plain_environment(place: Place, url: str) -> dict[str, str]:
    """For the plain project: its own tables, and behind them the hub's."""
    return _plain(place, url, f"{PLAIN_SCHEMA},public")


def _fill(place: Place, name: str, incidents: int) -> None:
    """Under another name until it is whole."""
    unfinished = f"{name}_unfinished"
    place.on_server("DROP DATABASE IF EXISTS {} WITH (FORCE)", unfinished)
    place.on_server("CREATE DATABASE {}", unfinished)
    try:
        url = place.address(unfinished)
        place.prepare_hub(url)
        count = ["-m", "bench.incidents", "--count", str(incidents)]
        place.run(count, place.hub_environment(url), seconds=FILLING_SECONDS)
        with psycopg.connect(url) as connection:
            connection.execute(f"CREATE SCHEMA {PLAIN_SCHEMA}")
        place.migrate(_plain(place, url, PLAIN_SCHEMA))
    except BaseException:
        place.on_server("DROP DATABASE {} WITH (FORCE)", unfinished)
        raise
    place.on_server("ALTER DATABASE {} RENAME TO {}", unfinished, name)


def _plain(place: Place, url: str, search_path: str) -> dict[str, str]:
    options = {"PGOPTIONS": f"-c search_path={search_path}"}
    return place.environment(url, PLAIN_SETTINGS) | options


def _version() -> str:
    """Changes with whatever changes the database."""
    digest = hashlib.sha256()
    for pattern in MADE_BY:
        for path in sorted(CHECKOUT.glob(pattern if pattern[0] != "*" else f"*/{pattern}")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:8]
