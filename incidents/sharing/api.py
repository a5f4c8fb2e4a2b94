"""REST of sharing groups."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from accounts.auditing import audit_refusal
from accounts.authentication import reader_of
from accounts.roles import Right
from hub.api.actions import (
    CreateAction,
    DestroyAction,
    ListAction,
    RetrieveAction,
    UpdateAction,
)
from hub.api.fields import Flag, Name, Text, Values
from hub.api.serializers import StrictSerializer
from hub.kit.errors import NotAllowed
from incidents.sharing import services
from incidents.sharing.models import SharingGroup

READ, WRITE = "incidents:read", "incidents:write"


class GroupInput(StrictSerializer):
    example = {
        "name": "Election desk",
        "description": "Platforms and services that keep watch together while people vote.",
        "membership_hidden": False,
        "members": ["quillfeed", "reelnest", "hedgewatch"],
    }

    name = Name(max_length=100)
    description = Text(max_length=1000, required=False, allow_blank=True, multiline=True)
    membership_hidden = Flag(required=False)
    members = Values(child=Text(max_length=64), max_items=services.LARGEST_GROUP, required=False)


class GroupOutput(serializers.Serializer[Any]):
    example = {
        "id": "0192e4a1-5a10-7c44-9d0b-6e7f8a9b0c1d",
        **GroupInput.example,
        "owner": "quillfeed",
        "created_at": "2026-11-22T20:04:00Z",
        "updated_at": "2026-11-22T20:04:00Z",
    }

    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField()
    owner = serializers.CharField()
    membership_hidden = serializers.BooleanField()
    members = serializers.ListField(
        child=serializers.CharField(), allow_null=True, help_text="null where they are hidden"
    )
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class SharingGroupViewSet(
    ListAction[SharingGroup],
    RetrieveAction[SharingGroup],
    CreateAction[SharingGroup],
    UpdateAction[SharingGroup],
    DestroyAction[SharingGroup],
):
    """The caller's own groups, and those it belongs to."""

    required_scopes = {
        "list": READ,
        "retrieve": READ,
        "create": WRITE,
        "partial_update": WRITE,
        "destroy": WRITE,
    }
    request_serializers = {"create": GroupInput, "partial_update": GroupInput}
    response_serializers = {"retrieve": GroupOutput}

    def get_queryset(self) -> QuerySet[SharingGroup]:
        visible = SharingGroup.objects.visible_to(reader_of(self.request))
        return visible.select_related("owner").prefetch_related("members")

    def check_object_rights(self, row: SharingGroup) -> None:
        if self.request.method in {"GET", "HEAD"}:
            return
        if row.owner_id != reader_of(self.request).member.pk:
            raise NotAllowed("Only the organisation that made a group can change it.")
        reader_of(self.request).require(Right.SHARE)

    def check_rights(self) -> None:
        if self.action == "create":
            reader_of(self.request).require(Right.SHARE)

    def on_refusal(self, error: Exception) -> None:
        if self.request.caller is None:
            return
        visible = SharingGroup.objects.visible_to(reader_of(self.request))
        named = [str(one.pk) for one in visible if str(one.pk) == self.kwargs.get("pk")]
        audit_refusal(self.request, action=f"group.{self.action}", objects=named, error=error)

    def represent(self, row: SharingGroup) -> dict[str, Any]:
        knows = not row.membership_hidden or row.owner_id == reader_of(self.request).member.pk
        members = sorted(member.slug for member in row.members.all()) if knows else None
        return {
            "id": row.pk,
            "name": row.name,
            "description": row.description,
            "owner": row.owner.slug,
            "membership_hidden": row.membership_hidden,
            "members": members,
            "created_at": row.created_at,
            "updated_at": row.updated_at,
        }

    def perform_create(self, data: dict[str, Any]) -> SharingGroup:
        given = {"members": [], **data}
        return services.create_group(**given, by=reader_of(self.request))

    def perform_update(self, row: SharingGroup, changes: dict[str, Any]) -> SharingGroup:
        services.update_group(group_id=row.pk, **changes, by=reader_of(self.request))
        return self.get_object()

    def perform_destroy(self, row: SharingGroup) -> None:
        """Delete a sharing group. Nobody reads anything through it any more."""
        services.delete_group(group_id=row.pk, by=reader_of(self.request))
