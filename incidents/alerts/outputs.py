"""What is answered of endpoints, deliveries and the feed, for the documentation of the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

Output = serializers.Serializer[Any]


class EndpointOutput(Output):
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
    sequence = serializers.IntegerField()
    state = serializers.CharField()
    event_id = serializers.CharField(required=False)
    topic = serializers.CharField(required=False)
    next_at = serializers.DateTimeField(required=False, allow_null=True)
    first_attempt_at = serializers.DateTimeField(required=False)
    finished_at = serializers.DateTimeField(required=False, allow_null=True)
    attempts = serializers.ListField(child=AttemptOutput(), required=False)


class FeedItem(Output):
    type = serializers.CharField()
    timestamp = serializers.DateTimeField()
    cursor = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        # A class attribute `data` would hide the serializer's own.
        return {**super().get_fields(), "data": serializers.DictField()}


class FeedOutput(Output):
    results = serializers.ListField(child=FeedItem())
    cursor = serializers.CharField()
