"""Processes at the database, seen by the names of their connections."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import psycopg
import pytest
from django.db import connection, connections

from hub.kit import presence
from hub.kit.presence import name_connections, present

pytestmark = pytest.mark.django_db

SOME_RELAY = "a relay of this test"


@pytest.fixture(autouse=True)
def name(monkeypatch: pytest.MonkeyPatch) -> str:
    """The relay goes by a name that no other test's connections bear."""
    monkeypatch.setattr(presence, "RELAY", SOME_RELAY)
    monkeypatch.setitem(connections.settings["default"]["OPTIONS"], "application_name", "a test")
    return SOME_RELAY


def test_who_is_connected_is_seen_with_the_time_of_its_last_statement(name: str) -> None:
    parameters = connection.get_connection_params()
    known = {key: parameters[key] for key in ("host", "port", "user", "password", "dbname")
             if key in parameters}  # fmt: skip

    with closing(psycopg.connect(**known, application_name=name, autocommit=True)) as other:
        other.execute("SELECT 1")
        seen = present()[name]  # within a transaction PostgreSQL tells the same for ever

    assert seen.silent is not None
    assert seen.connected is not None
    assert timedelta(0) <= seen.silent <= seen.connected < timedelta(minutes=1)


def test_connections_bear_the_name_that_the_process_gives_them(name: str) -> None:
    name_connections(name)

    assert (
        connections.create_connection("default").get_connection_params()["application_name"] == name
    )
