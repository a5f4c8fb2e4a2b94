"""Asking again, at the moment of sending, whether the receiver may be told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from incidents.alerts.engine.ordering import Unfinished
from incidents.alerts.subjects import Occurrence, Rights, Subjects, load_subjects, rights_of
from incidents.alerts.topics import TOPICS
from incidents.core.models import Status
from incidents.core.rights import Standing
from incidents.sharing.marks import strictness


class Allowed(NamedTuple):
    """A delivery that may go out, and what it is about."""

    row: Unfinished
    occurrence: Occurrence


class Checked(NamedTuple):
    """Deliveries that may and may not go out, and what was read to decide it."""

    allowed: list[Allowed]
    refused: list[Unfinished]
    subjects: Subjects
    rights: Rights


def _occurrences(rows: Iterable[Unfinished]) -> dict[UUID, Occurrence]:
    """The events of deliveries, each once, by their ids."""
    return {
        row.event_id: Occurrence(
            row.event_id, row.topic, row.subject_id, row.stream_id, row.version, row.recorded_at
        )
        for row in rows
    }


def check_rights(rows: Sequence[Unfinished], standings: Mapping[UUID, Standing]) -> Checked:
    """Sort deliveries by whether their receivers may have them now; `standings` by endpoint.

    What may not go out is cancelled: the event of the change that took the right away tells what
    may be told. A handful of queries, however many rows.
    """
    occurrences = _occurrences(rows)
    subjects = load_subjects(occurrences.values())
    asked = [(occurrences[row.event_id], standings[row.endpoint_id]) for row in rows]
    rights = rights_of(asked, subjects)
    checked = Checked([], [], subjects, rights)
    for row, (occurrence, standing) in zip(rows, asked, strict=True):
        is_allowed = subjects.know(occurrence) and (
            TOPICS[row.topic].is_recall
            or (
                rights.may_read(occurrence, standing.member_id)
                and _is_current(row, occurrence, subjects)
            )
        )
        if is_allowed:
            checked.allowed.append(Allowed(row, occurrence))
        else:
            checked.refused.append(row)
    return checked


def _is_current(row: Unfinished, occurrence: Occurrence, subjects: Subjects) -> bool:
    """Whether the incidents it tells of still stand, and a body fixed earlier may still travel."""
    incidents = subjects.incidents_of(occurrence)
    if any(incident.status != Status.PUBLISHED for incident in incidents):
        return False
    marks = [incident.tlp for incident in incidents]
    if observation := subjects.observations.get(row.subject_id):
        marks.append(observation.tlp)
    return not row.was_attempted or all(
        strictness(mark) <= strictness(row.body_mark) for mark in marks
    )
