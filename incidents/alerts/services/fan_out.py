"""Turning one event into a delivery for each endpoint that shall be told of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Q, QuerySet, Value

from accounts.models import Member
from hub.kit.failpoints import failpoint
from hub.outbox.models import ClockTimestamp, Event, EventRecipient
from incidents.alerts.models import Delivery, DeliveryState, Endpoint, EndpointState
from incidents.alerts.topics import TOPICS, Subject
from incidents.alerts.when_seen import with_sight_at
from incidents.core.models import Incident, Observation
from incidents.core.visibility import readers_of, readers_of_child
from incidents.crossrefs.rights import ends_of, fetch_links, readers_of_link

logger = logging.getLogger(__name__)

CHANNEL = "hub_deliveries"
"""Channel on which PostgreSQL tells the relay that deliveries are due."""

LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))"
"""Of one event by its name, until the transaction ends; whoever does not get it goes on at once."""

COLUMNS = (
    "event_id", "endpoint_id", "topic", "subject_id", "stream_id", "version", "state",
    "attempt_no", "body_mark",
)  # fmt: skip


@transaction.atomic
def fan_out(event_id: UUID) -> int:
    """Owe the event to every endpoint whose organisation may be told of it; returns how many.

    One statement writes all deliveries, and the event keeps their number, so nothing can get lost
    between. Run again, or twice at once, it changes nothing.
    """
    event = _lock_waiting(event_id)
    if event is None:
        return 0
    owed = _owe(event)
    failpoint("fanout.inserted")
    Event.objects.filter(pk=event.pk).update(fanned_out_at=ClockTimestamp(), recipients=owed)
    if owed:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
    logger.debug("Event fanned out", extra={"event_id": event.public_id, "recipients": owed})
    return owed


def _lock_waiting(event_id: UUID) -> Event | None:
    """The event, unless it was fanned out or somebody is at it; if they fail, it still waits.

    The row itself stays free: the relay may be giving it its position in the feed at this moment,
    and neither may hold up the other, nor take it for a second fan-out.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [f"fan_out:{event_id}"])
        (is_ours,) = cursor.fetchone()
    return Event.objects.waiting().filter(pk=event_id).first() if is_ours else None


def _owe(event: Event) -> int:
    members = _members_told(event)
    if members is None:
        return 0
    rows = _endpoints_told(event, members).values_list(
        Value(event.pk),
        "pk",
        Value(event.topic),
        Value(event.subject_id),
        Value(event.stream_id),
        Value(event.version),
        Value(DeliveryState.PENDING.value),
        Value(0),
        Value(""),
    )
    try:
        query, parameters = rows.query.sql_with_params()
    except EmptyResultSet:  # red: Django writes no statement for what nobody may be told
        return 0
    table = Delivery._meta.db_table  # noqa: SLF001 - Django's documented API
    with connection.cursor() as cursor:
        cursor.execute(
            # Names are ours and values are parameters: policy comes as Django compiled it.
            f"INSERT INTO {table} ({', '.join(COLUMNS)}) {query}"
            " ON CONFLICT (event_id, endpoint_id) DO NOTHING",
            parameters,
        )
        return int(cursor.rowcount)


def _endpoints_told(event: Event, members: QuerySet[Member]) -> QuerySet[Endpoint]:
    """Endpoints that want the topic, of these members; not what is made after the event."""
    # A member is not told of what it did itself.
    others = members.exclude(pk=event.actor_id) if event.actor_id else members
    return (
        Endpoint.objects.filter(
            Q(topics=[]) | Q(topics__contains=[event.topic]),
            state=EndpointState.ACTIVE,
            created_at__lte=event.recorded_at,
            member__in=others,
        )
        .exclude(pk=event.subject_id)  # nor is an endpoint told of its own end
        .order_by()
    )


def _members_told(event: Event) -> QuerySet[Member] | None:
    """Active members that the event is for; None if there can be none."""
    if event.is_directed:
        addressed = EventRecipient.objects.filter(event=event).values("member_id")
        return Member.objects.active().filter(pk__in=addressed)
    topic = TOPICS.get(event.topic)
    if topic is None:
        return None
    readers_of_subject = _READERS.get(topic.subject)
    return readers_of_subject(event) if readers_of_subject else Member.objects.active()


def _readers_of_incident(event: Event) -> QuerySet[Member] | None:
    found = Incident.objects.filter(pk=event.stream_id).first()
    if found is None:
        return None
    return with_sight_at(event, readers_of(found), incident_id=found.pk)


def _readers_of_observation(event: Event) -> QuerySet[Member] | None:
    found = Observation.objects.filter(pk=event.subject_id).select_related("incident").first()
    if found is None:
        return None
    readers = readers_of_child(found, incident_readers=readers_of(found.incident))
    return with_sight_at(event, readers, incident_id=found.incident_id)


def _readers_of_link(event: Event) -> QuerySet[Member] | None:
    found = fetch_links([event.subject_id]).get(event.subject_id)
    if found is None:
        return None
    readers = readers_of_link(found)
    for end in ends_of(found):
        readers = with_sight_at(event, readers, incident_id=end.pk)
    return readers


_READERS: Final[Mapping[Subject, Callable[[Event], QuerySet[Member] | None]]] = {
    Subject.INCIDENT: _readers_of_incident,
    Subject.OBSERVATION: _readers_of_observation,
    Subject.CROSSREF: _readers_of_link,
}
"""Who could see the subject of an event; it is for all organisations where nothing is named."""
