"""The rows that events are about, read together, and who may be told of them today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Model

from accounts.models import Member
from incidents.alerts.models import Endpoint
from incidents.alerts.topics import TOPICS, Subject
from incidents.core.models import Incident, Observation
from incidents.core.rights import Pair, Standing, readable_child_pairs, readable_pairs
from incidents.crossrefs.models import CrossReference, Evidence
from incidents.crossrefs.rights import ends_of, fetch_links, observations_of, readable_links


class Occurrence(NamedTuple):
    """What happened, as the outbox recorded it."""

    id: UUID
    topic: str
    subject_id: UUID
    stream_id: UUID
    version: int
    recorded_at: datetime


class Addressee(NamedTuple):
    """What decides how a subject is shown to an organisation."""

    member_id: UUID
    may_read: bool
    """The incident, today, whole or what is left of it."""
    evidence: tuple[Evidence, ...] = ()
    """What speaks for the link, as far as the organisation may know it."""


@dataclass(frozen=True)
class Subjects:
    """Rows by their ids, as they are now; incidents with their owners, to be shown."""

    incidents: Mapping[UUID, Incident]
    observations: Mapping[UUID, Observation]
    links: Mapping[UUID, CrossReference]
    members: Mapping[UUID, Member]
    endpoints: Mapping[UUID, Endpoint]

    def know(self, occurrence: Occurrence) -> bool:
        """Whether what the event is about is still there."""
        there: Mapping[Subject, Mapping[UUID, Model]] = {
            Subject.INCIDENT: self.incidents,
            Subject.OBSERVATION: self.observations,
            Subject.CROSSREF: self.links,
            Subject.MEMBER: self.members,
            Subject.ENDPOINT: self.endpoints,
        }
        return occurrence.subject_id in there[TOPICS[occurrence.topic].subject]

    def incidents_of(self, occurrence: Occurrence) -> tuple[Incident, ...]:
        """The incidents that an alert about it tells something of, as far as they are there."""
        topic = TOPICS[occurrence.topic]
        if topic.hangs_on_incident:
            incident = self.incidents.get(occurrence.stream_id)
            return (incident,) if incident else ()
        if topic.subject is Subject.CROSSREF:
            link = self.links.get(occurrence.subject_id)
            return ends_of(link) if link else ()
        return ()

    def children_of(self, occurrence: Occurrence) -> Iterable[Observation]:
        """The observations on which it depends who may be told of it."""
        link = self.links.get(occurrence.subject_id)
        if link:
            return observations_of(link)
        observation = self.observations.get(occurrence.subject_id)
        return (observation,) if observation else ()


@dataclass(frozen=True)
class Rights:
    """Who may read which incidents, observations and links today, among those asked about."""

    readable: frozenset[Pair]
    readable_children: frozenset[Pair]
    links: Mapping[Pair, tuple[Evidence, ...]]
    """With what speaks for each, as far as the organisation may know it."""

    def may_read(self, occurrence: Occurrence, member_id: UUID) -> bool:
        """Whether an organisation that is active may read what the event is about, whole."""
        topic = TOPICS[occurrence.topic]
        if topic.subject is Subject.OBSERVATION:
            return (occurrence.subject_id, member_id) in self.readable_children
        if topic.subject is Subject.CROSSREF:
            return (occurrence.subject_id, member_id) in self.links
        return (
            topic.subject is not Subject.INCIDENT
            or (occurrence.stream_id, member_id) in self.readable
        )

    def addressee(self, occurrence: Occurrence, member_id: UUID) -> Addressee:
        """An organisation, as the event's subject is shown to it."""
        return Addressee(
            member_id,
            may_read=(occurrence.stream_id, member_id) in self.readable,
            evidence=self.links.get((occurrence.subject_id, member_id), ()),
        )


def load_subjects(occurrences: Iterable[Occurrence]) -> Subjects:
    """What the events are about; a query for each kind of subject among them, for links two."""
    wanted: dict[Subject, set[UUID]] = {kind: set() for kind in Subject}
    for occurrence in occurrences:
        topic = TOPICS[occurrence.topic]
        wanted[topic.subject].add(occurrence.subject_id)
        if topic.hangs_on_incident:
            wanted[Subject.INCIDENT].add(occurrence.stream_id)
    incidents = _incidents(wanted[Subject.INCIDENT])
    return Subjects(
        incidents=incidents,
        observations=_observations(wanted[Subject.OBSERVATION], incidents),
        links=_links(wanted[Subject.CROSSREF]),
        members=Member.objects.in_bulk(wanted[Subject.MEMBER]),
        endpoints=Endpoint.objects.in_bulk(wanted[Subject.ENDPOINT]),
    )


def _incidents(ids: set[UUID]) -> dict[UUID, Incident]:
    if not ids:
        return {}
    rows = Incident.objects.filter(pk__in=ids).select_related("owner")
    return {incident.pk: incident for incident in rows}


def _observations(ids: set[UUID], incidents: Mapping[UUID, Incident]) -> dict[UUID, Observation]:
    if not ids:
        return {}
    rows = Observation.objects.filter(pk__in=ids).select_related("organisation")
    for observation in rows:
        observation.incident = incidents[observation.incident_id]
    return {observation.pk: observation for observation in rows}


def _links(ids: set[UUID]) -> dict[UUID, CrossReference]:
    return fetch_links(ids) if ids else {}


def rights_of(asked: Sequence[tuple[Occurrence, Standing]], subjects: Subjects) -> Rights:
    """What the organisations may read of the events' subjects today; two queries at most."""
    readable = readable_pairs(
        (incident, one)
        for occurrence, one in asked
        for incident in subjects.incidents_of(occurrence)
    )
    readable_children = readable_child_pairs(
        (
            (observation, one)
            for occurrence, one in asked
            for observation in subjects.children_of(occurrence)
        ),
        readable=readable,
    )
    links = readable_links(
        (
            (link, one)
            for occurrence, one in asked
            if (link := subjects.links.get(occurrence.subject_id))
        ),
        readable=readable,
        readable_children=readable_children,
    )
    return Rights(readable, readable_children, links)
