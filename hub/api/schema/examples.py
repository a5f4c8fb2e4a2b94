"""What stands in bodies and answers, for example.

A serializer may say so itself (`example`); from one that does not, an example is put together of
its members.
"""

from __future__ import annotations

import copy
from typing import Any, Final

from rest_framework import serializers

from hub.api.fields import Objects, VocabularyField
from hub.api.schema.extensions import values_of
from hub.api.serializers import StrictSerializer

UNKNOWN: Final = "…"
"""Stands where nobody said what a text looks like; a test finds it."""

BY_NAME: Final[dict[str, Any]] = {
    "cursor": "lAEhQ0yYl5nZb2Vp0c7nTJ5cQ2Zl",
    "description": "What our own systems take in.",
    "detail": "Send a whole number from 1 to 200.",
    "id": "0192e4a1-7c3e-7d52-9a41-5b0c8f6d2e17",
    "name": "Election desk",
    "reason": "It turned out to be satire, and was labelled as such by its author.",
    "ref": "DF-7K3Q9MXA",
    "status": "published",
    "title": "Calls in Joe Biden's voice tell New Hampshire voters to stay at home",
    "tlp": "green",
    "pap": "green",
    "url": "https://hooks.farwire.example/deepfakes",
}
"""Members that several slices have."""

_BY_KIND: Final[tuple[tuple[type, Any], ...]] = (
    (serializers.UUIDField, BY_NAME["id"]),
    (serializers.DateTimeField, "2026-11-22T20:04:00Z"),
    (serializers.DateField, "2026-11-22"),
    (serializers.URLField, BY_NAME["url"]),
    (serializers.BooleanField, False),
    (serializers.IntegerField, 1),
    (serializers.FloatField, 0.5),
    (serializers.DictField, {}),
)


def example_of(serializer: Any) -> Any:
    """What the serializer reads or shows, for example."""
    if isinstance(serializer, type):
        serializer = serializer()
    given = getattr(serializer, "example", None)
    if given is not None:
        return copy.deepcopy(given)
    if isinstance(serializer, serializers.ListSerializer):
        return [_of_field("", serializer.child)]
    return {
        name: _of_field(name, field)
        for name, field in serializer.fields.items()
        if not (field.read_only and isinstance(serializer, StrictSerializer))
    }


def _of_field(name: str, field: Any) -> Any:
    if isinstance(field, serializers.BaseSerializer):
        return example_of(field)
    if isinstance(field, Objects):
        return [example_of(field.serializer_class)]
    if isinstance(field, serializers.ListField):
        return [_of_field(name, field.child)]
    if isinstance(field, VocabularyField):
        return values_of(field)[0]
    known = next((value for kind, value in _BY_KIND if isinstance(field, kind)), None)
    return BY_NAME.get(name, UNKNOWN) if known is None else known
