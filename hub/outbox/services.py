"""Recording of events, and giving them their place in the pull feed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from hub.kit import crypto
from hub.kit.ids import uuid7
from hub.outbox.models import Chore, Event

PLACING_LOCK = 0x6875_6202
"""Advisory lock of the one relay that gives positions; the number only has to be ours."""

PLACE = """
WITH horizon AS (
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest_open,
           pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next_new
), ready AS (
    SELECT event.id,
           row_number() OVER (ORDER BY event.xid < next_new, event.xid, event.id) AS place
    FROM outbox_event AS event, horizon
    WHERE event.position IS NULL AND (event.xid < oldest_open OR event.xid >= next_new)
)
UPDATE outbox_event AS event
SET position = (SELECT coalesce(max(position), 0) FROM outbox_event) + ready.place
FROM ready WHERE event.id = ready.id
"""


RECORDED: Final = (
    "id", "topic", "subject_id", "stream_id", "version", "mark", "actor_id", "is_directed",
    "recorded_at", "xid",
)  # fmt: skip

# By hand, and at once: with each change somebody waits for this.
RECORD: Final = f"""
WITH recorded AS (
    INSERT INTO outbox_event
        (id, topic, subject_id, stream_id, version, mark, actor_id, is_directed)
    VALUES (%(id)s, %(topic)s, %(subject_id)s, %(stream_id)s, %(version)s, %(mark)s, %(actor_id)s,
            %(is_directed)s)
    RETURNING {", ".join(RECORDED)}
), asked AS (
    INSERT INTO outbox_chore (event_id, consumer, note)
    SELECT recorded.id, chore.consumer, chore.note
    FROM recorded, unnest(%(consumers)s::text[], %(notes)s::bytea[]) AS chore (consumer, note)
), addressed AS (
    INSERT INTO outbox_eventrecipient (event_id, member_id)
    SELECT recorded.id, member_id FROM recorded, unnest(%(recipients)s::uuid[]) AS member_id
)
SELECT {", ".join(RECORDED)} FROM recorded
"""  # noqa: S608 - names of ours


def record_event(
    topic: str,
    *,
    subject_id: UUID,
    stream_id: UUID,
    version: int,
    mark: str,
    actor_id: UUID | None = None,
    recipients: Iterable[UUID] | None = None,
    note: Any = None,
) -> Event:
    """Write the event beside the change it tells of; the relay finds it after commit.

    `actor_id` is the organisation that did it, which is not told of its own doing. `recipients`
    addresses the event to these organisations alone; None leaves that to the fan-out. `note`, plain
    JSON, is for those alone who do the event's chores, and is gone with these.

    Raises RuntimeError outside a transaction: an event that can outlive a rolled-back change
    would alert members to something that never happened.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("record_event() needs the transaction of the change it records")
    event_id, consumers = uuid7(), settings.HUB_CHORES.get(topic, ())
    with connection.cursor() as cursor:
        cursor.execute(
            RECORD,
            {
                "id": event_id,
                "topic": topic,
                "subject_id": subject_id,
                "stream_id": stream_id,
                "version": version,
                "mark": mark,
                "actor_id": actor_id,
                "is_directed": recipients is not None,
                "consumers": list(consumers),
                "notes": [_encrypted(note, event_id, consumer) for consumer in consumers],
                "recipients": list(recipients or ()),
            },
        )
        return Event.from_db(connection.alias, RECORDED, cursor.fetchone())


def _encrypted(note: Any, event_id: UUID, consumer: str) -> bytes | None:
    if note is None:
        return None
    context = Chore(event_id=event_id, consumer=consumer).encryption_context
    return crypto.encrypt(json.dumps(note).encode(), context=context)


class Taken(NamedTuple):
    """An event that a consumer shall do something about, and what only it was told of that."""

    event: Event
    note: Any


def take_chore(event_id: UUID, consumer: str) -> Event | None:
    """The event that a consumer shall do something about, or None if that is done or under way.

    In the transaction that does it: the chore is gone when that commits, and still there when it
    fails or dies.
    """
    taken = take_noted_chore(event_id, consumer)
    return taken.event if taken else None


def take_noted_chore(event_id: UUID, consumer: str) -> Taken | None:
    """As `take_chore`, with the note that was left for the consumer."""
    chores = Chore.objects.select_for_update(skip_locked=True, of=("self",))
    chore = chores.filter(event_id=event_id, consumer=consumer).select_related("event").first()
    if chore is None:
        return None
    chore.delete()
    if chore.note is None:
        return Taken(chore.event, None)
    plaintext = crypto.decrypt(bytes(chore.note), context=chore.encryption_context)
    return Taken(chore.event, json.loads(plaintext))


def place_events() -> int:
    """Give every event that no open transaction can still overtake its position in the feed.

    Ids and commit order differ, so a reader that pages by id misses what commits late. Below the
    oldest open transaction nothing can appear any more, so positions only ever grow at the end.
    Events restored from a dump may carry transaction ids that this server has not reached: they
    were committed elsewhere, and are placed first, in order.

    Safe to run anywhere at any time: one at a time by advisory lock, the others place nothing.
    Returns how many were placed.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [PLACING_LOCK])
        (is_ours,) = cursor.fetchone()
        if not is_ours:
            return 0
        cursor.execute(PLACE)
        placed: int = cursor.rowcount
    return placed
