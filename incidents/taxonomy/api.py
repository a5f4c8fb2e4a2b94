"""REST of the elections calendar; vocabularies are served by `incidents.core.api.vocabularies`."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from accounts.authentication import reader_of
from hub.api.actions import ListAction
from incidents.taxonomy.models import Election

READ = "incidents:read"


class ElectionOutput(serializers.Serializer[Any]):
    example = {
        "id": "us-nh-primary-2024",
        "name": "New Hampshire presidential primary",
        "kind": "primary",
        "country": "US",
        "region": "US-NH",
        "polling_from": "2024-01-23",
        "polling_to": "2024-01-23",
        "watch_from": "2023-12-24",
        "status": "confirmed",
    }

    id = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    country = serializers.CharField()
    region = serializers.CharField(allow_null=True)
    polling_from = serializers.DateField()
    polling_to = serializers.DateField()
    watch_from = serializers.DateField()
    status = serializers.CharField()


class ElectionViewSet(ListAction[Election]):
    """The calendar that incidents refer to."""

    required_scopes = {"list": READ}
    response_serializers = {"list": ElectionOutput}
    default_ordering = "polling_from"

    def get_queryset(self) -> QuerySet[Election]:
        return Election.objects.visible_to(reader_of(self.request))

    def represent(self, row: Election) -> dict[str, Any]:
        return {
            "id": row.key,
            "name": row.name,
            "kind": row.kind,
            "country": row.country,
            "region": row.region or None,
            "polling_from": row.polling_from,
            "polling_to": row.polling_to,
            "watch_from": row.watch_from,
            "status": row.status,
        }
