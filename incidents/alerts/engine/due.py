"""Which endpoints have something that can be sent now."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from incidents.alerts.engine.leases import IN_FLIGHT_PER_ENDPOINT, LEASE_SECONDS
from incidents.alerts.statements import run

IN_FLIGHT_PER_MEMBER = 200
"""As many as 50 of an organisation's endpoints can have; more would take the others' places."""

FIRST = UUID(int=0)

# Walks from one endpoint with pending deliveries to the next by index, so that neither a long
# backlog nor thousands of idle endpoints cost anything; stops as soon as enough were found.
DUE_ENDPOINTS = """
WITH RECURSIVE busy AS MATERIALIZED (
    SELECT delivery.endpoint_id, endpoint.member_id, count(*) AS in_flight
    FROM alerts_delivery AS delivery
    JOIN alerts_endpoint AS endpoint ON endpoint.id = delivery.endpoint_id
    WHERE delivery.state = 'leased' AND delivery.lease_until > statement_timestamp()
    GROUP BY delivery.endpoint_id, endpoint.member_id
), crowded AS MATERIALIZED (
    SELECT member_id FROM busy GROUP BY member_id HAVING sum(in_flight) >= %(per_member)s
), walk (endpoint_id) AS (
    (
        SELECT endpoint_id FROM alerts_delivery
        WHERE state = 'pending' AND endpoint_id >= %(start)s
        ORDER BY endpoint_id LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT delivery.endpoint_id FROM alerts_delivery AS delivery
        WHERE delivery.state = 'pending' AND delivery.endpoint_id > walk.endpoint_id
        ORDER BY delivery.endpoint_id LIMIT 1
    )
    FROM walk WHERE walk.endpoint_id IS NOT NULL
), waiting AS (
    SELECT DISTINCT endpoint_id FROM alerts_delivery
    WHERE state = 'leased' AND lease_until <= statement_timestamp()
    UNION ALL
    SELECT walk.endpoint_id FROM walk CROSS JOIN LATERAL (
        SELECT FROM alerts_delivery AS delivery
        WHERE delivery.endpoint_id = walk.endpoint_id AND delivery.state = 'pending'
          AND delivery.next_at <= statement_timestamp()
        LIMIT 1
    ) AS found
)
SELECT waiting.endpoint_id, endpoint.member_id
FROM waiting CROSS JOIN LATERAL (
    SELECT member_id FROM alerts_endpoint
    WHERE id = waiting.endpoint_id AND state <> 'disabled'
      AND (state = 'deleted' OR not_before IS NULL OR not_before <= statement_timestamp())
    OFFSET 0
) AS endpoint
WHERE waiting.endpoint_id NOT IN (
    SELECT endpoint_id FROM busy WHERE in_flight >= %(per_endpoint)s
) AND endpoint.member_id NOT IN (SELECT member_id FROM crowded)
LIMIT %(limit)s
"""

ACTIVITY = """
SELECT count(DISTINCT lease_token),
       extract(epoch FROM clock_timestamp() - max(lease_until))::float8 + %(lease)s
FROM alerts_delivery WHERE state = 'leased' AND lease_until > statement_timestamp()
"""


class DueEndpoint(NamedTuple):
    """An endpoint of which something can be sent now."""

    endpoint_id: UUID
    member_id: UUID


class Activity(NamedTuple):
    """What the engine is doing, in all processes together."""

    runs: int
    """Runs that have posts in flight."""
    since_claim_seconds: float
    """Since one of them last claimed; infinite if none has anything."""


def due_endpoints(*, limit: int, start: UUID = FIRST) -> list[DueEndpoint]:
    """Up to `limit` endpoints of which something can be sent now, from `start` on, by id.

    From a random `start` every endpoint has the same chance, however long the others' backlogs.
    """
    found = _walk(start, limit)
    if len(found) < limit and start != FIRST:
        seen = {due.endpoint_id for due in found}
        found += [due for due in _walk(FIRST, limit) if due.endpoint_id not in seen]
    return found[:limit]


def _walk(start: UUID, limit: int) -> list[DueEndpoint]:
    rows = run(
        DUE_ENDPOINTS,
        {
            "start": start,
            "limit": limit,
            "per_endpoint": IN_FLIGHT_PER_ENDPOINT,
            "per_member": IN_FLIGHT_PER_MEMBER,
        },
    )
    return [DueEndpoint(*row) for row in dict.fromkeys(rows.fetchall())]


def activity() -> Activity:
    """What the engine is doing at this moment; asked by the relay, which wakes and replaces it."""
    runs, since = run(ACTIVITY, {"lease": LEASE_SECONDS}).fetchone() or (0, None)
    return Activity(runs, float("inf") if since is None else since)
