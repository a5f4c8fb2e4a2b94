"""What an alert can be about, and what follows from that."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property
from typing import Final


class Subject(Enum):
    """What kind of row an event's `subject_id` names."""

    INCIDENT = auto()
    OBSERVATION = auto()
    CROSSREF = auto()
    MEMBER = auto()
    ENDPOINT = auto()


@dataclass(frozen=True)
class Topic:
    """One kind of event that members can be told of.

    `is_recall`: takes back what was told of the incident. It cancels what waits of the same
    incident, is sent whatever the mark to whom it was addressed, and tells nothing but the state.
    `is_superseded`: one that was never sent gives way to a newer one about the same subject.
    """

    name: str
    subject: Subject
    is_recall: bool = False
    is_superseded: bool = True

    @cached_property
    def hangs_on_incident(self) -> bool:
        """Whether it is about an incident or a part of one; its stream is the incident then."""
        return self.subject in {Subject.INCIDENT, Subject.OBSERVATION}


TOPICS: Final = {
    topic.name: topic
    for topic in (
        Topic("incident.published", Subject.INCIDENT),
        Topic("incident.updated", Subject.INCIDENT),
        Topic("incident.withdrawn", Subject.INCIDENT, is_recall=True),
        Topic("incident.granted", Subject.INCIDENT),
        Topic("incident.revoked", Subject.INCIDENT, is_recall=True),
        Topic("observation.added", Subject.OBSERVATION),
        Topic("crossref.suggested", Subject.CROSSREF),
        Topic("crossref.accepted", Subject.CROSSREF),
        Topic("endpoint.disabled", Subject.ENDPOINT),
        # Coming, going and coming back are three pieces of news.
        Topic("member.joined", Subject.MEMBER, is_superseded=False),
        Topic("member.left", Subject.MEMBER, is_superseded=False),
    )
}

UNTOLD: Final = frozenset({"incident.redacted", "crossref.forgotten"})
"""Events that the hub records for itself: they are fanned out to nobody."""

CHOOSABLE: Final = (*TOPICS, "endpoint.test")
"""What an endpoint may ask for: it can be set up before anything is sent of a topic."""

OF_SIGHT: Final = ("incident.granted", "incident.revoked")
"""Recorded only if the sight of somebody changed, and told to nobody else."""

RECALLS: Final = frozenset(name for name, topic in TOPICS.items() if topic.is_recall)
