"""What is answered of endpoints, deliveries and the feed, for the documentation of the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from incidents.alerts.inputs import EndpointInput

EVENT_ID = "evt_0192e4a19b2f7a618c3d4e5f6a7b8c9d"

Output = serializers.Serializer[Any]


class EndpointOutput(Output):
    example = {
        "id": "0192e4a1-9b2f-7a61-8c3d-4e5f6a7b8c9d",
        **EndpointInput.example,
        "state": "active",
        "state_reason": "",
        "sequence": 118,
        "created_at": "2026-11-01T08:00:00Z",
        "updated_at": "2026-11-22T20:04:00Z",
    }

    id = serializers.UUIDField()
    url = serializers.CharField()
    description = serializers.CharField()
    topics = serializers.ListField(child=serializers.CharField(), help_text="empty: all topics")
    state = serializers.CharField()
    state_reason = serializers.CharField()
    sequence = serializers.IntegerField(help_text="number of the latest alert first sent to it")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    secret = serializers.CharField(required=False, help_text="only in the answer that made it")


class AttemptOutput(Output):
    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    status = serializers.IntegerField(allow_null=True)
    error = serializers.CharField()
    duration_ms = serializers.IntegerField()
    answer = serializers.CharField(help_text="at most the first 4 KiB")
    address = serializers.CharField()


class DeliveryOutput(Output):
    example = {
        "sequence": 118,
        "state": "ok",
        "event_id": EVENT_ID,
        "topic": "incident.published",
        "next_at": None,
        "first_attempt_at": "2026-11-22T20:04:00Z",
        "finished_at": "2026-11-22T20:04:00Z",
        "attempts": [
            {
                "number": 1,
                "at": "2026-11-22T20:04:00Z",
                "status": 204,
                "error": "",
                "duration_ms": 41,
                "answer": "",
                "address": "203.0.113.7",
            }
        ],
    }

    sequence = serializers.IntegerField()
    state = serializers.CharField()
    event_id = serializers.CharField(required=False)
    topic = serializers.CharField(required=False)
    next_at = serializers.DateTimeField(required=False, allow_null=True)
    first_attempt_at = serializers.DateTimeField(required=False)
    finished_at = serializers.DateTimeField(required=False, allow_null=True)
    attempts = serializers.ListField(child=AttemptOutput(), required=False)


class FeedItem(Output):
    example = {
        "type": "incident.published",
        "timestamp": "2026-11-22T20:04:00Z",
        "data": {
            "event_id": EVENT_ID,
            "version": 3,
            "incident": {
                "ref": "DF-7K3Q9MXA",
                "url": "https://hub.example/api/v1/incidents/DF-7K3Q9MXA/",
                "status": "published",
                "tlp": "amber",
                "pap": "amber",
                "owner": "farwire",
                "severity": "high",
                "version": 3,
            },
        },
        "cursor": "lAEhQ0yYl5nZb2Vp0c7nTJ5cQ2Zl",
    }

    type = serializers.CharField()
    timestamp = serializers.DateTimeField()
    cursor = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        # A class attribute `data` would hide the serializer's own.
        return {**super().get_fields(), "data": serializers.DictField()}


class FeedOutput(Output):
    results = serializers.ListField(child=FeedItem())
    cursor = serializers.CharField()
