"""The rows that events are about, read together, and who may be told of them today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from accounts.models import Member
from incidents.alerts.models import Endpoint
from incidents.alerts.topics import TOPICS, Subject
from incidents.core.models import Incident, Observation
from incidents.core.rights import Pair, Standing, readable_child_pairs, readable_pairs


class Occurrence(NamedTuple):
    """What happened, as the outbox recorded it."""

    id: UUID
    topic: str
    subject_id: UUID
    stream_id: UUID
    version: int
    recorded_at: datetime


@dataclass(frozen=True)
class Subjects:
    """Rows by their ids, as they are now; incidents with their owners, to be shown."""

    incidents: Mapping[UUID, Incident]
    observations: Mapping[UUID, Observation]
    members: Mapping[UUID, Member]
    endpoints: Mapping[UUID, Endpoint]

    def know(self, occurrence: Occurrence) -> bool:
        """Whether what the event is about is still there."""
        subject = TOPICS[occurrence.topic].subject
        if subject is Subject.INCIDENT:
            return occurrence.stream_id in self.incidents
        if subject is Subject.OBSERVATION:
            return occurrence.subject_id in self.observations
        if subject is Subject.MEMBER:
            return occurrence.subject_id in self.members
        return occurrence.subject_id in self.endpoints


@dataclass(frozen=True)
class Rights:
    """Who may read which incidents and observations today, among those that were asked about."""

    readable: frozenset[Pair]
    readable_children: frozenset[Pair]

    def may_read(self, occurrence: Occurrence, member_id: UUID) -> bool:
        """Whether an organisation that is active may read what the event is about, whole."""
        topic = TOPICS[occurrence.topic]
        if topic.subject is Subject.OBSERVATION:
            return (occurrence.subject_id, member_id) in self.readable_children
        return (
            topic.subject is not Subject.INCIDENT
            or (occurrence.stream_id, member_id) in self.readable
        )


def load_subjects(occurrences: Iterable[Occurrence]) -> Subjects:
    """What the events are about; at most one query for each kind of subject among them."""
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


def rights_of(asked: Sequence[tuple[Occurrence, Standing]], subjects: Subjects) -> Rights:
    """What the organisations may read of the events' subjects today; two queries at most."""
    readable = readable_pairs(
        (incident, one)
        for occurrence, one in asked
        if (incident := subjects.incidents.get(occurrence.stream_id))
    )
    readable_children = readable_child_pairs(
        (
            (observation, one)
            for occurrence, one in asked
            if (observation := subjects.observations.get(occurrence.subject_id))
        ),
        readable=readable,
    )
    return Rights(readable, readable_children)
