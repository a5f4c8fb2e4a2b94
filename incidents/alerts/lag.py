"""How far behind the hub is with deliveries."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, NamedTuple

from django.db import connection

# Each by a partial index of rows in that state; what was delivered is never looked at.
COUNT: Final = """
SELECT 'due', count(*), clock_timestamp() - min(next_at) FROM (
    SELECT delivery.next_at FROM alerts_delivery AS delivery
    JOIN alerts_endpoint AS endpoint ON endpoint.id = delivery.endpoint_id
    WHERE delivery.state = 'pending' AND delivery.next_at <= statement_timestamp()
      AND endpoint.state <> 'disabled'
      AND (endpoint.not_before IS NULL OR endpoint.not_before <= statement_timestamp())
    LIMIT %(most)s
) AS found
UNION ALL SELECT 'later', count(*), NULL FROM (
    SELECT FROM alerts_delivery
    WHERE state = 'pending' AND next_at > statement_timestamp() LIMIT %(most)s
) AS found
UNION ALL SELECT 'held', count(*), NULL FROM (
    SELECT FROM alerts_endpoint AS endpoint
    JOIN alerts_delivery AS delivery ON delivery.endpoint_id = endpoint.id
    WHERE endpoint.state = 'disabled' AND delivery.state = 'pending' LIMIT %(most)s
) AS found
UNION ALL SELECT 'in_flight', count(*), NULL FROM (
    SELECT FROM alerts_delivery
    WHERE state = 'leased' AND lease_until > statement_timestamp() LIMIT %(most)s
) AS found
UNION ALL SELECT 'given_up', count(*), NULL FROM (
    SELECT FROM alerts_delivery
    WHERE state = 'dead' AND finished_at > statement_timestamp() - interval '24 hours'
    LIMIT %(most)s
) AS found
UNION ALL SELECT 'paused', count(*), NULL FROM alerts_endpoint WHERE state = 'disabled'
"""


class Lag(NamedTuple):
    """Deliveries by what becomes of them next, each counted up to a limit."""

    due: int
    """What could be sent this moment."""
    oldest_due: timedelta | None
    later: int
    """What is tried again later, or waits for another of its incident."""
    held: int
    """What waits at endpoints that are disabled."""
    in_flight: int
    given_up: int
    """Within a day."""
    paused: int
    """Endpoints that are disabled."""


def lag(*, most: int) -> Lag:
    """Count, each kind up to `most`. One query."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"most": most})
        rows = {name: (number, age) for name, number, age in cursor.fetchall()}
    numbers = {name: number for name, (number, _age) in rows.items()}
    return Lag(oldest_due=rows["due"][1], **numbers)
