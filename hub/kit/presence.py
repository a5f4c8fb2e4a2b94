"""Which of the hub's processes are at the database, as PostgreSQL sees it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, NamedTuple

from django.db import connection, connections

RELAY: Final = "deepfake-hub relay"
WORKER: Final = "deepfake-hub worker"

# Of another role's connections PostgreSQL tells no more than that they are there.
SEEN: Final = """
SELECT application_name,
       clock_timestamp() - min(backend_start), clock_timestamp() - max(state_change)
FROM pg_stat_activity
WHERE datname = current_database() AND application_name = ANY(%s)
GROUP BY application_name
"""


class Presence(NamedTuple):
    """A kind of process that is connected to the database now."""

    connected: timedelta | None
    """For how long the oldest of its connections has been open; None where it is not told."""
    silent: timedelta | None
    """Since it last began or ended a statement."""


def name_connections(name: str) -> None:
    """Connections that this process makes from now on bear this name in PostgreSQL."""
    for settings in connections.settings.values():
        settings.setdefault("OPTIONS", {})["application_name"] = name


def present() -> Mapping[str, Presence]:
    """The processes that are there, by name; one that is not connected is left out. One query."""
    with connection.cursor() as cursor:
        cursor.execute(SEEN, [[RELAY, WORKER]])
        return {name: Presence(*times) for name, *times in cursor.fetchall()}
