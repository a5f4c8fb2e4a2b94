"""How viewsets describe themselves in OpenAPI 3.1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from drf_spectacular.extensions import (
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, build_parameter_type
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from hub.api.fields import Objects, Real, Text, Values, VocabularyField, Whole
from hub.api.pagination import CURSOR, DEFAULT_LIMIT, LIMIT, MAX_LIMIT
from hub.api.problems import MEDIA_TYPE
from hub.api.serializers import StrictSerializer

Schema = dict[str, Any]

_STATUSES: Final = {"create": 201, "destroy": 204}
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
_ADDRESS: Final[Schema] = {"type": ["string", "null"], "format": "uri"}
_SECURITY: Final[dict[str, Schema]] = {
    "token": {"type": "http", "scheme": "bearer", "bearerFormat": "dfh_…"},
    "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
}


class ProblemField(serializers.Serializer[Any]):
    """One thing that is wrong, and where."""

    pointer = serializers.CharField(help_text="JSON pointer; empty for the input as a whole")
    code = serializers.CharField()
    detail = serializers.CharField()


class Problem(serializers.Serializer[Any]):
    """Problem details: RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="the same for the same kind of problem, for programs")
    errors = ProblemField(many=True)  # type: ignore[assignment] # a field, taken out of the class


class HubSchema(AutoSchema):
    """Reads a HubViewSet's class attributes."""

    view: Any

    def get_operation_id(self) -> str:
        action = self.view.action
        tokens = [token.replace("-", "_") for token in self._tokenize_path()]
        if tokens[-1:] != [action]:
            tokens.append(action)
        methods = [method for method, name in self.view.action_map.items() if name == action]
        if len(set(methods) - {"head"}) > 1:
            tokens.append(self.method.lower())
        return "_".join(tokens)

    def get_auth(self) -> list[dict[str, list[str]]]:
        if self.view.is_public:
            return []
        for name, definition in _SECURITY.items():
            self.registry.register_on_missing(
                ResolvedComponent(
                    name=name,
                    type=ResolvedComponent.SECURITY_SCHEMA,
                    object=name,
                    schema=definition,
                )
            )
        scope = self.view.required_scopes[self.view.action]
        return [{"token": [scope] if scope else []}, {"session": []}]

    def get_request_serializer(self) -> Any:
        return self.view.request_serializers.get(self.view.action, {})

    def map_parsers(self) -> list[str]:
        parsers = self.view.get_parsers()
        return [parser.media_type for parser in parsers if self.method in parser.methods]

    def get_response_serializers(self) -> Any:
        action = self.view.action
        status = self.view.success_statuses.get(action) or _STATUSES.get(action, 200)
        responses: dict[Any, Any] = {
            (str(code), MEDIA_TYPE): OpenApiResponse(Problem, description=words)
            for code, words in self._problems()
        }
        if status == 204:
            return {"204": OpenApiResponse(description="Done"), **responses}
        return {str(status): OpenApiResponse(self._shown(), description="Done"), **responses}

    def get_override_parameters(self) -> list[Any]:
        return [*self._query_parameters(), *self._headers()]

    def _is_list_view(self, serializer: Any = None) -> bool:
        return False  # lists are written by _shown; the library would wrap them again

    def _shown(self) -> Any:
        serializers_by_action = self.view.response_serializers
        shown = serializers_by_action.get(self.view.action, serializers_by_action.get("retrieve"))
        if shown is None:
            return {"type": "object"}
        if self.view.action != "list":
            return shown
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {
                "results": {
                    "type": "array",
                    "items": self.resolve_serializer(shown, "response").ref,
                },
                "next": _ADDRESS,
                "previous": _ADDRESS,
            },
        }

    def _problems(self) -> Iterator[tuple[int, str]]:
        names_something = "{" in self.path
        yield 400, "Invalid input, each error with its pointer"
        if not self.view.is_public:
            yield 401, "No valid credential"
            yield 403, "Visible, but not allowed"
            yield 429, "Too many requests; see Retry-After"
        if names_something:
            yield 404, "Hidden or absent: nobody is told which"
        if self.method not in {"GET", "HEAD"}:
            yield 409, "Its state does not allow this, or somebody changes it at this moment"
        if self.method in _WITH_BODY:
            yield 413, "Body too large"
            yield 415, "Not JSON"
        if self._takes_key():
            yield 422, "Idempotency-Key reused with another body"
        if self._needs_match():
            yield 412, "Changed since it was read"
            yield 428, "If-Match is missing"
        yield 503, "The database does not answer; see Retry-After"

    def _takes_key(self) -> bool:
        return self.method == "POST" and self.view.action not in self.view.keyless_actions

    def _needs_match(self) -> bool:
        return self.method in {"PUT", "PATCH"} and bool(self.view.if_match_required)

    def _query_parameters(self) -> Iterator[OpenApiParameter]:
        for name, words in self.view.query_parameters.get(self.view.action, {}).items():
            yield OpenApiParameter(name, OpenApiTypes.STR, description=words)
        if self.view.action != "list":
            return
        limits: Schema = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}
        yield OpenApiParameter(LIMIT, {**limits, "default": DEFAULT_LIMIT})
        yield OpenApiParameter(CURSOR, OpenApiTypes.STR, description="From `next` or `previous`")
        if self.view.orderings:
            names = [sign + name for name in self.view.orderings for sign in ("", "-")]
            yield OpenApiParameter("ordering", OpenApiTypes.STR, enum=names)

    def _headers(self) -> Iterator[OpenApiParameter]:
        if self._takes_key():
            words = "The same request with the same key is carried out once and answered again"
            key: Schema = {"type": "string", "pattern": "^[!-~]{1,255}$"}
            yield OpenApiParameter("Idempotency-Key", key, "header", description=words)
        if self._needs_match():
            words = "ETag of what is changed, as it was read"
            yield OpenApiParameter("If-Match", OpenApiTypes.STR, "header", True, description=words)
        if self.view.action == "retrieve":
            yield OpenApiParameter("If-None-Match", OpenApiTypes.STR, "header")
        yield OpenApiParameter("ETag", OpenApiTypes.STR, "header", response=[200, 201])
        yield OpenApiParameter("Location", OpenApiTypes.URI, "header", response=[201])
        yield OpenApiParameter("X-Request-Id", OpenApiTypes.UUID, "header", response=True)

    def _resolve_path_parameters(self, variables: list[str]) -> list[Schema]:
        parameters = []
        for name in variables:
            schema: Schema = {"type": "string"}
            if name == (self.view.lookup_url_kwarg or self.view.lookup_field):
                schema["pattern"] = f"^{getattr(self.view, 'lookup_value_regex', '[^/.]+')}$"
            parameters.append(
                build_parameter_type(name=name, schema=schema, location=OpenApiParameter.PATH)
            )
        return parameters


class _Extension(OpenApiSerializerFieldExtension):
    """What our fields add to the schema of the DRF field they are made from."""

    match_subclasses = True

    def plain(self, auto_schema: AutoSchema, direction: Any) -> Schema:
        schema: Schema = auto_schema._map_serializer_field(  # noqa: SLF001 - documented for this
            self.target, direction, bypass_extensions=True
        )
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
        return {"type": "string"}


class TextExtension(_Extension):
    target_class = Text

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> Schema:
        return {**self.plain(auto_schema, direction), "maxLength": self.target.longest}


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
