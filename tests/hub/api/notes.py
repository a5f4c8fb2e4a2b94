"""A small resource with everything the kit offers, and the routes that serve it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib.auth.models import AnonymousUser
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.decorators import action
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from hub.api import handlers
from hub.api.actions import (
    CreateAction,
    DestroyAction,
    ListAction,
    RetrieveAction,
    UpdateAction,
)
from hub.api.answers import json_answer
from hub.api.fields import Instant, ListBody, Objects, Real, Text, Values, VocabularyField, Whole
from hub.api.health import healthz, readyz
from hub.api.metrics import metrics
from hub.api.requests import HubRequest, hub_request
from hub.api.schema_view import SchemaViewSet
from hub.api.serializers import NoInput, StrictSerializer
from hub.api.views import HubViewSet
from hub.kit.errors import Absent, Conflict, InvalidInput, NotAllowed, ReauthenticationRequired
from hub.kit.ids import uuid7


class Note(models.Model):
    """A note of an organisation, hidden from all others."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    organisation = models.TextField()
    title = models.TextField()
    colour = models.TextField(default="red")
    rank = models.IntegerField(default=0)
    is_locked = models.BooleanField(default=False)
    updated_at = models.DateTimeField(auto_now=True)
    published_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Note]] = models.Manager()

    class Meta:
        app_label = "api_tests"
        constraints = [
            models.UniqueConstraint("organisation", "title", name="note_title_once"),
        ]

    def __str__(self) -> str:
        return self.title


@dataclass(frozen=True)
class NoteCaller:
    """A caller of the tests."""

    key: str
    organisation: str
    scopes: frozenset[str] | None


BOTH = frozenset({"notes:read", "notes:write"})
CALLERS = {
    "writer": NoteCaller("token:writer", "acme", BOTH),
    "second": NoteCaller("token:second", "acme", BOTH),
    "reader": NoteCaller("token:reader", "acme", frozenset({"notes:read"})),
    "person": NoteCaller("user:person", "acme", None),
    "stranger": NoteCaller("token:stranger", "globex", BOTH),
}


class NameAuthentication(BaseAuthentication):
    """`Authorization: Bearer writer`."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, str] | None:
        scheme, _, name = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if not scheme:
            return None
        if name not in CALLERS:
            raise AuthenticationFailed
        hub_request(request).caller = CALLERS[name]
        return AnonymousUser(), name


def colours() -> list[str]:
    return ["red", "green", "blue"]


def shades() -> frozenset[str]:
    return frozenset({"light", "dark"})


def paints() -> list[str]:
    return [f"RAL {number}" for number in range(1000, 1100)]


class LinkInput(StrictSerializer):
    url = Text(max_length=200)
    kind = VocabularyField(colours)


class PlaceInput(StrictSerializer):
    city = Text(max_length=20, required=False, allow_null=True)
    seen = Instant(required=False, allow_null=True)


class NoteInput(StrictSerializer):
    title = Text(max_length=20)
    body = Text(max_length=100, multiline=True, required=False, allow_blank=True)
    colour = VocabularyField(colours, required=False)
    shade = VocabularyField(shades, required=False, allow_null=True)
    paint = VocabularyField(paints, required=False)
    rank = Whole(lowest=0, highest=9, required=False)
    weight = Real(lowest=0, highest=1, required=False)
    published_at = Instant(required=False, allow_null=True)
    tags = Values(child=Text(max_length=10), max_items=3, required=False)
    links = Objects(LinkInput, max_items=2, required=False)
    place = PlaceInput(required=False, allow_null=True)
    updated_at = Instant(read_only=True)


class NoteShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()
    colour = serializers.CharField()
    rank = serializers.IntegerField()


class Ranks(ListBody):
    child = Whole(lowest=0, highest=9)
    max_items = 3


class NoteViewSet(
    ListAction[Note],
    RetrieveAction[Note],
    CreateAction[Note],
    UpdateAction[Note],
    DestroyAction[Note],
):
    """Notes of the caller's organisation."""

    authentication_classes = [NameAuthentication]
    required_scopes = {
        "list": "notes:read",
        "retrieve": "notes:read",
        "create": "notes:write",
        "partial_update": "notes:write",
        "destroy": "notes:write",
        "lock": "notes:write",
        "echo": None,
        "preview": None,
        "ranks": "notes:write",
        "fail": None,
    }
    request_serializers = {
        "create": NoteInput,
        "partial_update": NoteInput,
        "lock": NoInput,
        "ranks": Ranks,
    }
    response_serializers = {"retrieve": NoteShape}
    query_parameters = {"list": {"colour": "only notes of this colour"}}
    orderings = {"rank": "rank", "published_at": "published_at", "updated_at": "updated_at"}
    keyless_actions = {"preview"}
    if_match_required = True
    lookup_value_regex = "[^/]+"

    def get_queryset(self) -> QuerySet[Note]:
        caller = self.request.caller
        return Note.objects.filter(organisation=caller.organisation if caller else "")

    def filter_rows(self, queryset: QuerySet[Note]) -> QuerySet[Note]:
        colour = self.request.query_params.get("colour")
        return queryset.filter(colour=colour) if colour else queryset

    def represent(self, row: Note) -> dict[str, Any]:
        return {"id": row.pk, "title": row.title, "colour": row.colour, "rank": row.rank}

    def check_object_rights(self, row: Note) -> None:
        if row.title == "untouchable" and self.request.method != "GET":
            raise NotAllowed

    def perform_create(self, data: dict[str, Any]) -> Note:
        caller = self.request.caller
        return Note.objects.create(
            organisation=caller.organisation if caller else "",
            title=data["title"],
            colour=data.get("colour", "red"),
            rank=data.get("rank", 0),
        )

    def perform_update(self, row: Note, changes: dict[str, Any]) -> Note:
        for name, value in changes.items():
            setattr(row, name, value)
        row.save()
        return row

    def perform_destroy(self, row: Note) -> None:
        row.delete()

    @action(detail=True, methods=["post"])
    @transaction.atomic
    def lock(self, request: HubRequest, pk: str) -> HttpResponse:
        row = self.get_locked_object()
        self.read()
        if row.is_locked:
            raise Conflict("It is locked already.")
        row.is_locked = True
        row.save()
        return self.answer(row)

    @action(detail=False, methods=["post"])
    def echo(self, request: HubRequest) -> Response:
        return Response(request.data)

    @action(detail=False, methods=["post"])
    def preview(self, request: HubRequest) -> Response:
        return Response({"id": uuid7()})

    @action(detail=False, methods=["put"])
    def ranks(self, request: HubRequest) -> Response:
        return Response(self.read())

    @action(detail=False, methods=["post", "get"])
    def fail(self, request: HubRequest) -> HttpResponse:
        """Raise what the test left in FAILURES, after a change that must not stay."""
        Note.objects.create(organisation="acme", title="half done")
        raise FAILURES[request.query_params.get("how", request.headers["X-How"])]


class BoardViewSet(HubViewSet[Note]):
    """What hangs on the wall."""

    authentication_classes = []
    is_public = True

    def retrieve(self, request: HubRequest) -> HttpResponse:
        return json_answer({})


FAILURES: dict[str, Exception] = {
    "reauthentication": ReauthenticationRequired(),
    "absent in the body": InvalidInput("There is none.", code="not_found", pointer="/owner"),
    "absent": Absent("Something else entirely."),
    "ours": ZeroDivisionError("mistake"),
}


def broken_page(request: HttpRequest) -> HttpResponse:
    raise FAILURES[request.GET["how"]]


router = SimpleRouter()
router.register("notes", NoteViewSet, basename="note")

urlpatterns = [
    path("api/v1/", include(router.urls)),
    path("api/v1/schema/", SchemaViewSet.as_view({"get": "retrieve"})),
    path("api/v1/board/", BoardViewSet.as_view({"get": "retrieve"})),
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    path("page", broken_page),
    path("api/v1/page", broken_page),
]
handler400 = handlers.bad_request
handler403 = handlers.permission_denied
handler404 = handlers.not_found
handler500 = handlers.server_error
