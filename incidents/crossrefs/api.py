"""REST of cross-references: links, what is linked to an incident, and its cluster."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpResponse

from accounts.auditing import audit_refusal
from accounts.authentication import reader_of
from accounts.readers import Reader
from accounts.roles import Right
from hub.api.actions import CreateAction, DestroyAction, ListAction, RetrieveAction
from hub.api.requests import HubRequest
from hub.api.serializers import NoInput
from hub.api.views import HubViewSet
from incidents.core.api.reading import READ, REF, WRITE, find_incident
from incidents.core.models import Incident
from incidents.core.outputs import IncidentOutput
from incidents.core.reading import audit_reading
from incidents.core.representation import represent_incident
from incidents.crossrefs.clusters import cluster_of
from incidents.crossrefs.inputs import LinkInput
from incidents.crossrefs.models import CrossReference, Evidence, EvidenceQuerySet
from incidents.crossrefs.outputs import LinkOutput
from incidents.crossrefs.representation import represent_crossref
from incidents.crossrefs.services import deciding
from incidents.crossrefs.showing import fetch_whole


class LinkViews(HubViewSet[CrossReference]):
    """What all views of links have in common."""

    @property
    def reader(self) -> Reader:
        return reader_of(self.request)

    @cached_property
    def knowing(self) -> EvidenceQuerySet:
        """All evidence that the caller may know of."""
        return Evidence.objects.visible_to(self.reader)

    def represent(self, row: CrossReference) -> dict[str, Any]:
        evidence = row.known_evidence  # type: ignore[attr-defined] # fetched by fetch_whole
        is_author = row.organisation_id == self.reader.member.pk
        return represent_crossref(row, evidence=evidence, for_author=is_author)

    def audit(self, rows: Iterable[CrossReference]) -> None:
        ends = (end for row in rows for end in (row.from_incident, row.to_incident))
        audit_reading(((end.ref, end.tlp) for end in ends), by=self.reader)


class CrossReferenceViewSet(
    RetrieveAction[CrossReference],
    CreateAction[CrossReference],
    DestroyAction[CrossReference],
    LinkViews,
):
    """Links between incidents, of which the caller reads both."""

    noun = "cross-reference"
    required_scopes = {
        "retrieve": READ,
        "create": WRITE,
        "accept": WRITE,
        "reject": WRITE,
        "destroy": WRITE,
    }
    request_serializers = {"create": LinkInput, "accept": NoInput, "reject": NoInput}
    response_serializers = {"retrieve": LinkOutput}

    def get_queryset(self) -> QuerySet[CrossReference]:
        if self.action in {"accept", "reject", "destroy"}:
            links = CrossReference.objects.editable_by(self.reader, knowing=self.knowing)
        else:
            links = CrossReference.objects.visible_to(self.reader, knowing=self.knowing)
        return fetch_whole(links, self.knowing)

    def check_rights(self) -> None:
        if self.action == "create":
            self.reader.require(Right.FILE)

    def check_object_rights(self, row: CrossReference) -> None:
        if self.action == "destroy":
            deciding.require_deletion_allowed(row, by=self.reader)
        elif self.action != "retrieve":
            deciding.require_decision_allowed(row, by=self.reader)

    def retrieve(self, request: HubRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        row = self.get_object()
        self.audit([row])
        return self.answer(row)

    def perform_create(self, data: dict[str, Any]) -> CrossReference:
        link = deciding.propose_link(
            from_ref=data["from"],
            to_ref=data["to"],
            link_type=data["type"],
            explanation=data.get("explanation") or "",
            show_organisation=data.get("show_organisation", False),
            by=self.reader,
        )
        link.known_evidence = []  # type: ignore[attr-defined] # as fetch_whole leaves it
        return link

    def accept(self, request: HubRequest, pk: str) -> HttpResponse:
        row = self.get_object()
        self.read()
        decided = deciding.accept_link(link_id=row.pk, by=self.reader)
        return self._answer_decided(row, decided)

    def reject(self, request: HubRequest, pk: str) -> HttpResponse:
        row = self.get_object()
        self.read()
        decided = deciding.reject_link(link_id=row.pk, by=self.reader)
        return self._answer_decided(row, decided)

    def perform_destroy(self, row: CrossReference) -> None:
        deciding.delete_link(link_id=row.pk, by=self.reader)

    def _answer_decided(self, row: CrossReference, decided: CrossReference) -> HttpResponse:
        self.answered_object_id = str(row.pk)
        row.state, row.decided_at = decided.state, decided.decided_at
        return self.answer(row)

    def on_refusal(self, error: Exception) -> None:
        """A denied attempt on something visible is on record; of a hidden one there is none."""
        if self.request.caller is None:
            return
        named: list[str] = []
        with contextlib.suppress(ValueError):  # no id, or one that is none
            visible = CrossReference.objects.visible_to(self.reader, knowing=self.knowing)
            found = visible.filter(pk=UUID(self.kwargs.get("pk", "")))
            named = [str(pk) for pk in found.values_list("pk", flat=True)]
        audit_refusal(self.request, action=f"crossref.{self.action}", objects=named, error=error)


class IncidentLinksViewSet(ListAction[CrossReference], LinkViews):
    """What one incident is linked to, or might be: both ways round."""

    noun = "cross-reference of an incident"
    path_parameters = {"ref": REF}
    required_scopes = {"list": READ}
    response_serializers = {"list": LinkOutput}
    default_ordering = "-created_at"

    def find_parent(self) -> None:
        self.incident = find_incident(self.request, self.kwargs["ref"], whole=True)

    def get_queryset(self) -> QuerySet[CrossReference]:
        visible = CrossReference.objects.visible_to(self.reader, knowing=self.knowing)
        links = visible.filter(Q(from_incident=self.incident) | Q(to_incident=self.incident))
        return fetch_whole(links, self.knowing)

    def represent_all(self, rows: Iterable[CrossReference]) -> list[dict[str, Any]]:
        shown = list(rows)
        self.audit(shown)
        return [self.represent(row) for row in shown]


class ClusterViewSet(ListAction[Incident]):
    """The incidents that accepted links hold together with one, itself among them."""

    noun = "incident of a cluster"
    path_parameters = {"ref": REF}
    required_scopes = {"list": READ}
    response_serializers = {"list": IncidentOutput}

    def find_parent(self) -> None:
        self.incident = find_incident(self.request, self.kwargs["ref"], whole=True)

    def get_queryset(self) -> QuerySet[Incident]:
        found = cluster_of(self.incident, reader=reader_of(self.request))
        return found.select_related("owner")

    def represent(self, row: Incident) -> dict[str, Any]:
        is_own = row.owner_id == reader_of(self.request).member.pk
        return represent_incident(row, for_owner=is_own)

    def represent_all(self, rows: Iterable[Incident]) -> list[dict[str, Any]]:
        shown = list(rows)
        audit_reading(((row.ref, row.tlp) for row in shown), by=reader_of(self.request))
        return [self.represent(row) for row in shown]
