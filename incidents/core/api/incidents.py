"""REST of incidents: file, read, change, publish, withdraw, tag, correct, and their history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse

from accounts.authentication import reader_of
from accounts.readers import Reader
from accounts.roles import Right
from hub.api.actions import CreateAction, ListAction, RetrieveAction, UpdateAction
from hub.api.requests import HubRequest
from hub.api.serializers import NoInput
from hub.kit.errors import InvalidInput, NotAllowed
from incidents.core import outputs
from incidents.core.api.corrections import CorrectingActions
from incidents.core.api.reading import READ, REF, WRITE, audit_refused, find_incident
from incidents.core.filters import WORDS, IncidentFilter
from incidents.core.history import represent_versions, versions_visible_to
from incidents.core.inputs import (
    IncidentChanges,
    IncidentInput,
    MergeInput,
    RedactInput,
    TagsInput,
    WithdrawInput,
)
from incidents.core.models import Incident
from incidents.core.orderings import ORDERINGS
from incidents.core.reading import audit_reading, merged_refs
from incidents.core.representation import represent_incident
from incidents.core.services import filing

NEEDED_RIGHTS = {
    "create": Right.FILE,
    "partial_update": Right.FILE,
    "tags": Right.FILE,
    "publish": Right.PUBLISH,
    "withdraw": Right.PUBLISH,
    "destroy": Right.FILE,
    "redact": Right.PUBLISH,
    "merge": Right.PUBLISH,
}
"""Asked for before the body is looked at, and again by the services."""


class IncidentViewSet(
    ListAction[Incident],
    RetrieveAction[Incident],
    CreateAction[Incident],
    UpdateAction[Incident],
    CorrectingActions,
):
    """Incidents the caller may read. What it may not read does not exist: 404."""

    lookup_field = "ref"
    path_parameters = {"ref": REF}
    if_match_required = True
    required_scopes = {
        "list": READ,
        "retrieve": READ,
        "create": WRITE,
        "partial_update": WRITE,
        "publish": WRITE,
        "withdraw": WRITE,
        "tags": WRITE,
        "destroy": WRITE,
        "redact": WRITE,
        "merge": WRITE,
    }
    request_serializers = {
        "create": IncidentInput,
        "partial_update": IncidentChanges,
        "publish": NoInput,
        "withdraw": WithdrawInput,
        "tags": TagsInput,
        "redact": RedactInput,
        "merge": MergeInput,
    }
    response_serializers = {"retrieve": outputs.IncidentOutput}
    query_parameters = {"list": WORDS}
    orderings = ORDERINGS

    @property
    def reader(self) -> Reader:
        return reader_of(self.request)

    def get_queryset(self) -> QuerySet[Incident]:
        visible = Incident.objects.visible_to(self.reader)
        return visible.select_related("owner")

    def filter_rows(self, queryset: QuerySet[Incident]) -> QuerySet[Incident]:
        return IncidentFilter(self.request.query_params, queryset, reader=self.reader).qs

    def get_object(self) -> Incident:
        row = super().get_object()
        # What a POST answers of it is found by this when the incident is redacted.
        self.answered_object_id = str(row.pk)
        return row

    def represent(self, row: Incident) -> dict[str, Any]:
        return self._represent(row, merged_refs([row], by=self.reader))

    def _represent(self, row: Incident, merged: Mapping[UUID, str]) -> dict[str, Any]:
        return represent_incident(
            row,
            for_owner=row.owner_id == self.reader.member.pk,
            merged_into=merged.get(row.merged_into_id) if row.merged_into_id else None,
        )

    def check_rights(self) -> None:
        if self.action == "create":
            self.reader.require(NEEDED_RIGHTS[self.action])

    def check_object_rights(self, row: Incident) -> None:
        if self.request.method in {"GET", "HEAD"}:
            return
        if row.owner_id != self.reader.member.pk:
            raise NotAllowed("Only the member that filed an incident can change it.")
        self.reader.require(NEEDED_RIGHTS[self.action])

    def represent_all(self, rows: Iterable[Incident]) -> list[dict[str, Any]]:
        shown = list(rows)
        audit_reading(((row.ref, row.tlp) for row in shown), by=self.reader)
        merged = merged_refs(shown, by=self.reader)
        return [self._represent(row, merged) for row in shown]

    def retrieve(self, request: HubRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        row = self.get_object()
        audit_reading([(row.ref, row.tlp)], by=self.reader)
        return self.answer(row)

    def perform_create(self, data: dict[str, Any]) -> Incident:
        """File an incident. A draft, unless `publish` is true; with observations, all or none."""
        publish = data.pop("publish", False)
        observations = data.pop("observations", [])
        return filing.create_incident(
            fields=data, by=self.reader, publish=publish, observations=observations
        )

    def perform_update(self, row: Incident, changes: dict[str, Any]) -> Incident:
        """Change an incident. Those who may read it are alerted, if it is published."""
        return filing.update_incident(
            incident_id=row.pk, changes=changes, by=self.reader, expected_revision=row.revision
        )

    def publish(self, request: HubRequest, ref: str) -> HttpResponse:
        """Publish a draft. Whoever its mark and audiences admit can read it, and is alerted."""
        row = self.get_object()
        self.read()
        return self.answer(filing.publish_incident(incident_id=row.pk, by=self.reader))

    def withdraw(self, request: HubRequest, ref: str) -> HttpResponse:
        """Withdraw an incident. All who had it are told why; a tombstone is left for them."""
        row = self.get_object()
        reason = self.read()["reason"]
        withdrawn = filing.withdraw_incident(incident_id=row.pk, reason=reason, by=self.reader)
        return self.answer(withdrawn)

    @transaction.atomic
    def tags(self, request: HubRequest, ref: str) -> HttpResponse:
        """Replace the tags of an incident. The list takes the place of the old one."""
        row = self.get_locked_object()
        self.check_precondition(row)
        tags = self.read()
        try:
            tagged = filing.tag_incident(
                incident_id=row.pk, tags=tags, by=self.reader, expected_revision=row.revision
            )
        except InvalidInput as error:  # the body is the list itself, not an object with tags
            raise error.within("/tags") from error
        return self.answer(tagged)

    def on_refusal(self, error: Exception) -> None:
        """A denied attempt on something visible is on record; of a hidden one there is none."""
        audit_refused(self, f"incident.{self.action}", error)


class HistoryViewSet(ListAction[Any]):
    """The versions of one incident that the caller may know of."""

    noun = "version of an incident"
    path_parameters = {"ref": REF}
    required_scopes = {"list": READ}
    response_serializers = {"list": outputs.VersionOutput}
    default_ordering = "-pk"

    def find_parent(self) -> None:
        self.incident = find_incident(self.request, self.kwargs["ref"], whole=True)

    def get_queryset(self) -> QuerySet[Any]:
        return versions_visible_to(reader_of(self.request), self.incident)

    def represent_all(self, rows: Iterable[Any]) -> list[dict[str, Any]]:
        reader = reader_of(self.request)
        audit_reading([(self.incident.ref, self.incident.tlp)], by=reader)
        return represent_versions(
            list(rows),
            incident=self.incident,
            for_owner=self.incident.owner_id == reader.member.pk,
        )
