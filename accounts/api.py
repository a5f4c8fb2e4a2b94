"""REST of accounts: who I am, and who the members are."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework import serializers

from accounts.authentication import reader_of
from accounts.models import Member
from hub.api.actions import ListAction, RetrieveAction
from hub.api.answers import json_answer
from hub.api.parameters import Parameter
from hub.api.requests import HubRequest
from hub.api.views import HubViewSet


class MemberOutput(serializers.Serializer[Any]):
    example = {
        "slug": "farwire",
        "name": "Farwire",
        "kind": "signatory",
        "roles": ["distribution_platform"],
        "jurisdictions": ["US"],
        "signed_on": "2024-02-16",
    }

    slug = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())
    jurisdictions = serializers.ListField(child=serializers.CharField())
    signed_on = serializers.DateField(allow_null=True)


class PersonOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.CharField()
    name = serializers.CharField(allow_blank=True)
    role = serializers.CharField()


class TokenOutput(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    expires_at = serializers.DateTimeField()


class MeOutput(serializers.Serializer[Any]):
    example = {
        "organisation": MemberOutput.example,
        "user": None,
        "token": {
            "id": "7fQ2xZ9b",
            "name": "Alert relay",
            "expires_at": "2027-11-22T20:04:00Z",
        },
        "scopes": ["incidents:read", "feed:read"],
    }

    organisation = MemberOutput()
    user = PersonOutput(allow_null=True)
    token = TokenOutput(allow_null=True)
    scopes = serializers.ListField(child=serializers.CharField(), allow_null=True)


def represent_member(member: Member) -> dict[str, Any]:
    """What every organisation may know of another."""
    return {
        "slug": member.slug,
        "name": member.name,
        "kind": member.kind,
        "roles": member.roles,
        "jurisdictions": member.jurisdictions,
        "signed_on": member.signed_on,
    }


class MeViewSet(HubViewSet[Member]):
    """Who asks: organisation, person or token, and what it may do."""

    required_scopes = {"retrieve": None}
    etagless_actions = {"retrieve"}
    response_serializers = {"retrieve": MeOutput}

    def retrieve(self, request: HubRequest) -> HttpResponse:
        """Read who asks."""
        reader = reader_of(request)
        user, token = reader.user, reader.token
        return json_answer(
            {
                "organisation": represent_member(reader.member),
                "user": user
                and {"id": user.pk, "email": user.email, "name": user.name, "role": user.role},
                "token": token
                and {"id": token.pk, "name": token.name, "expires_at": token.expires_at},
                "scopes": token and token.scopes,
            }
        )


class MemberViewSet(ListAction[Member], RetrieveAction[Member]):
    """Active members' public facts."""

    lookup_field = "slug"
    path_parameters = {"slug": Parameter("Its slug", example="farwire")}
    required_scopes = {"list": "members:read", "retrieve": "members:read"}
    response_serializers = {"retrieve": MemberOutput}
    default_ordering = "slug"

    def get_queryset(self) -> QuerySet[Member]:
        return Member.objects.visible_to(reader_of(self.request).member)

    def represent(self, row: Member) -> dict[str, Any]:
        return represent_member(row)
