"""Reading by the hub's operator, who has no part in what members share: on record, with reasons."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from hub.audit.services import Actor, record
from hub.kit.errors import InvalidInput
from incidents.core.models import Incident

SHORTEST_REASON = 10
"""Characters; a reason that says something is longer."""


@transaction.atomic
def open_incident(*, incident_id: UUID, reason: str, by: Actor) -> Incident:
    """Keep that an operator is about to read an incident, whatever its mark, and why.

    Raises InvalidInput when that is no reason.
    """
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise InvalidInput(
            f"Say in at least {SHORTEST_REASON} characters why you must read it: the audit log"
            " keeps it.",
            pointer="/reason",
        )
    incident = Incident.objects.get(pk=incident_id)
    detail = {"reason": reason, "tlp": incident.tlp}
    record("incident.open", by=by, objects=[incident.ref], detail=detail)
    return incident


@transaction.atomic
def read_opened(*, incident_id: UUID, by: Actor) -> Incident:
    """The whole incident for an operator who has said why; every reading of it is kept too."""
    incident = Incident.objects.select_related("owner").get(pk=incident_id)
    record("incident.read", by=by, objects=[incident.ref])
    return incident


@transaction.atomic
def record_question(*, ref: str, member: str, user_id: UUID | None, by: Actor) -> None:
    """Keep that an operator asked whether somebody may read an incident."""
    detail = {"member": member, "user": str(user_id) if user_id else None}
    record("incident.explain", by=by, objects=[ref], detail=detail)
