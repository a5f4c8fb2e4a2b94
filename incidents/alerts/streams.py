"""Which incidents streams of events are about, whoever may read them: for operators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models import QuerySet

from hub.outbox.models import Event
from incidents.alerts.models import Delivery
from incidents.core.models import Incident


def refs_of(streams: Iterable[UUID]) -> Mapping[UUID, str]:
    """The refs of those that are about incidents, by stream."""
    return dict(Incident.objects.filter(pk__in=set(streams)).values_list("pk", "ref"))


def about(ref: str, rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """The deliveries that tell of an incident; by the events of its stream."""
    streams = Incident.objects.filter(ref=ref).values("pk")
    events = Event.objects.filter(stream_id__in=streams).values("pk")
    return rows.filter(event_id__in=events)
