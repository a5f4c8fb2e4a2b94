"""What every route about incidents shares: finding them, and keeping who tried what."""

from __future__ import annotations

from typing import Any

from accounts.auditing import audit_refusal
from accounts.authentication import reader_of
from hub.api.parameters import Parameter
from hub.api.requests import HubRequest
from hub.api.views import HubViewSet
from incidents.core import examples
from incidents.core.models import Incident
from incidents.core.reading import incident_of

READ, WRITE = "incidents:read", "incidents:write"
REF = Parameter("Ref of the incident", example=examples.REF)


def find_incident(request: HubRequest, ref: str, *, whole: bool) -> Incident:
    """The incident that a path names above what it is about, if the caller may read it.

    Raises Absent, as `incident_of`.
    """
    return incident_of(reader_of(request), ref, whole=whole)


def audit_refused(view: HubViewSet[Any], action: str, error: Exception) -> None:
    """Keep that somebody tried what they may not do with an incident that they may see."""
    if view.request.caller is None:
        return
    visible = Incident.objects.visible_to(reader_of(view.request))
    refs = visible.filter(ref=view.kwargs.get("ref", "")).values_list("ref", flat=True)
    audit_refusal(view.request, action=action, objects=refs, error=error)
