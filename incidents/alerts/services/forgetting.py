"""Forgetting what deliveries keep of incidents and links that were redacted or went since."""

from __future__ import annotations

import logging
from typing import Final, NamedTuple
from uuid import UUID

from django.db import transaction

from hub.outbox.models import Event
from hub.outbox.services import record_event, take_chore
from incidents.alerts.statements import run
from incidents.crossrefs.rights import fetch_links

logger = logging.getLogger(__name__)

CONSUMER: Final = "incidents.alerts.tasks.forget"
ABOUT_LINKS: Final = frozenset({"crossref.suggested", "crossref.accepted"})
REPEATED: Final = ABOUT_LINKS | {"observation.added"}
"""What no later event makes up for when it was cancelled."""

# Endpoints first and in order, as claims do, so that neither waits for the other for ever. A claim
# that read the old words has written them down by then; those that come later read the new ones.
LOCK_ENDPOINTS: Final = """
SELECT endpoint.id FROM alerts_endpoint AS endpoint
WHERE endpoint.id IN (
    SELECT delivery.endpoint_id FROM alerts_delivery AS delivery
    JOIN outbox_event AS event ON event.id = delivery.event_id
    WHERE event.stream_id = %(stream)s AND delivery.state IN ('pending', 'leased')
)
ORDER BY endpoint.id FOR NO KEY UPDATE OF endpoint
"""

# A body is sent as it was fixed or not at all. What bears the version of the redaction, or a later
# one, was recorded after it, unless it is about a part of the incident: no such event waits for
# the incident's row. A recall stands until a newer one takes its place;
# that of a change of sight says nothing of the incident.
CANCEL: Final = """
UPDATE alerts_delivery AS delivery
SET state = 'cancelled', lease_until = NULL, lease_token = NULL, finished_at = clock_timestamp()
FROM outbox_event AS event
WHERE event.id = delivery.event_id AND event.stream_id = %(stream)s
  AND delivery.state IN ('pending', 'leased') AND delivery.body IS NOT NULL
  AND (event.version < %(version)s OR event.topic = ANY(%(repeated)s))
  AND event.topic <> 'incident.revoked'
  AND (
      event.topic <> 'incident.withdrawn'
      OR EXISTS (
          SELECT FROM outbox_event AS newer
          WHERE newer.stream_id = event.stream_id AND newer.topic = event.topic
            AND newer.id > event.id
      )
  )
RETURNING event.topic, event.id, (
    SELECT member_id FROM alerts_endpoint WHERE id = delivery.endpoint_id
)
"""

ERASE: Final = """
WITH erased AS (
    UPDATE alerts_delivery AS delivery SET body = ''
    FROM outbox_event AS event
    WHERE event.id = delivery.event_id AND event.stream_id = %(stream)s
      AND delivery.state NOT IN ('pending', 'leased') AND delivery.body <> ''
      AND (event.version < %(version)s OR event.topic = ANY(%(repeated)s))
    RETURNING delivery.id
)
UPDATE alerts_attempt AS attempt SET answer = '' FROM erased WHERE attempt.delivery_id = erased.id
"""


class _Cancelled(NamedTuple):
    topic: str
    event_id: UUID
    member_id: UUID


@transaction.atomic
def forget_redacted(event_id: UUID) -> int:
    """Erase what was rendered of an incident or a link; returns how much was waiting.

    What waits for another attempt is cancelled: `incident.updated` brings its receivers the new
    state. Observations and links, which that does not tell of, are announced to them anew, unless
    the link is gone.
    """
    event = take_chore(event_id, CONSUMER)
    if event is None:
        return 0
    named = {"stream": event.stream_id, "version": event.version, "repeated": list(REPEATED)}
    run(LOCK_ENDPOINTS, named).fetchall()
    cancelled = [_Cancelled(*row) for row in run(CANCEL, named).fetchall()]
    run(ERASE, named)
    _announce_again([one for one in cancelled if one.topic in REPEATED])
    logger.info("Deliveries forgot what was redacted", extra={"event_id": event.public_id})
    return len(cancelled)


def _announce_again(lost: list[_Cancelled]) -> None:
    told: dict[UUID, set[UUID]] = {}
    for one in lost:
        told.setdefault(one.event_id, set()).add(one.member_id)
    events = list(Event.objects.filter(pk__in=told).order_by("pk"))
    links = fetch_links(event.subject_id for event in events if event.topic in ABOUT_LINKS)
    for event in events:
        if event.topic in ABOUT_LINKS and event.subject_id not in links:
            continue
        record_event(
            event.topic,
            subject_id=event.subject_id,
            stream_id=event.stream_id,
            version=event.version,
            mark=event.mark,
            actor_id=event.actor_id,
            recipients=sorted(told[event.pk]),
        )
