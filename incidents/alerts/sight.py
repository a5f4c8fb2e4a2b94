"""When an organisation could see an incident, as `granted` and `revoked` events tell it.

What happened before sight was granted to it, or between losing and regaining sight, is not its to
know, though it may read the incident now; as in the incident's history. Said twice, for one
organisation and many events, and for one event and many organisations; held together by a test.
"""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.models import Member
from hub.outbox.models import Event, EventQuerySet, EventRecipient

GRANTED, REVOKED = "incident.granted", "incident.revoked"

IN_SIGHT = Q(sight_before=GRANTED) | Q(sight_after=None) | Q(sight_after=REVOKED)
"""By the nearest changes of sight on either side.

Sight that a group gives back has no event of its own, so `revoked` alone ends nothing.
"""


def while_in_sight(rows: EventQuerySet, member: Member) -> EventQuerySet:
    """Events of the times in which the organisation could see what they are about."""
    changes = Event.objects.filter(
        stream_id=OuterRef("stream_id"),
        topic__in=[GRANTED, REVOKED],
        addressees__member_id=member.pk,
    )
    earlier = changes.filter(recorded_at__lt=OuterRef("recorded_at")).order_by("-recorded_at")
    later = changes.filter(recorded_at__gt=OuterRef("recorded_at")).order_by("recorded_at")
    return rows.annotate(
        sight_before=Subquery(earlier.values("topic")[:1]),
        sight_after=Subquery(later.values("topic")[:1]),
    ).filter(IN_SIGHT)


def with_sight_at(event: Event, members: QuerySet[Member]) -> QuerySet[Member]:
    """Those of the organisations that could see what the event is about when it happened."""
    later = Event.objects.filter(
        stream_id=event.stream_id, topic=GRANTED, recorded_at__gt=event.recorded_at
    )
    # Nobody gained sight since: nearly always so, as the fan-out follows within milliseconds.
    if not later.exists():
        return members
    changes = EventRecipient.objects.filter(
        member_id=OuterRef("pk"),
        event__stream_id=event.stream_id,
        event__topic__in=[GRANTED, REVOKED],
    )
    return members.annotate(
        sight_before=_nearest(changes.filter(event__recorded_at__lt=event.recorded_at), "-"),
        sight_after=_nearest(changes.filter(event__recorded_at__gt=event.recorded_at), ""),
    ).filter(IN_SIGHT)


def _nearest(changes: QuerySet[EventRecipient], direction: str) -> Any:
    ordered = changes.order_by(f"{direction}event__recorded_at")
    return Subquery(ordered.values("event__topic")[:1])
