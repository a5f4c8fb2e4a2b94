"""REST of saved filters: questions to the incident list that are asked again."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet
from rest_framework import serializers

from accounts.auditing import audit_refusal
from accounts.authentication import reader_of
from accounts.readers import Reader
from accounts.roles import Right
from hub.api.actions import (
    CreateAction,
    DestroyAction,
    ListAction,
    RetrieveAction,
    UpdateAction,
)
from hub.api.fields import Flag, Name, Text
from hub.api.serializers import StrictSerializer, merged
from incidents.core.api.reading import READ, WRITE
from incidents.core.filters import ASKED, WORDS, require_askable
from incidents.core.models import SavedFilter
from incidents.core.orderings import ORDERINGS
from incidents.core.services import saved_filters


class QueryInput(StrictSerializer):
    """Parameters of the incident list, as its address has them; null leaves one out."""

    def get_fields(self) -> dict[str, Any]:
        return {
            name: Text(max_length=1000, required=False, allow_null=True, help_text=words)
            for name, words in _parameters()
        }


def _parameters() -> list[tuple[str, str]]:
    orders = " ".join(f"{name} -{name}" for name in ORDERINGS)
    return [*((name, said.words) for name, said in WORDS.items()), ("ordering", orders)]


class SavedFilterInput(StrictSerializer):
    example = {
        "name": "Cloned voices in Slovakia",
        "query": {"q": "cloned voice", "country": "SK", "ordering": "-severity"},
        "shared": True,
    }

    name = Name(max_length=100)
    query = QueryInput()
    shared = Flag(required=False, help_text="true: the organisation's; as it is for every token")


class SavedFilterOutput(serializers.Serializer[Any]):
    example = {
        "id": "019abc12-3456-7def-8123-456789abcdef",
        "name": "Cloned voices in Slovakia",
        "shared": True,
        "query": {"q": "cloned voice", "country": "SK", "ordering": "-severity"},
        "url": "https://hub.example.org/api/v1/incidents/?q=cloned+voice&country=SK",
        "created_at": "2026-11-22T20:04:00Z",
        "updated_at": "2026-11-22T20:04:00Z",
    }

    id = serializers.UUIDField()
    name = serializers.CharField()
    shared = serializers.BooleanField()
    query = serializers.DictField(child=serializers.CharField())
    url = serializers.URLField(help_text="the incident list, asked so")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class SavedFilterViewSet(
    ListAction[SavedFilter],
    RetrieveAction[SavedFilter],
    CreateAction[SavedFilter],
    UpdateAction[SavedFilter],
    DestroyAction[SavedFilter],
):
    """The caller's own, and their organisation's."""

    default_ordering = "-created_at"
    required_scopes = {
        "list": READ,
        "retrieve": READ,
        "create": WRITE,
        "partial_update": WRITE,
        "destroy": WRITE,
    }
    request_serializers = {"create": SavedFilterInput, "partial_update": SavedFilterInput}
    response_serializers = {"retrieve": SavedFilterOutput}

    @property
    def reader(self) -> Reader:
        return reader_of(self.request)

    def get_queryset(self) -> QuerySet[SavedFilter]:
        return SavedFilter.objects.visible_to(self.reader)

    def check_rights(self) -> None:
        if self.action == "create" and self.reader.user is None:
            self.reader.require(Right.FILE)

    def check_object_rights(self, row: SavedFilter) -> None:
        if self.request.method not in {"GET", "HEAD"}:
            saved_filters.require_change(row, by=self.reader)

    def on_refusal(self, error: Exception) -> None:
        if self.request.caller is None:
            return
        visible = SavedFilter.objects.visible_to(self.reader)
        named = [str(one.pk) for one in visible if str(one.pk) == self.kwargs.get("pk")]
        audit_refusal(self.request, action=f"filter.{self.action}", objects=named, error=error)

    def represent(self, row: SavedFilter) -> dict[str, Any]:
        asked = {name: row.query[name] for name in ASKED if name in row.query}
        return {
            "id": row.pk,
            "name": row.name,
            "shared": row.user_id is None,
            "query": asked,
            "url": f"{settings.HUB_BASE_URL}/api/v1/incidents/?{urlencode(asked)}",
            "created_at": row.created_at,
            "updated_at": row.updated_at,
        }

    def perform_create(self, data: dict[str, Any]) -> SavedFilter:
        query = merged({}, data.pop("query"))
        require_askable(query, by=self.reader)
        return saved_filters.create_saved_filter(**data, query=query, by=self.reader)

    def perform_update(self, row: SavedFilter, changes: dict[str, Any]) -> SavedFilter:
        if "query" in changes:
            changes["query"] = merged(row.query, changes["query"])
            require_askable(changes["query"], by=self.reader)
        return saved_filters.update_saved_filter(filter_id=row.pk, **changes, by=self.reader)

    def perform_destroy(self, row: SavedFilter) -> None:
        saved_filters.delete_saved_filter(filter_id=row.pk, by=self.reader)
