"""Correcting what should not stand: deletion of drafts, redaction, merging."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

import pgtrigger
from django.db import transaction
from django.db.models import Q

from accounts.readers import Reader
from accounts.roles import Right
from hub.audit.services import record
from hub.kit.errors import Conflict, FieldError, InvalidInput
from hub.outbox.models import EventRecipient
from incidents.core.audiences import ChildAudience
from incidents.core.indexing import write_indexes
from incidents.core.models import Change, Incident, IncidentVersion, Observation, Status
from incidents.core.redaction import OF_INCIDENTS, OF_OBSERVATIONS, OF_VERSIONS, Redactor
from incidents.core.services.filing import lock_own, save_version, take_back
from incidents.core.services.saved_filters import forget_saved_filters
from incidents.core.services.sight import record_incident_event
from incidents.core.services.unsaved import redact_unsaved

APPEND_ONLY: Final = "incidents.IncidentVersion:append_only"
"""The trigger that keeps versions as they were written, for all but what must be forgotten."""

MERGED: Final = "Withdrawn by the organisation that filed it."
"""Tells those who may not read the other incident nothing of it."""


class Redacted(NamedTuple):
    """An incident without the texts, and the ids of the saved filters that went with them."""

    incident: Incident
    filters: list[UUID]


@transaction.atomic
def delete_draft(*, incident_id: UUID, by: Reader) -> list[UUID]:
    """Delete a draft with its observations and versions, as if it had never been.

    Nobody outside its organisation has seen it, so nobody is told. Returns the ids of what is gone.

    Raises:
        NotAllowed: the reader's organisation does not own it, or their role may not.
        Conflict: it was published.
    """
    incident = lock_own(incident_id, by=by, right=Right.FILE)
    if incident.status != Status.DRAFT:
        raise Conflict(f"Only a draft can be deleted; this is {incident.status}.")
    children = list(incident.observations.values_list("pk", flat=True))
    ChildAudience.objects.filter(child_id__in=children).delete()
    record("incident.delete", by=by.actor, objects=[incident.ref])
    with pgtrigger.ignore(APPEND_ONLY):
        IncidentVersion.objects.filter(pgh_obj=incident).delete()
    incident.delete()
    return [incident_id, *children]


@transaction.atomic
def redact_incident(
    *, incident_id: UUID, texts: Sequence[str], reason: str, by: Reader
) -> Redacted:
    """Take texts out of an incident, of its earlier versions and its owner's observations of it.

    Saved filters of its owner that ask for them are deleted, and what its people have typed and not
    saved is rid of them. What hangs on the incident elsewhere, and what was rendered of it before,
    is redacted and forgotten by those who keep it, on the event `incident.redacted`, which no
    member sees; they get `incident.updated`. The `reason` stands in the history for all who read
    that.

    Raises:
        NotAllowed: the reader's organisation does not own it, or their role may not.
        InvalidInput: a text stands nowhere in it, or in the reason.
    """
    incident = lock_own(incident_id, by=by, right=Right.PUBLISH)
    redactor = Redactor(texts)
    if redactor.meets(reason):
        raise InvalidInput(
            "The reason stands in the history for all to read: say it without the texts.",
            pointer="/reason",
            code="repeats_text",
        )
    changes = redactor.changes(OF_INCIDENTS, vars(incident))
    versions = _redact_all(IncidentVersion.objects.filter(pgh_obj=incident), redactor)
    observations = _redact_all(incident.observations.filter(organisation=by.member), redactor)
    _require_met(redactor)
    for name, value in changes.items():
        setattr(incident, name, value)
    save_version(incident, set(changes), change=Change.REDACTED, note=reason)
    write_indexes(incident, changes)
    with pgtrigger.ignore(APPEND_ONLY):
        IncidentVersion.objects.bulk_update(versions, list(OF_VERSIONS), batch_size=100)
    Observation.objects.bulk_update(observations, list(OF_OBSERVATIONS))
    filters = forget_saved_filters(redactor, by=by)
    redact_unsaved(Redactor(texts), by=by)
    detail = {"fields": sorted(changes), "versions": len(versions), "filters": len(filters)}
    record("incident.redact", by=by.actor, objects=[incident.ref], detail=detail)
    _announce_redaction(incident, set(changes), texts)
    return Redacted(incident, filters)


def _redact_all(rows: Any, redactor: Redactor) -> list[Any]:
    """Those of the rows in which a text stood, without it, in memory."""
    fields = OF_OBSERVATIONS if rows.model is Observation else OF_VERSIONS
    redacted = []
    for row in rows.order_by("pk"):
        if changes := redactor.changes(fields, vars(row)):
            for name, value in changes.items():
                setattr(row, name, value)
            redacted.append(row)
    return redacted


def _require_met(redactor: Redactor) -> None:
    detail = "This stands nowhere in the incident, its versions, or your observations of it."
    if redactor.unmet:
        errors = [FieldError(f"/texts/{place}", "no_match", detail) for place in redactor.unmet]
        raise InvalidInput("Some texts stand nowhere.", errors=errors)


def _announce_redaction(incident: Incident, changed: set[str], texts: Sequence[str]) -> None:
    """Tell those who see it of the new state, and those who keep copies to forget the old one.

    Of a draft nobody was told, but its owner may have linked it.
    """
    record_incident_event("incident.redacted", incident, note=list(texts))
    if incident.status == Status.PUBLISHED:
        record_incident_event("incident.updated", incident)
    elif "withdrawn_reason" in changed:
        told = EventRecipient.objects.filter(
            event__topic="incident.withdrawn", event__stream_id=incident.pk
        )
        members = told.order_by("member_id").values_list("member_id", flat=True).distinct()
        record_incident_event("incident.withdrawn", incident, recipients=members)


@transaction.atomic
def merge_incident(*, incident_id: UUID, into: str, by: Reader) -> Incident:
    """Withdraw a published incident because another, named by its ref, tells of the same deepfake.

    Who may read the other is shown which; to all others it is withdrawn like any.

    Raises:
        NotAllowed: the reader's organisation does not own it, or their role may not.
        InvalidInput: the other is not published, or there is none as far as `by` may know.
        Conflict: it is a draft, or was withdrawn before.
    """
    # Both at once and in order, so that two that are merged into each other do not both go.
    rows = Incident.objects.visible_to(by).select_for_update(no_key=True, of=("self",))
    found = {row.pk: row for row in rows.filter(Q(pk=incident_id) | Q(ref=into)).order_by("pk")}
    incident = lock_own(incident_id, by=by, right=Right.PUBLISH)
    target = next((row for row in found.values() if row.ref == into), None)
    if target is None:
        raise InvalidInput("There is no such incident.", pointer="/into", code="not_found")
    if target.pk == incident.pk:
        raise InvalidInput(
            "Name the other incident, which stays.", pointer="/into", code="same_incident"
        )
    if target.status != Status.PUBLISHED:
        raise InvalidInput(
            f"Merge into a published incident; this one is {target.status}.",
            pointer="/into",
            code="not_published",
        )
    if incident.status != Status.PUBLISHED:
        raise Conflict(f"Only a published incident can be merged; this is {incident.status}.")
    take_back(incident, reason=MERGED, into=target)
    record("incident.merge", by=by.actor, objects=[incident.ref, target.ref])
    return incident
