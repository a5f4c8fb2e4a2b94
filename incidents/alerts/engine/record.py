"""Recording: what came of attempts, where their leases still hold."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from hub.kit.failpoints import failpoint
from incidents.alerts.engine.posting import Result
from incidents.alerts.engine.retries import EndpointWish, Verdict, judge
from incidents.alerts.services.endpoints import disable_endpoint
from incidents.alerts.statements import run

logger = logging.getLogger(__name__)

# A row that somebody else has locked is being claimed anew, since our lease ran out: not ours.
# That it is still leased need not be asked, since only leased rows have a token; and asking would
# lead PostgreSQL to the index of leased rows, which is full of those that no longer are.
END_ATTEMPTS = """
WITH ended AS (
    SELECT * FROM unnest(
        %(ids)b::bigint[], %(numbers)b::int[], %(states)b::text[], %(waits)b::float8[]
    ) AS ended (id, number, state, wait)
), held AS (
    SELECT delivery.id FROM ended JOIN alerts_delivery AS delivery ON delivery.id = ended.id
    WHERE delivery.lease_token = %(run)s AND delivery.attempt_no = ended.number
    FOR NO KEY UPDATE OF delivery SKIP LOCKED
)
UPDATE alerts_delivery AS delivery
SET state = ended.state, lease_until = NULL, lease_token = NULL,
    next_at = CASE ended.state WHEN 'pending'
        THEN clock_timestamp() + make_interval(secs => ended.wait) ELSE delivery.next_at END,
    finished_at = CASE ended.state WHEN 'pending' THEN NULL ELSE clock_timestamp() END
FROM ended
WHERE delivery.id = ended.id AND delivery.id IN (SELECT id FROM held)
RETURNING delivery.endpoint_id, delivery.stream_id, delivery.state <> 'pending'
"""

KEEP_ATTEMPTS = """
INSERT INTO alerts_attempt (delivery_id, number, at, duration_ms, status, error, answer, address)
SELECT made.id, made.number, clock_timestamp() - make_interval(secs => made.age), made.duration,
       made.status, made.error, made.answer, made.address
FROM unnest(
    %(ids)b::bigint[], %(numbers)b::int[], %(ages)b::float8[], %(durations)b::int[],
    %(statuses)b::int[], %(errors)b::text[], %(answers)b::bytea[], %(addresses)b::text[]
) AS made (id, number, age, duration, status, error, answer, address)
"""

# Those whom a claim just lets stand aside are locked; they come back by themselves in a second.
WAKE_FOLLOWERS = """
UPDATE alerts_delivery AS delivery SET next_at = clock_timestamp()
FROM (
    SELECT waiting.id
    FROM unnest(%(endpoints)b::uuid[], %(streams)b::uuid[]) AS freed (endpoint_id, stream_id)
    CROSS JOIN LATERAL (
        SELECT delivery.id FROM alerts_delivery AS delivery
        WHERE delivery.endpoint_id = freed.endpoint_id AND delivery.stream_id = freed.stream_id
          AND delivery.state IN ('pending', 'leased')
          AND delivery.state = 'pending' AND delivery.attempt_no = 0
          AND delivery.next_at > statement_timestamp()
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS waiting
) AS woken
WHERE delivery.id = woken.id
"""

SLOW_DOWN = """
UPDATE alerts_endpoint AS endpoint
SET not_before = greatest(
    endpoint.not_before, clock_timestamp() + make_interval(secs => slowed.rest)
)
FROM (
    SELECT asked.id, asked.rest
    FROM unnest(%(ids)b::uuid[], %(rests)b::float8[]) AS asked (id, rest)
    JOIN alerts_endpoint ON alerts_endpoint.id = asked.id
    ORDER BY asked.id FOR NO KEY UPDATE OF alerts_endpoint
) AS slowed
WHERE endpoint.id = slowed.id
"""


class _Judged(NamedTuple):
    result: Result
    verdict: Verdict


def record_results(results: Sequence[Result], *, run_id: UUID) -> int:
    """Write down how attempts of this run went; returns how many leases still held.

    Every attempt is kept, since it was made; but what became of a delivery is decided only by who
    holds its lease. Endpoints come first: nobody locks an endpoint after a delivery.
    """
    judged = [_Judged(one, judge(one.answer, number=one.sending.number)) for one in results]
    _slow_down(judged)
    ended = _record(judged, run_id)
    failpoint("engine.recorded")
    _wake_followers((row[0], row[1]) for row in ended if row[2])
    for endpoint_id in {
        result.sending.endpoint_id
        for result, verdict in judged
        if verdict.wish is EndpointWish.STOP
    }:
        disable_endpoint(endpoint_id=endpoint_id, reason="It answered 410 Gone.")
    return len(ended)


@transaction.atomic
def _record(judged: Sequence[_Judged], run_id: UUID) -> list[tuple[UUID, UUID, bool]]:
    """Returns endpoint and stream of each, and whether it is finished."""
    ids = [result.sending.delivery_id for result, _ in judged]
    numbers = [result.sending.number for result, _ in judged]
    ended = run(
        END_ATTEMPTS,
        {
            "run": run_id,
            "ids": ids,
            "numbers": numbers,
            "states": [verdict.state.value for _, verdict in judged],
            "waits": [verdict.wait_seconds for _, verdict in judged],
        },
    ).fetchall()
    now = time.monotonic()
    answers = [result.answer for result, _ in judged]
    run(
        KEEP_ATTEMPTS,
        {
            "ids": ids,
            "numbers": numbers,
            "ages": [now - result.ended + result.answer.duration_ms / 1000 for result, _ in judged],
            "durations": [answer.duration_ms for answer in answers],
            "statuses": [answer.status for answer in answers],
            "errors": [result.error for result, _ in judged],
            "answers": [answer.body for answer in answers],
            "addresses": [answer.address or "" for answer in answers],
        },
    )
    return ended


def _wake_followers(freed: Iterable[tuple[UUID, UUID]]) -> None:
    """Let what stood aside for a delivery that is finished start at once."""
    pairs = sorted(set(freed))
    if pairs:
        run(
            WAKE_FOLLOWERS,
            {"endpoints": [pair[0] for pair in pairs], "streams": [pair[1] for pair in pairs]},
        )


def _slow_down(judged: Iterable[_Judged]) -> None:
    rests: defaultdict[UUID, float] = defaultdict(float)
    for result, verdict in judged:
        if verdict.wish is EndpointWish.SLOW_DOWN:
            endpoint_id = result.sending.endpoint_id
            rests[endpoint_id] = max(rests[endpoint_id], verdict.rest_seconds)
    if rests:
        run(SLOW_DOWN, {"ids": list(rests), "rests": list(rests.values())})
        logger.info("Endpoints asked for slower sending", extra={"count": len(rests)})
