"""What is answered of links, for the documentation of the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from incidents.crossrefs.inputs import LinkInput


class LinkOutput(serializers.Serializer[Any]):
    """Answers are made by `incidents.crossrefs.representation`; a test holds the two together."""

    example = {
        "id": "0192e4a1-8d4f-7e63-ab52-6c1d9f7e3f28",
        **LinkInput.example,
        "origin": "manual",
        "score": None,
        "state": "suggested",
        "by": "quillfeed",
        "created_at": "2026-11-22T20:04:00Z",
        "decided_at": None,
    }

    id = serializers.UUIDField()
    to = serializers.CharField()
    type = serializers.CharField()
    origin = serializers.CharField()
    score = serializers.FloatField(
        allow_null=True, help_text="0 to 1, how likely both tell of the same deepfake"
    )
    explanation = serializers.CharField()
    state = serializers.CharField()
    by = serializers.CharField(
        allow_null=True,
        help_text="null: the hub, or a member of a group with hidden membership",
    )
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        # `from` is no name that Python lets a class give.
        return {"from": serializers.CharField(), **super().get_fields()}
