"""Who gains or loses sight of an incident when its mark or audience changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.readers import Reader
from accounts.roles import Right
from hub.kit.errors import InvalidInput, ReauthenticationRequired
from hub.outbox.services import record_event
from incidents.core.models import Incident, Status
from incidents.core.visibility import persons_of, readers_of
from incidents.sharing.marks import OPEN_MARKS, Tlp, strictness


@dataclass(frozen=True)
class Sight:
    """Who could read an incident at one moment, and what let them."""

    mark: str
    audiences: frozenset[tuple[str, str]]
    readers: frozenset[UUID]


def sight_of(incident: Incident) -> Sight:
    """The sight of an incident now, its owner left out: it is not told of its own doing."""
    return Sight(incident.tlp, _written(incident), _readers(incident))


def _written(incident: Incident) -> frozenset[tuple[str, str]]:
    return frozenset(item for entry in incident.audiences for item in entry.items())


def _readers(incident: Incident) -> frozenset[UUID]:
    if incident.status != Status.PUBLISHED:
        return frozenset()
    others = readers_of(incident).exclude(pk=incident.owner_id)
    return frozenset(others.values_list("pk", flat=True))


def require_mark_allowed(mark: str, *, by: Reader) -> None:
    """Only a person may mark red: a token could never read what it had marked."""
    if mark == Tlp.RED and by.user is None:
        raise InvalidInput(
            "TLP:RED is set by a person who has signed in, not by a token.",
            pointer="/tlp",
            code="red_needs_a_person",
        )


def require_change_allowed(before: Sight, incident: Incident, *, by: Reader) -> None:
    """Ask whether `by` may give a published incident the mark and audience it now has.

    Analysts narrow; whatever gives sight to anybody is for leads; a wider mark, or an audience
    lifted from an open mark, which opens it to everybody at once, needs a person who has just
    signed in again. Call it when the change is written, in its transaction, which it undoes.

    Raises NotAllowed, ReauthenticationRequired.
    """
    if incident.status != Status.PUBLISHED:
        return
    after = _written(incident)
    lifted = incident.tlp in OPEN_MARKS and bool(before.audiences) and not after
    widened = strictness(incident.tlp) < strictness(before.mark) or lifted
    # On an open mark without an audience nobody is added by being named: the others are taken away.
    was_open = before.mark in OPEN_MARKS and not before.audiences
    added = bool(after - before.audiences) and not was_open
    gives_sight = widened or added or _somebody_gains(before, incident)
    by.require(Right.PUBLISH if gives_sight else Right.NARROW)
    if widened and not by.reauthenticated:
        raise ReauthenticationRequired(
            "Widening who may see a published incident is for a person who has just signed in"
            " again; narrowing and adding to its audience are not."
        )


def _somebody_gains(before: Sight, incident: Incident) -> bool:
    """An observer named on what was green, say, or a person of one on what becomes red."""
    had = [*before.readers, incident.owner_id]
    if incident.tlp == Tlp.RED and before.mark != Tlp.RED:
        return persons_of(incident).exclude(member__in=had).exists()
    return bool(_readers(incident) - before.readers)


def record_sight_change(before: Sight, incident: Incident) -> frozenset[UUID]:
    """Tell those who lost sight of a published incident and those who gained it.

    Call after the change is written, in its transaction. Returns those who kept it.
    """
    readers = _readers(incident)
    for topic, told in (
        ("incident.revoked", before.readers - readers),
        ("incident.granted", readers - before.readers),
    ):
        if told:
            record_incident_event(topic, incident, recipients=sorted(told))
    return before.readers & readers


def record_incident_event(
    topic: str,
    incident: Incident,
    *,
    recipients: Iterable[UUID] | None = None,
    note: Any = None,
) -> None:
    """Record that something happened to an incident, done by its owner; see `record_event`."""
    record_event(
        topic,
        subject_id=incident.pk,
        stream_id=incident.pk,
        version=incident.version,
        mark=incident.tlp,
        actor_id=incident.owner_id,
        recipients=recipients,
        note=note,
    )
