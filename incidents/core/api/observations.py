"""REST of observations: where an incident was seen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse

from accounts.authentication import reader_of
from accounts.roles import Right
from hub.api.actions import CreateAction, ListAction, RetrieveAction
from hub.api.requests import HubRequest
from incidents.core import outputs
from incidents.core.api.reading import READ, REF, WRITE, audit_refused, find_incident
from incidents.core.inputs import ObservationInput
from incidents.core.models import Observation
from incidents.core.reading import audit_reading
from incidents.core.representation import represent_observation
from incidents.core.services import observing


class ObservationViewSet(
    ListAction[Observation], RetrieveAction[Observation], CreateAction[Observation]
):
    """What the caller may read of where one incident was seen."""

    path_parameters = {"ref": REF, "pk": "Id of the observation"}
    required_scopes = {"list": READ, "retrieve": READ, "create": WRITE}
    request_serializers = {"create": ObservationInput}
    response_serializers = {"retrieve": outputs.ObservationOutput}
    default_ordering = "-at"

    def find_parent(self) -> None:
        self.incident = find_incident(self.request, self.kwargs["ref"], whole=True)

    def check_rights(self) -> None:
        if self.action == "create":
            reader_of(self.request).require(Right.FILE)

    def get_queryset(self) -> QuerySet[Observation]:
        visible = Observation.objects.visible_to(reader_of(self.request))
        return visible.filter(incident=self.incident).select_related(
            "organisation", "incident__owner"
        )

    def represent(self, row: Observation) -> dict[str, Any]:
        is_author = row.organisation_id == reader_of(self.request).member.pk
        return represent_observation(row, for_author=is_author)

    def represent_all(self, rows: Iterable[Observation]) -> list[dict[str, Any]]:
        shown = list(rows)
        self._audit(shown)
        return [self.represent(row) for row in shown]

    def retrieve(self, request: HubRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        row = self.get_object()
        self._audit([row])
        return self.answer(row)

    def _audit(self, rows: Iterable[Observation]) -> None:
        marks = [self.incident.tlp, *(row.tlp for row in rows)]
        marked = ((self.incident.ref, mark) for mark in marks)
        audit_reading(marked, by=reader_of(self.request))

    def perform_create(self, data: dict[str, Any]) -> Observation:
        """Add an observation. Its mark may not be wider than the incident's."""
        return observing.add_observation(
            incident_id=self.incident.pk, fields=data, by=reader_of(self.request)
        )

    def on_refusal(self, error: Exception) -> None:
        audit_refused(self, "observation.add", error)
