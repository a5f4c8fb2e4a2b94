"""What our serializers and fields add to the schema of those they are made from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from drf_spectacular.extensions import (
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema

from hub.api.fields import Objects, Real, Text, Values, VocabularyField, Whole
from hub.api.serializers import StrictSerializer

Schema = dict[str, Any]

LISTED_VALUES: Final = 64
"""Up to so many values of a vocabulary stand in the schema; longer ones have an address."""


def values_of(field: VocabularyField) -> Sequence[str]:
    """In an order that is the same in every process."""
    ids = field.ids()
    return ids if isinstance(ids, Sequence) else sorted(ids)


class _Extension(OpenApiSerializerFieldExtension):
    match_subclasses = True

    def plain(self, auto_schema: AutoSchema, direction: Any) -> Schema:
        schema: Schema = auto_schema._map_serializer_field(  # noqa: SLF001 - documented for this
            self.target, direction, bypass_extensions=True
        )
        if isinstance(schema["type"], list):  # the library adds null once more
            schema["type"] = next(name for name in schema["type"] if name != "null")
        return schema


class StrictExtension(OpenApiSerializerExtension):
    """Says that unknown members are refused, and leaves out what the hub sets itself."""

    target_class = StrictSerializer
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> Schema:
        schema: Schema = auto_schema._map_serializer(  # noqa: SLF001 - documented for this
            self.target, direction, bypass_extensions=True
        )
        members = schema.get("properties")
        if not members:  # takes no body at all
            return schema
        writable = {name: one for name, one in members.items() if not one.get("readOnly")}
        required = [name for name in schema.get("required", []) if name in writable]
        schema |= {"properties": writable, "additionalProperties": False}
        schema.pop("required", None)
        return {**schema, "required": required} if required else schema


class VocabularyExtension(_Extension):
    target_class = VocabularyField

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> Schema:
        values = values_of(self.target)
        if len(values) > LISTED_VALUES:
            return {"type": "string"}
        listed: Schema = {"type": "string", "enum": list(values)}
        # The library adds null to the choices.
        return {"oneOf": [listed]} if self.target.allow_null else listed


class TextExtension(_Extension):
    target_class = Text

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> Schema:
        least = {} if self.target.allow_blank else {"minLength": 1}
        return {**self.plain(auto_schema, direction), **least, "maxLength": self.target.longest}


class WholeExtension(_Extension):
    target_class = Whole

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> Schema:
        bounds = {"minimum": self.target.lowest, "maximum": self.target.highest}
        return {**self.plain(auto_schema, direction), **bounds}


class RealExtension(_Extension):
    target_class = Real

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> Schema:
        bounds = {"minimum": self.target.lowest, "maximum": self.target.highest}
        return {**self.plain(auto_schema, direction), **bounds}


class ValuesExtension(_Extension):
    target_class = Values

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> Schema:
        limits = {"maxItems": self.target.max_items, "uniqueItems": True}
        return {**self.plain(auto_schema, direction), **limits}


class ObjectsExtension(_Extension):
    target_class = Objects

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> Schema:
        component = auto_schema.resolve_serializer(self.target.serializer_class, direction)
        return {"type": "array", "items": component.ref, "maxItems": self.target.max_items}
