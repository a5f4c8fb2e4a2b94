"""JSON Schema of what the API shows, from the serializers that describe its answers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from drf_spectacular.plumbing import ComponentRegistry
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from hub.api.schema.operations import HubSchema

Schema = dict[str, Any]

COMPONENTS = "#/components/schemas/"
"""Where definitions stand in OpenAPI and AsyncAPI documents."""
DEFS = "#/$defs/"
"""Where they stand in a JSON Schema."""


def closed(properties: Schema, *, optional: Collection[str] = ()) -> Schema:
    """An object with these members and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


class Definitions:
    """Schemas by name, which refer to each other as `#/components/schemas/…`."""

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}

    def add(self, name: str, schema: Schema) -> Schema:
        """Give a schema a name; returns a reference to it."""
        self.schemas[name] = schema
        return {"$ref": COMPONENTS + name}

    def object_of(self, serializer: type[serializers.Serializer[Any]]) -> Schema:
        """What a serializer describes, closed; what its members need is defined as well."""
        inspector = HubSchema()
        inspector.registry = ComponentRegistry()
        inspector.view = APIView()
        inspector.view.request = cast("Request", None)
        described = inspector.resolve_serializer(serializer, "response")
        components: dict[str, Schema] = inspector.registry.build({})["schemas"]
        own = components.pop(described.name)
        self.schemas |= {name: _closed(schema) for name, schema in components.items()}
        return _closed(own)


def _closed(schema: Schema) -> Schema:
    return {**schema, "additionalProperties": False}


def members_of(schema: Schema, *names: str, optional: Collection[str] = ()) -> Schema:
    """Of the object that a schema describes, these members only."""
    return closed({name: schema["properties"][name] for name in names}, optional=optional)


def standing_alone(root: Schema, definitions: Definitions) -> Schema:
    """A JSON Schema that carries the definitions it needs, and no others."""
    needed: dict[str, Schema] = {}
    _collect(root, definitions.schemas, needed)
    whole = {**root, "$defs": {name: needed[name] for name in sorted(needed)}}
    return cast("Schema", _moved(whole))


def _collect(node: Any, known: dict[str, Schema], needed: dict[str, Schema]) -> None:
    if isinstance(node, list):
        for one in node:
            _collect(one, known, needed)
    elif isinstance(node, dict):
        name = node.get("$ref", "").removeprefix(COMPONENTS)
        if name and name not in needed:
            needed[name] = known[name]
            _collect(known[name], known, needed)
        for one in node.values():
            _collect(one, known, needed)


def _moved(node: Any) -> Any:
    """The same with references to where a JSON Schema keeps its definitions."""
    if isinstance(node, list):
        return [_moved(one) for one in node]
    if isinstance(node, dict):
        return {
            name: one.replace(COMPONENTS, DEFS) if name == "$ref" else _moved(one)
            for name, one in node.items()
        }
    return node
