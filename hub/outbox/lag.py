"""How far behind the hub is with what follows from events."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db import connection

# Each by a partial index of what waits, which is small as long as all is well.
COUNT: Final = """
SELECT 'fan_outs', count(*), min(recorded_at) FROM (
    SELECT recorded_at FROM outbox_event WHERE fanned_out_at IS NULL ORDER BY id LIMIT %(most)s
) AS waiting
UNION ALL SELECT 'places', count(*), min(recorded_at) FROM (
    SELECT recorded_at FROM outbox_event WHERE position IS NULL ORDER BY xid, id LIMIT %(most)s
) AS unplaced
UNION ALL SELECT 'chores', count(*), min(recorded_at) FROM (
    SELECT event.recorded_at FROM outbox_chore AS chore
    JOIN outbox_event AS event ON event.id = chore.event_id ORDER BY chore.id LIMIT %(most)s
) AS undone
UNION ALL SELECT 'now', 0, clock_timestamp()
"""


class Waiting(NamedTuple):
    """How much waits, and since when the oldest of it does."""

    number: int
    oldest: timedelta | None


class Lag(NamedTuple):
    fan_outs: Waiting
    """Events that nobody has turned into deliveries yet."""
    places: Waiting
    """Events that do not stand in the pull feed yet."""
    chores: Waiting
    """What else events ask for."""


def lag(*, most: int) -> Lag:
    """Count what waits, each kind up to `most`. One query."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"most": most})
        rows = {name: (number, at) for name, number, at in cursor.fetchall()}
    now: datetime = rows["now"][1]
    return Lag(*(_waiting(*rows[name], now) for name in Lag._fields))


def _waiting(number: int, since: datetime | None, now: datetime) -> Waiting:
    return Waiting(number, now - since if since else None)
