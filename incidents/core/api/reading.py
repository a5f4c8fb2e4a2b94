"""What every route about incidents shares: finding them, and keeping who read or tried what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from accounts.auditing import audit_refusal
from accounts.authentication import reader_of
from accounts.readers import Reader
from hub.api.parameters import Parameter
from hub.api.requests import HubRequest
from hub.api.views import HubViewSet
from hub.audit.services import record
from hub.kit.errors import Absent
from incidents.core import examples
from incidents.core.models import Incident, Status
from incidents.sharing.marks import LISTED_MARKS, Tlp

READ, WRITE = "incidents:read", "incidents:write"
REF = Parameter("Ref of the incident", example=examples.REF)
READING_IS_AUDITED = frozenset({*LISTED_MARKS, Tlp.RED})


def find_incident(request: HubRequest, ref: str, *, whole: bool) -> Incident:
    """The incident that a path names above what it is about, if the caller may read it.

    Raises Absent, as `incident_of`.
    """
    return incident_of(reader_of(request), ref, whole=whole)


def incident_of(reader: Reader, ref: str, *, whole: bool) -> Incident:
    """The incident with this ref, if the reader may read it.

    `whole` asks for more than what is left of a withdrawn one, which only its owner may read.
    Raises Absent.
    """
    incident = Incident.objects.visible_to(reader).select_related("owner").filter(ref=ref).first()
    if incident is None:
        raise Absent
    if whole and incident.status == Status.WITHDRAWN and incident.owner_id != reader.member.pk:
        raise Absent
    return incident


def audit_reading(marked: Iterable[tuple[str, str]], *, by: Reader) -> None:
    """Keep who read what is amber or above: one entry a request, with its refs.

    `marked` are refs, each with the mark of what was read there.
    """
    refs = dict.fromkeys(ref for ref, mark in marked if mark in READING_IS_AUDITED)
    if refs:
        record("incident.read", by=by.actor, objects=list(refs))


def audit_refused(view: HubViewSet[Any], action: str, error: Exception) -> None:
    """Keep that somebody tried what they may not do with an incident that they may see."""
    if view.request.caller is None:
        return
    visible = Incident.objects.visible_to(reader_of(view.request))
    refs = visible.filter(ref=view.kwargs.get("ref", "")).values_list("ref", flat=True)
    audit_refusal(view.request, action=action, objects=refs, error=error)
