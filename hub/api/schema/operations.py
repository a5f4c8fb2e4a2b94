"""How viewsets describe themselves in OpenAPI 3.1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, build_parameter_type

from hub.api.parameters import PAGING, Parameter
from hub.api.schema.examples import BY_NAME, example_of
from hub.api.schema.refusals import REPLAYED, REQUEST_ID, Problem, Schema, refused
from hub.api.schema.words import description_of, summary_of

Place = Literal["path", "query", "header"]

JSON: Final = "application/json"

_STATUSES: Final = {"create": 201, "destroy": 204}
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
_SAFE: Final = frozenset({"GET", "HEAD"})
_ADDRESS: Final[Schema] = {"type": ["string", "null"], "format": "uri"}
_SECURITY: Final[dict[str, Schema]] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "dfh_…",
        "description": "A token of an organisation; each operation names the scope it needs.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "sessionid",
        "description": "A person who signed in to the pages.",
    },
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": "X-CSRFToken",
        "description": "The value of the csrftoken cookie, where a session changes something.",
    },
}
_SEGMENT: Final[Schema] = {"type": "string", "pattern": "^[^/]+$"}
_TAG: Final[Schema] = {"type": "string", "pattern": '^(W/)?"[!#-~]*"$'}
_ETAG_EXAMPLE: Final = '"5f1d0c7be94a4a2d8c0be0f0f2b7a911"'
_KEY: Final = Parameter(
    "The same request with the same key is carried out once and answered again, for 24 hours",
    {"type": "string", "pattern": "^[!-~]{1,255}$"},
    "4f6e0f5c-3b8f-4f3e-9d52-1a7a6ad9e1b0",
)
_HEADERS: Final[dict[str, Schema]] = {
    "ETag": {
        "description": "Of this object as you see it now; to be sent as If-Match or If-None-Match",
        "required": True,
        "schema": {"type": "string"},
        "example": _ETAG_EXAMPLE,
    },
    "Location": {
        "description": "Where GET finds what was created",
        "required": True,
        "schema": {"type": "string", "format": "uri"},
    },
    "Idempotency-Replayed": REPLAYED,
    "X-Request-Id": REQUEST_ID,
}


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

    def get_summary(self) -> str:
        return summary_of(self.view)

    def get_description(self) -> str:  # type: ignore[override] # as the library has it
        return description_of(self.view)

    def get_auth(self) -> list[dict[str, list[str]]]:
        if self.view.is_public:
            return []
        for name, definition in _SECURITY.items():
            self._register(ResolvedComponent.SECURITY_SCHEMA, name, definition)
        scope = self.view.required_scopes[self.view.action]
        session: dict[str, list[str]] = {"session": []}
        if self.method not in _SAFE:
            session["csrf"] = []
        return [{"token": [scope] if scope else []}, session]

    # What is asked -----------------------------------------------------------------------

    def get_request_serializer(self) -> Any:
        return self.view.request_serializers.get(self.view.action, {})

    def map_parsers(self) -> list[str]:
        parsers = self.view.get_parsers()
        return [parser.media_type for parser in parsers if self.method in parser.methods]

    def _get_request_body(self, direction: Any = "request") -> Any:
        body = super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        if body:
            example = example_of(self.get_request_serializer())
            for content in body["content"].values():
                content["example"] = example
        return body

    def _get_parameters(self) -> list[Schema]:
        return [
            *self._in("path", self._path_parameters(), required=True),
            *self._in("query", self._query_parameters()),
            *self._headers(),
        ]

    def _path_parameters(self) -> Iterator[tuple[str, Parameter]]:
        for name in _variables(self.path):
            said = self.view.path_parameters.get(name if name != "id" else "pk", "")
            parameter = Parameter.of(said)
            example = parameter.example or BY_NAME.get(name)
            yield name, parameter._replace(schema=_SEGMENT, example=example)

    def _query_parameters(self) -> Iterator[tuple[str, Parameter]]:
        for name, said in self.view.query_parameters.get(self.view.action, {}).items():
            yield name, Parameter.of(said)
        if self.view.action != "list":
            return
        yield from PAGING.items()
        if self.view.orderings:
            names = [sign + name for name in self.view.orderings for sign in ("", "-")]
            words = f"By what; a minus turns it round. `{self.view.default_ordering}` if absent"
            yield "ordering", Parameter(words, {"type": "string", "enum": names}, names[-1])

    def _headers(self) -> Iterator[Schema]:
        etag = Parameter("", _TAG, _ETAG_EXAMPLE)
        if self._takes_key():
            yield from self._in("header", [("Idempotency-Key", _KEY)])
        if self._heeds_match():
            required = self.view.if_match_required and self.method != "DELETE"
            words = "ETag of what is changed, as it was read"
            named = [("If-Match", etag._replace(words=words))]
            yield from self._in("header", named, required=required)
        if self._shows_etag() and self.method in _SAFE:
            words = "ETag of what you have: 304 while it has not changed"
            yield from self._in("header", [("If-None-Match", etag._replace(words=words))])

    def _in(self, location: Place, parameters: Any, *, required: bool = False) -> Iterator[Schema]:
        for name, parameter in parameters:
            described = build_parameter_type(
                name=name,
                schema=dict(parameter.schema),
                location=location,
                required=required,
                description=parameter.words,
            )
            example = {} if parameter.example is None else {"example": parameter.example}
            yield {**described, **example}

    # What is answered --------------------------------------------------------------------

    def _get_response_bodies(self, direction: Any = "response") -> Schema:
        success = self._success()
        answers: dict[int, Schema] = {success: self._answer(success)}
        if self._shows_etag() and self.method in _SAFE:
            headers = {name: _HEADERS[name] for name in ("ETag", "X-Request-Id")}
            answers[304] = {"description": "You have it already", "headers": headers}
        problem = self.resolve_serializer(Problem, "response").ref
        for status in self._refusals():
            answers[status] = refused(status, registry=self.registry, problem=problem)
        return {str(status): answers[status] for status in sorted(answers)}

    def _success(self) -> int:
        action = self.view.action
        status: int = self.view.success_statuses.get(action) or _STATUSES.get(action, 200)
        return status

    def _answer(self, status: int) -> Schema:
        names = ["ETag"] if self._shows_etag() else []
        names += ["Location"] if status == 201 else []
        names += ["Idempotency-Replayed"] if self._takes_key() else []
        headers = {name: _HEADERS[name] for name in [*names, "X-Request-Id"]}
        if status == 204:
            return {"description": "Done", "headers": headers}
        schema, example = self._shown()
        content = {JSON: {"schema": schema, "example": example}}
        words = "Created" if status == 201 else "Done" if self.method not in _SAFE else "Found"
        return {"description": words, "headers": headers, "content": content}

    def _shown(self) -> tuple[Schema, Any]:
        """Schema and example of what a success shows."""
        by_action = self.view.response_serializers
        shown = by_action.get(self.view.action, by_action.get("retrieve"))
        if shown is None:
            return {"type": "object"}, {}
        component = self.resolve_serializer(shown, "response")
        example = example_of(shown)
        if self.view.action != "list":
            once = self.view.shown_once if self.view.action == "create" else {}
            return component.ref, {**example, **once}
        page: Schema = {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {
                "results": {"type": "array", "items": component.ref},
                "next": _ADDRESS,
                "previous": _ADDRESS,
            },
        }
        reference = self._register(ResolvedComponent.SCHEMA, f"{component.name}Page", page)
        return reference, {"results": [example], "next": None, "previous": None}

    def _refusals(self) -> Iterator[int]:
        yield from (400, 406, 414, 431, 503)
        if not self.view.is_public:
            yield from (401, 403, 429)
        if "{" in self.path:
            yield 404
        if self.method not in _SAFE:
            yield 409
        if self.method in _WITH_BODY:
            yield from (411, 413, 415)
        if self._takes_key():
            yield 422
        if self._heeds_match():
            yield 412
            if self.view.if_match_required and self.method != "DELETE":
                yield 428

    def _takes_key(self) -> bool:
        return self.method == "POST" and self.view.action not in self.view.keyless_actions

    def _heeds_match(self) -> bool:
        return self.method in {"PUT", "PATCH", "DELETE"}

    def _shows_etag(self) -> bool:
        return self.view.action not in {"list", "destroy", *self.view.etagless_actions}

    def _register(self, kind: str, name: str, schema: Mapping[str, Any]) -> Schema:
        component = ResolvedComponent(name=name, type=kind, object=name, schema=dict(schema))
        self.registry.register_on_missing(component)
        reference: Schema = component.ref
        return reference


def _variables(path: str) -> list[str]:
    return [part.partition("}")[0] for part in path.split("{")[1:]]
