"""REST of alerts: endpoints, what was delivered to them, and the pull feed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse

from accounts.authentication import reader_of
from accounts.roles import Right
from hub.api.actions import (
    CreateAction,
    DestroyAction,
    ListAction,
    RetrieveAction,
    UpdateAction,
)
from hub.api.answers import json_answer
from hub.api.pagination import LIMIT, parse_limit
from hub.api.parameters import PAGING, Parameter
from hub.api.requests import HubRequest
from hub.api.schema_view import DocumentViewSet
from hub.api.views import HubViewSet
from hub.kit.errors import Absent, InvalidInput
from hub.kit.ids import event_id
from incidents.alerts import outputs
from incidents.alerts.asyncapi import asyncapi_document
from incidents.alerts.feed import feed_page
from incidents.alerts.inputs import EndpointInput
from incidents.alerts.models import Attempt, Delivery, DeliveryState, Endpoint
from incidents.alerts.schemas import item_schema, webhook_schema
from incidents.alerts.services import endpoints
from incidents.alerts.topics import TOPICS

SCOPE = "webhooks:admin"


class EndpointViewSet(
    ListAction[Endpoint],
    RetrieveAction[Endpoint],
    CreateAction[Endpoint],
    UpdateAction[Endpoint],
    DestroyAction[Endpoint],
):
    """Addresses of the caller's own systems to which alerts are posted."""

    required_scopes = dict.fromkeys(
        ("list", "retrieve", "create", "partial_update", "destroy"), SCOPE
    )
    shown_once = {"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="}
    request_serializers = {"create": EndpointInput, "partial_update": EndpointInput}
    response_serializers = {"retrieve": outputs.EndpointOutput}
    default_ordering = "-created_at"

    def get_queryset(self) -> QuerySet[Endpoint]:
        return Endpoint.objects.visible_to(reader_of(self.request))

    def check_rights(self) -> None:
        if self.action in {"list", "create"}:
            reader_of(self.request).require(Right.ADMINISTER)

    def check_object_rights(self, row: Endpoint) -> None:
        reader_of(self.request).require(Right.ADMINISTER)

    def represent(self, row: Endpoint) -> dict[str, Any]:
        return {
            "id": row.pk,
            "url": row.url,
            "description": row.description,
            "topics": row.topics,
            "state": row.state,
            "state_reason": row.state_reason,
            "sequence": row.sequence,
            "created_at": row.created_at,
            "updated_at": row.updated_at,
        }

    def create(self, request: HubRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Register an endpoint. Its `secret` verifies signatures, and is shown this once."""
        reader = reader_of(request)
        made = endpoints.create_endpoint(member_id=reader.member.pk, **self.read(), by=reader.actor)
        return self.created(made.endpoint, once={"secret": made.secret})

    def perform_update(self, row: Endpoint, changes: dict[str, Any]) -> Endpoint:
        actor = reader_of(self.request).actor
        return endpoints.update_endpoint(endpoint_id=row.pk, changes=changes, by=actor)

    def perform_destroy(self, row: Endpoint) -> None:
        """Delete an endpoint. What waits for it is cancelled, and what was sent stays on record."""
        endpoints.delete_endpoint(endpoint_id=row.pk, by=reader_of(self.request).actor)


class DeliveryViewSet(ListAction[Delivery]):
    """What was sent to one endpoint, newest first, with every attempt.

    What was never sent is not shown: it may tell of something its organisation must not know.
    """

    path_parameters = {"endpoint": "Id of the endpoint"}
    required_scopes = {"list": SCOPE}
    response_serializers = {"list": outputs.DeliveryOutput}
    query_parameters = {
        "list": {
            "sequence": Parameter("The number in the alert's body", example="118"),
            "state": "pending, leased, ok, dead, cancelled; several by comma",
        }
    }
    default_ordering = "-sequence"

    def check_rights(self) -> None:
        reader_of(self.request).require(Right.ADMINISTER)

    def find_parent(self) -> None:
        visible = Endpoint.objects.visible_to(reader_of(self.request))
        try:
            found = visible.filter(pk=UUID(self.kwargs["endpoint"])).first()
        except ValueError:
            found = None
        if found is None:
            raise Absent
        self.endpoint = found

    def get_queryset(self) -> QuerySet[Delivery]:
        return self.endpoint.deliveries.shown().defer("body").prefetch_related("attempts")

    def filter_rows(self, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        given = self.request.query_params
        if "sequence" in given:
            queryset = queryset.filter(sequence=_whole(given["sequence"]))
        if "state" in given:
            queryset = queryset.filter(state__in=_states(given["state"]))
        return queryset

    def represent(self, row: Delivery) -> dict[str, Any]:
        # Not the row's id: all organisations share its numbers, so it would count the others'.
        shown = {"sequence": row.sequence, "state": row.state}
        if row.state == DeliveryState.CANCELLED:
            return shown  # whatever took it back, its organisation need not know more
        return shown | {
            "event_id": event_id(row.event_id),
            "topic": row.topic,
            "next_at": row.next_at if row.finished_at is None else None,
            "first_attempt_at": row.first_attempt_at,
            "finished_at": row.finished_at,
            "attempts": [_represent_attempt(attempt) for attempt in row.attempts.all()],
        }


class EventViewSet(HubViewSet[Any]):
    """The pull feed: every event that concerns the caller, oldest first, from a cursor on."""

    required_scopes = {"retrieve": "feed:read"}
    etagless_actions = {"retrieve"}
    response_serializers = {"retrieve": outputs.FeedOutput}
    query_parameters = {
        "retrieve": {
            "after": "a cursor, or the evt_ id of an event that was received",
            "limit": PAGING[LIMIT],
            "topics": "only these, several by comma",
            "own": "true: what the caller's organisation did itself, too",
        }
    }

    def retrieve(self, request: HubRequest) -> HttpResponse:
        """Read the pull feed."""
        self.check_query()
        given = request.query_params
        page = feed_page(
            reader_of(request),
            after=given.get("after"),
            limit=parse_limit(given),
            topics=_words(given.get("topics", "")),
            own=_flag(given.get("own", "false")),
        )
        return json_answer({"results": page.items, "cursor": page.cursor})


class AsyncApiViewSet(DocumentViewSet):
    """Alerts in AsyncAPI 3.0."""

    def document(self) -> dict[str, Any]:
        return asyncapi_document()


class WebhookSchemaViewSet(DocumentViewSet):
    """What is posted of one topic, in JSON Schema."""

    def document(self) -> dict[str, Any]:
        return webhook_schema(_known_topic(self.kwargs["topic"]))


class ItemSchemaViewSet(DocumentViewSet):
    """What the pull feed shows of one topic, in JSON Schema."""

    def document(self) -> dict[str, Any]:
        return item_schema(_known_topic(self.kwargs["topic"]))


def _known_topic(name: str) -> str:
    if name not in TOPICS:
        raise Absent
    return name


def _represent_attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "at": attempt.at,
        "status": attempt.status,
        "error": attempt.error,
        "duration_ms": attempt.duration_ms,
        "answer": bytes(attempt.answer).decode(errors="replace"),
        "address": attempt.address,
    }


def _words(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


def _states(text: str) -> Iterable[str]:
    states = _words(text)
    for state in states:
        if state not in DeliveryState.values:
            known = ", ".join(DeliveryState.values)
            raise InvalidInput(f"The states are {known}.", pointer="/state", code="unknown_value")
    return states


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > len("1000000000000000000"):
        raise InvalidInput("A sequence is a whole number.", pointer="/sequence")
    return min(int(text), 2**63 - 1)


def _flag(text: str) -> bool:
    if text not in {"true", "false"}:
        raise InvalidInput("Say true or false.", pointer="/own")
    return text == "true"
