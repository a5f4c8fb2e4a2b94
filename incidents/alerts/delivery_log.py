"""Reading the log of deliveries: how they went, and what of them may be shown today."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Final, NamedTuple
from uuid import UUID

from django.db.models import Count, Max, Prefetch, Q

from accounts.readers import Reader
from incidents.alerts.engine.ordering import Unfinished
from incidents.alerts.engine.sending_rights import check_rights
from incidents.alerts.models import (
    UNFINISHED,
    Attempt,
    Delivery,
    DeliveryQuerySet,
    DeliveryState,
    Endpoint,
)
from incidents.alerts.topics import TOPICS, Subject
from incidents.core.models import Incident
from incidents.core.rights import Standing
from incidents.crossrefs.models import CrossReference

WINDOW: Final = 500
"""So many of an endpoint's newest alerts are counted: its log has no end."""

NOTHING_YET: Final = "none"
"""The stage of a first event that did not come yet."""

CONTROL_PICTURES: Final = {
    **{code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n"},
    0x7F: 0x2421,
    **dict.fromkeys(range(0x80, 0xA0), 0xFFFD),
}
"""Control characters, as what a reader can see."""


# Counting -----------------------------------------------------------------------------------
class Tally(NamedTuple):
    """What became of an endpoint's newest alerts."""

    waiting: int = 0
    given_up: int = 0
    last_delivered_at: datetime | None = None


def tallies(endpoints: Iterable[Endpoint]) -> dict[UUID, Tally]:
    """By endpoint, in one query; of what was sent at least once, since the rest may be hidden."""
    # Each with a bound of its own, by which its index is entered: a join would read every log.
    newest = [Q(endpoint=one, sequence__gt=one.sequence - WINDOW) for one in endpoints]
    if not newest:
        return {}
    counted = (
        Delivery.objects.shown()
        .filter(reduce(or_, newest))
        .values_list("endpoint_id")
        .annotate(
            waiting=Count("pk", filter=Q(state__in=UNFINISHED)),
            given_up=Count("pk", filter=Q(state=DeliveryState.DEAD)),
            last_delivered_at=Max("finished_at", filter=Q(state=DeliveryState.OK)),
        )
    )
    return {row[0]: Tally(*row[1:]) for row in counted}


class FirstEvent(NamedTuple):
    """The first alert that an endpoint took, or else how the newest one stands."""

    delivery: Delivery | None
    attempt: Attempt | None
    """The latest of its attempts."""

    @property
    def is_delivered(self) -> bool:
        return self.delivery is not None and self.delivery.state == DeliveryState.OK

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it by itself."""
        return self.delivery is not None and self.delivery.finished_at is not None

    @property
    def stage(self) -> str:
        """The same as long as there is nothing new to tell."""
        if self.delivery is None:
            return NOTHING_YET
        return f"{self.delivery.sequence}-{self.attempt.number if self.attempt else 0}"


def first_event(endpoint: Endpoint) -> FirstEvent:
    """Look among the endpoint's newest alerts; three queries at most."""
    newest = _of(endpoint).filter(sequence__gt=endpoint.sequence - WINDOW).defer("body")
    taken = newest.filter(state=DeliveryState.OK).order_by("sequence").first()
    found = taken or newest.exclude(state=DeliveryState.CANCELLED).order_by("-sequence").first()
    return FirstEvent(found, found.attempts.last() if found else None)


# The log ------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Entry:
    """A delivery in the log, with what it is about as far as the reader may read that today."""

    delivery: Delivery
    refs: Sequence[str]

    @property
    def is_told(self) -> bool:
        """Whether more is said than that it was cancelled: what took it back may be hidden."""
        return self.delivery.state != DeliveryState.CANCELLED

    @property
    def last_attempt(self) -> Attempt | None:
        attempts = list(self.delivery.attempts.all())
        return attempts[-1] if attempts else None


def log_of(endpoint: Endpoint, *, state: str = "", topic: str = "") -> DeliveryQuerySet:
    """What was sent to the endpoint, without bodies and answers; not yet in order."""
    light = Attempt.objects.defer("answer")
    rows = _of(endpoint).defer("body").prefetch_related(Prefetch("attempts", light))
    if state:
        rows = rows.filter(state=state)
    if topic:
        # Of what was cancelled its topic is not told either.
        rows = rows.filter(topic=topic).exclude(state=DeliveryState.CANCELLED)
    return rows


def entries(deliveries: Sequence[Delivery], reader: Reader) -> list[Entry]:
    """The deliveries with the refs of their incidents, as far as the reader may read these."""
    told = [one for one in deliveries if one.state != DeliveryState.CANCELLED]
    kinds = {one.pk: TOPICS[one.topic] for one in told if one.topic in TOPICS}
    streams = {one.stream_id for one in told if one.pk in kinds and kinds[one.pk].hangs_on_incident}
    incidents = dict(
        Incident.objects.visible_to(reader).filter(pk__in=streams).values_list("pk", "ref")
    )
    links = _links(
        {one.subject_id for one in told if _is_about_link(one)},
        reader,
    )
    return [Entry(one, _refs(one, incidents, links)) for one in deliveries]


def _is_about_link(delivery: Delivery) -> bool:
    topic = TOPICS.get(delivery.topic)
    return topic is not None and topic.subject is Subject.CROSSREF


def _links(ids: set[UUID], reader: Reader) -> dict[UUID, tuple[str, str]]:
    rows = CrossReference.objects.visible_to(reader).filter(pk__in=ids)
    ends = rows.values_list("pk", "from_incident__ref", "to_incident__ref")
    return {key: (one, other) for key, one, other in ends}


def _refs(
    delivery: Delivery,
    incidents: Mapping[UUID, str],
    links: Mapping[UUID, tuple[str, str]],
) -> Sequence[str]:
    if delivery.state == DeliveryState.CANCELLED:
        return ()
    if _is_about_link(delivery):
        return links.get(delivery.subject_id, ())
    ref = incidents.get(delivery.stream_id)
    return (ref,) if ref else ()


def _of(endpoint: Endpoint) -> DeliveryQuerySet:
    return Delivery.objects.shown().filter(endpoint=endpoint)


# One delivery -------------------------------------------------------------------------------
class SentBody(NamedTuple):
    """What was sent, for somebody whose organisation may have it today."""

    text: str
    """Empty if it is not kept any more."""
    mark: str
    refs: tuple[str, ...]
    """Of the incidents that it tells of."""

    @property
    def in_lines(self) -> str:
        """The same JSON, for reading."""
        return json.dumps(json.loads(self.text), ensure_ascii=False, indent=2) if self.text else ""


def find_delivery(endpoint: Endpoint, sequence: int) -> Delivery | None:
    """With its event and all its attempts."""
    rows = _of(endpoint).select_related("event").prefetch_related("attempts")
    return rows.filter(sequence=sequence).first()


def sent_body(delivery: Delivery, reader: Reader) -> SentBody | None:
    """The body, if the hub would send it to the reader's organisation again today.

    None, too, for what takes back an incident that the organisation may not read: it names it.
    """
    member = reader.member
    standing = Standing(member.pk, member.is_active, member.in_community)
    checked = check_rights([_as_unfinished(delivery)], {delivery.endpoint_id: standing})
    if not checked.allowed:
        return None
    occurrence = checked.allowed[0].occurrence
    if TOPICS[delivery.topic].is_recall and not checked.rights.may_read(occurrence, member.pk):
        return None
    refs = tuple(incident.ref for incident in checked.subjects.incidents_of(occurrence))
    return SentBody(delivery.body or "", delivery.body_mark, refs)


def _as_unfinished(delivery: Delivery) -> Unfinished:
    """As a claim would read it before another attempt."""
    return Unfinished(
        id=delivery.pk,
        endpoint_id=delivery.endpoint_id,
        event_id=delivery.event_id,
        topic=delivery.topic,
        subject_id=delivery.subject_id,
        stream_id=delivery.stream_id,
        version=delivery.version,
        attempt_no=delivery.attempt_no,
        body_mark=delivery.body_mark,
        recorded_at=delivery.event.recorded_at,
        next_at=delivery.next_at,
        is_due=False,
        is_under_way=False,
        is_overdue=False,
    )


def as_text(answer: bytes) -> str:
    """What a receiver answered, as text that does nothing; what cannot be seen becomes visible."""
    text = bytes(answer).decode(errors="replace").replace("\r\n", "\n")
    return text.translate(CONTROL_PICTURES)
