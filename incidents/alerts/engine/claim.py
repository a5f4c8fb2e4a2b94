"""Claiming: what can be sent now gets its number, its bytes and a lease."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from accounts.models import MemberStatus
from hub.kit.failpoints import failpoint
from incidents.alerts.engine.bodies import FirstAttempt, Room, write_first_attempts
from incidents.alerts.engine.due import DueEndpoint, due_endpoints
from incidents.alerts.engine.leases import IN_FLIGHT_PER_ENDPOINT, LEASE_SECONDS
from incidents.alerts.engine.ordering import Plan, Unfinished, plan_stream
from incidents.alerts.engine.sending_rights import Checked, check_rights
from incidents.alerts.models import EndpointState
from incidents.alerts.statements import run
from incidents.core.rights import Standing

HOLD_UP_MINUTES = 10
"""How long an alert that fails may hold up newer ones of its incident."""

LOOKED_AT_BESIDES = 2
"""Due deliveries of one endpoint that one claim considers beyond those that it wants to start;
those that must wait stand aside."""

LOCK_ENDPOINTS = """
SELECT endpoint.id, endpoint.member_id, endpoint.url, endpoint.secret, endpoint.sequence,
       endpoint.state = %(deleted)s OR member.status <> %(active)s, member.in_community
FROM alerts_endpoint AS endpoint JOIN accounts_member AS member ON member.id = endpoint.member_id
WHERE endpoint.id = ANY(%(ids)b) AND endpoint.state <> %(disabled)s
ORDER BY endpoint.id FOR NO KEY UPDATE OF endpoint SKIP LOCKED
"""

READ_UNFINISHED = """
WITH due AS (
    SELECT found.endpoint_id, found.stream_id
    FROM unnest(%(endpoints)b::uuid[]) AS endpoint (id) CROSS JOIN LATERAL (
        SELECT endpoint_id, stream_id FROM alerts_delivery
        WHERE endpoint_id = endpoint.id AND state = 'pending'
          AND next_at <= statement_timestamp()
        ORDER BY next_at LIMIT %(per_endpoint)s
    ) AS found
    UNION
    SELECT endpoint_id, stream_id FROM alerts_delivery
    WHERE endpoint_id = ANY(%(endpoints)b) AND state = 'leased'
      AND lease_until <= statement_timestamp()
)
SELECT delivery.id, delivery.endpoint_id, delivery.event_id, delivery.topic, delivery.subject_id,
       delivery.stream_id, delivery.version, delivery.attempt_no, delivery.body_mark,
       event.recorded_at, delivery.next_at,
       CASE delivery.state WHEN 'pending' THEN delivery.next_at ELSE delivery.lease_until END
           <= statement_timestamp(),
       delivery.state = 'leased' AND delivery.lease_until > statement_timestamp(),
       coalesce(
           delivery.first_attempt_at + make_interval(mins => %(hold_up)s) <= statement_timestamp(),
           false
       )
FROM due CROSS JOIN LATERAL (
    SELECT * FROM alerts_delivery
    WHERE endpoint_id = due.endpoint_id AND stream_id = due.stream_id
      AND state IN ('pending', 'leased')
    OFFSET 0
) AS delivery
JOIN outbox_event AS event ON event.id = delivery.event_id
"""

COUNT_IN_FLIGHT = """
SELECT endpoint_id, count(*) FROM alerts_delivery
WHERE endpoint_id = ANY(%(endpoints)b) AND state = 'leased'
  AND lease_until > statement_timestamp()
GROUP BY endpoint_id
"""

CANCEL_ALL = """
UPDATE alerts_delivery
SET state = 'cancelled', lease_until = NULL, lease_token = NULL, finished_at = clock_timestamp()
WHERE endpoint_id = ANY(%(endpoints)b)
  AND (state = 'pending' OR (state = 'leased' AND lease_until <= statement_timestamp()))
"""

FINISH = """
UPDATE alerts_delivery AS delivery
SET state = ended.state, lease_until = NULL, lease_token = NULL, finished_at = clock_timestamp()
FROM unnest(%(ids)b::bigint[], %(states)b::text[]) AS ended (id, state)
WHERE delivery.id = ended.id
  AND (delivery.state = 'pending'
       OR (delivery.state = 'leased' AND delivery.lease_until <= statement_timestamp()))
"""

STAND_ASIDE = """
UPDATE alerts_delivery AS delivery
SET next_at = greatest(
    clock_timestamp() + interval '1 second',
    (SELECT ahead.next_at FROM alerts_delivery AS ahead WHERE ahead.id = waiting.ahead_id)
)
FROM unnest(%(ids)b::bigint[], %(ahead)b::bigint[]) AS waiting (id, ahead_id)
WHERE delivery.id = waiting.id AND delivery.state = 'pending'
"""

LEASE = """
UPDATE alerts_delivery AS delivery
SET state = 'leased', lease_token = %(run)s,
    lease_until = clock_timestamp() + make_interval(secs => %(lease)s),
    attempt_no = delivery.attempt_no + 1,
    sequence = coalesce(delivery.sequence, taken.sequence),
    body = coalesce(delivery.body, taken.body),
    body_mark = CASE WHEN taken.body IS NULL THEN delivery.body_mark ELSE taken.mark END,
    first_attempt_at = coalesce(delivery.first_attempt_at, clock_timestamp())
FROM unnest(
    %(ids)b::bigint[], %(numbers)b::int[], %(sequences)b::bigint[], %(bodies)b::text[],
    %(marks)b::text[]
) AS taken (id, number, sequence, body, mark)
WHERE delivery.id = taken.id AND delivery.attempt_no = taken.number - 1
  AND (delivery.state = 'pending'
       OR (delivery.state = 'leased' AND delivery.lease_until <= statement_timestamp()))
RETURNING delivery.id, CASE WHEN taken.body IS NULL THEN delivery.body END
"""


class LockedEndpoint(NamedTuple):
    """An endpoint whose row this claim has locked."""

    id: UUID
    member_id: UUID
    url: str
    secret: bytes
    """Encrypted."""
    sequence: int
    is_gone: bool
    """Deleted, or its organisation is not active: nothing is sent to it any more."""
    in_community: bool

    @property
    def standing(self) -> Standing:
        """Its organisation, as policy sees it."""
        return Standing(self.member_id, not self.is_gone, self.in_community)


class Sending(NamedTuple):
    """One attempt to make."""

    delivery_id: int
    number: int
    endpoint_id: UUID
    event_id: UUID
    url: str
    secret: bytes
    """Encrypted."""
    body: str


class Claimed(NamedTuple):
    """What a claim found."""

    sendings: list[Sending]
    is_progress: bool
    """Something was sorted out of the way, so that asking again at once may find more."""


NOTHING = Claimed([], is_progress=False)


def claim(*, limit: int, run_id: UUID, start: UUID | None = None) -> Claimed:
    """Take up to `limit` attempts that can be made now, for the run of the engine of this name.

    Fair to organisations: those with the fewest alerts in the batch come first. `start` is where
    the search begins, by chance if it is not given. May be called by any number of workers at once.
    """
    with transaction.atomic():
        locked = _lock(_chosen(due_endpoints(limit=2 * limit, start=start or _anywhere()), limit))
        if not locked:
            return NOTHING
        gone = [endpoint.id for endpoint in locked.values() if endpoint.is_gone]
        cancelled = run(CANCEL_ALL, {"endpoints": gone}).rowcount if gone else 0
        there = {key: one for key, one in locked.items() if not one.is_gone}
        claimed = _claim_of(there, limit, run_id)
    failpoint("engine.claimed")
    return claimed._replace(is_progress=claimed.is_progress or cancelled > 0)


def _anywhere() -> UUID:
    return UUID(int=random.getrandbits(128))


def _chosen(due: Iterable[DueEndpoint], limit: int) -> list[UUID]:
    """Endpoints in turn from one organisation after the other, as many as may start.

    An endpoint gets several only where others are too few: what is posted to it one after the
    other shares a connection, and opening one costs more than posting.
    """
    place: defaultdict[UUID, int] = defaultdict(int)
    ranked = []
    for endpoint in due:
        ranked.append((place[endpoint.member_id], endpoint.endpoint_id))
        place[endpoint.member_id] += 1
    ranked.sort(key=lambda pair: pair[0])
    return [endpoint_id for _, endpoint_id in ranked[:limit]]


def _lock(ids: list[UUID]) -> dict[UUID, LockedEndpoint]:
    if not ids:
        return {}
    rows = run(
        LOCK_ENDPOINTS,
        {
            "ids": ids,
            "deleted": EndpointState.DELETED.value,
            "disabled": EndpointState.DISABLED.value,
            "active": MemberStatus.ACTIVE.value,
        },
    )
    return {row[0]: LockedEndpoint(*row) for row in rows}


def _claim_of(locked: Mapping[UUID, LockedEndpoint], limit: int, run_id: UUID) -> Claimed:
    """The second half, which reads what everybody before us at these endpoints has committed."""
    each = min(IN_FLIGHT_PER_ENDPOINT, -(-limit // max(1, len(locked))))
    plan = _plan(list(locked), looked_at=each + LOOKED_AT_BESIDES)
    chosen = _fair_share(plan.start, locked, limit)
    checked = check_rights(chosen, {key: one.standing for key, one in locked.items()})
    plan.cancel += checked.refused
    sendings = _lease(checked, locked, run_id)
    freed = {(row.endpoint_id, row.stream_id) for row in checked.refused}
    return Claimed(sendings, is_progress=_write_down(plan, freed=freed))


def _plan(endpoint_ids: list[UUID], *, looked_at: int) -> Plan:
    rows = run(
        READ_UNFINISHED,
        {
            "endpoints": endpoint_ids,
            "per_endpoint": looked_at,
            "hold_up": HOLD_UP_MINUTES,
        },
    )
    streams: defaultdict[tuple[UUID, UUID], list[Unfinished]] = defaultdict(list)
    for row in map(Unfinished._make, rows):
        streams[row.endpoint_id, row.stream_id].append(row)
    plan = Plan()
    for unfinished in streams.values():
        plan.add(plan_stream(unfinished))
    return plan


def _fair_share(
    startable: Iterable[Unfinished], locked: Mapping[UUID, LockedEndpoint], limit: int
) -> list[Unfinished]:
    """As many as each endpoint has room for, in turn from one organisation after the other."""
    in_flight: dict[UUID, int] = dict(run(COUNT_IN_FLIGHT, {"endpoints": list(locked)}).fetchall())
    at_endpoint: defaultdict[UUID, int] = defaultdict(int)
    fitting = []
    for row in sorted(startable, key=lambda row: row.next_at):
        place = at_endpoint[row.endpoint_id]
        at_endpoint[row.endpoint_id] += 1
        if place < IN_FLIGHT_PER_ENDPOINT - in_flight.get(row.endpoint_id, 0):
            fitting.append((place, row))
    of_member: defaultdict[UUID, int] = defaultdict(int)
    ranked = []
    for _, row in sorted(fitting, key=lambda pair: pair[0]):
        member_id = locked[row.endpoint_id].member_id
        ranked.append((of_member[member_id], row))
        of_member[member_id] += 1
    return [row for _, row in sorted(ranked, key=lambda pair: pair[0])[:limit]]


def _lease(checked: Checked, locked: Mapping[UUID, LockedEndpoint], run_id: UUID) -> list[Sending]:
    room = {key: Room(one.member_id, one.sequence) for key, one in locked.items()}
    firsts = write_first_attempts(checked, room)
    rows = [one.row for one in checked.allowed]
    if not rows:
        return []
    written = [firsts.get(row.id, FirstAttempt(None, None, "")) for row in rows]
    leased = run(
        LEASE,
        {
            "run": run_id,
            "lease": LEASE_SECONDS,
            "ids": [row.id for row in rows],
            "numbers": [row.attempt_no + 1 for row in rows],
            "sequences": [first.sequence for first in written],
            "bodies": [first.body for first in written],
            "marks": [first.mark for first in written],
        },
    )
    bodies: dict[int, str | None] = dict(leased.fetchall())
    return [
        Sending(
            row.id,
            row.attempt_no + 1,
            row.endpoint_id,
            row.event_id,
            locked[row.endpoint_id].url,
            locked[row.endpoint_id].secret,
            first.body or bodies[row.id] or "",
        )
        for row, first in zip(rows, written, strict=True)
        if row.id in bodies
    ]


def _write_down(plan: Plan, *, freed: set[tuple[UUID, UUID]]) -> bool:
    """End what has become pointless; let what must wait stand aside, unless its way is now free.

    Returns whether there was any of it.
    """
    ended = [
        *((row.id, "cancelled") for row in plan.cancel),
        *((row.id, "superseded") for row in plan.supersede),
        *((row.id, "dead") for row in plan.give_up),
    ]
    if ended:
        run(FINISH, {"ids": [one[0] for one in ended], "states": [one[1] for one in ended]})
    aside = [
        (row.id, ahead.id)
        for row, ahead in plan.wait
        if row.is_due and (row.endpoint_id, row.stream_id) not in freed
    ]
    if aside:
        run(STAND_ASIDE, {"ids": [one[0] for one in aside], "ahead": [one[1] for one in aside]})
    return bool(ended or aside)
