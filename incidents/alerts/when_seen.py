"""Which events fall into the times in which an organisation could see what they are about.

`incident.granted` and `incident.revoked` tell those times; of a link it must have seen both ends.
What happened before sight was granted to it, or between losing and regaining sight, is not its to
know, though it may read the incident now; as in the incident's history. Said twice, for one
organisation and many events, and for one event and many organisations; held together by a test.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, When

from accounts.models import Member
from hub.outbox.models import Event, EventQuerySet, EventRecipient
from incidents.crossrefs.models import CrossReference

GRANTED, REVOKED = "incident.granted", "incident.revoked"

IN_SIGHT = Q(sight_before=GRANTED) | Q(sight_after=None) | Q(sight_after=REVOKED)
"""By the nearest changes of sight on either side.

Sight that a group gives back has no event of its own, so `revoked` alone ends nothing.
"""

ENDS = {
    f"end_{end}": CrossReference.objects.filter(pk=OuterRef("subject_id")).values(f"{end}_incident")
    for end in ("from", "to")
}
"""The incidents that a link joins, for an event about it."""


def while_in_sight(
    rows: EventQuerySet, member: Member, *, incident: str = "stream_id"
) -> EventQuerySet:
    """Events of the times in which the organisation could see the incident they are about.

    `incident` is the column or annotation that names it.
    """
    # As a case, since PostgreSQL takes an answer as likely as not then. Of a comparison with a
    # subquery it expects that next to nothing passes, and reads all there is before it sorts.
    changes = Event.objects.filter(
        stream_id=OuterRef(incident),
        topic__in=[GRANTED, REVOKED],
        addressees__member_id=member.pk,
    )
    earlier = changes.filter(recorded_at__lt=OuterRef("recorded_at")).order_by("-recorded_at")
    later = changes.filter(recorded_at__gt=OuterRef("recorded_at")).order_by("recorded_at")
    return rows.annotate(
        sight_before=Subquery(earlier.values("topic")[:1]),
        sight_after=Subquery(later.values("topic")[:1]),
    ).filter(Case(When(IN_SIGHT, then=True), default=False))


def while_ends_in_sight(rows: EventQuerySet, member: Member) -> EventQuerySet:
    """Events about links of the times in which the organisation could see both their ends."""
    rows = rows.annotate(**{name: Subquery(end) for name, end in ENDS.items()})
    for name in ENDS:
        rows = while_in_sight(rows, member, incident=name)
    return rows


def with_sight_at(
    event: Event, members: QuerySet[Member], *, incident_id: UUID
) -> QuerySet[Member]:
    """Those of the organisations that could see the incident when the event happened."""
    later = Event.objects.filter(
        stream_id=incident_id, topic=GRANTED, recorded_at__gt=event.recorded_at
    )
    # Nobody gained sight since: nearly always so, as the fan-out follows within milliseconds.
    if not later.exists():
        return members
    changes = EventRecipient.objects.filter(
        member_id=OuterRef("pk"),
        event__stream_id=incident_id,
        event__topic__in=[GRANTED, REVOKED],
    )
    return members.annotate(
        sight_before=_nearest(changes.filter(event__recorded_at__lt=event.recorded_at), "-"),
        sight_after=_nearest(changes.filter(event__recorded_at__gt=event.recorded_at), ""),
    ).filter(IN_SIGHT)


def _nearest(changes: QuerySet[EventRecipient], direction: str) -> Any:
    ordered = changes.order_by(f"{direction}event__recorded_at")
    return Subquery(ordered.values("event__topic")[:1])
