"""The refusals that any operation may answer with: described once, each with its problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent
from rest_framework import exceptions, serializers

from hub.api.bodies import LengthRequired
from hub.api.database_errors import away
from hub.api.problems import MEDIA_TYPE, problem_of
from hub.api.strict_json import MalformedJSON
from hub.kit.errors import (
    Absent,
    AddressTooLong,
    BodyTooLarge,
    Conflict,
    FieldError,
    HeadersTooLarge,
    InvalidInput,
    KeyReused,
    NotAllowed,
    PreconditionFailed,
    PreconditionRequired,
    ReauthenticationRequired,
    ScopeMissing,
    TooManyRequests,
)

Schema = dict[str, Any]

REQUEST_ID: Final[Schema] = {
    "description": "Names the request in the hub's log",
    "required": True,
    "schema": {"type": "string", "format": "uuid"},
}
RETRY_AFTER: Final[Schema] = {
    "description": "Seconds after which to try again",
    "schema": {"type": "integer", "minimum": 1},
}
_ALWAYS: Final[Schema] = {**RETRY_AFTER, "required": True}
REPLAYED: Final[Schema] = {
    "description": "true: the first answer to this Idempotency-Key, given again",
    "schema": {"type": "string", "enum": ["true"]},
}
_CHALLENGE: Final[Schema] = {
    "description": "How to say who asks: RFC 9110, section 11.6.1",
    "required": True,
    "schema": {"type": "string"},
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
    detail = serializers.CharField(help_text="for people")
    code = serializers.CharField(help_text="the same for the same kind of problem, for programs")
    errors = ProblemField(many=True)  # type: ignore[assignment] # a field, taken out of the class


class Refusal(NamedTuple):
    """One status: the name it has among the components, when it comes, and what it looks like."""

    name: str
    words: str
    errors: Sequence[Exception]
    headers: Mapping[str, Schema] = {}


_WRONG_INPUT: Final = InvalidInput(
    errors=[
        FieldError("/title", "too_long", "At most 300 characters; this has 412."),
        FieldError("/tlp", "unknown_value", "“gren” is not a value of this. Did you mean “green”?"),
    ],
    detail="2 things are wrong with the input; errors lists them.",
)
_UNKNOWN_PARAMETER: Final = InvalidInput(
    errors=[
        FieldError(
            "/statis",
            "unknown_parameter",
            "There is no query parameter “statis” here. Did you mean “status”?",
        )
    ],
    detail="There is no query parameter “statis” here. Did you mean “status”?",
)
_RUNNING: Final = Conflict(
    "The first request with this Idempotency-Key is still running.",
    code="request_running",
    retry_after=1,
)

REFUSALS: Final[Mapping[int, Refusal]] = {
    400: Refusal(
        "InvalidInput",
        "Body or query are wrong; each error says where, and what would be right",
        [
            _WRONG_INPUT,
            _UNKNOWN_PARAMETER,
            MalformedJSON("Expecting ',' delimiter at line 1, column 9."),
        ],
        {"Idempotency-Replayed": REPLAYED},
    ),
    401: Refusal(
        "NotAuthenticated",
        "No valid credential, or its organisation is not active",
        [exceptions.NotAuthenticated()],
        {"WWW-Authenticate": _CHALLENGE},
    ),
    403: Refusal(
        "NotAllowed",
        "The token lacks the scope; or you may see this, and not do that with it",
        [
            ScopeMissing("This needs a token with the scope incidents:write."),
            NotAllowed("Only the member that filed an incident can change it."),
            ReauthenticationRequired(),
        ],
    ),
    404: Refusal("NotFound", "Hidden or absent: nobody is told which", [Absent()]),
    406: Refusal(
        "NotAcceptable",
        "The Accept header excludes application/json",
        [exceptions.NotAcceptable("The answer comes as application/json.")],
    ),
    409: Refusal(
        "Conflict",
        "Its state does not allow this, or somebody changes it at this moment",
        [Conflict("The incident is already published."), _RUNNING],
        {"Retry-After": RETRY_AFTER},
    ),
    411: Refusal(
        "LengthRequired",
        "The body came in chunks, to a server that does not undo them",
        [LengthRequired()],
    ),
    412: Refusal("PreconditionFailed", "It has changed since it was read", [PreconditionFailed()]),
    413: Refusal(
        "BodyTooLarge",
        "The body is too large",
        [BodyTooLarge("The body may have up to 1048576 bytes.")],
    ),
    414: Refusal(
        "AddressTooLong", "The request line has more than 4,094 bytes", [AddressTooLong()]
    ),
    415: Refusal(
        "UnsupportedMediaType",
        "The body is not sent as JSON in UTF-8",
        [exceptions.UnsupportedMediaType("text/xml", detail="Send the body as application/json.")],
    ),
    422: Refusal(
        "KeyReused",
        "The Idempotency-Key came before with another body",
        [KeyReused()],
        {"Idempotency-Replayed": REPLAYED},
    ),
    428: Refusal("PreconditionRequired", "If-Match is missing", [PreconditionRequired()]),
    429: Refusal(
        "TooManyRequests",
        "Too many requests from this caller, or bad credentials from this address",
        [TooManyRequests(retry_after=3)],
        {"Retry-After": _ALWAYS},
    ),
    431: Refusal(
        "HeadersTooLarge",
        "A header has more than 8,190 bytes, or there are too many",
        [HeadersTooLarge()],
    ),
    503: Refusal("Unavailable", "The database does not answer", [away()], {"Retry-After": _ALWAYS}),
}


def refused(status: int, *, registry: ComponentRegistry, problem: Schema) -> Schema:
    """A reference to the status's description, which is put among the components once."""
    refusal = REFUSALS[status]
    component = ResolvedComponent(
        name=refusal.name,
        type=ResolvedComponent.RESPONSE,
        object=refusal.name,
        schema={"description": refusal.words, **_told(refusal, problem)},
    )
    registry.register_on_missing(component)
    reference: Schema = component.ref
    return reference


def _told(refusal: Refusal, problem: Schema) -> Schema:
    return {
        "headers": {**refusal.headers, "X-Request-Id": REQUEST_ID},
        "content": {MEDIA_TYPE: {"schema": problem, "examples": _examples(refusal)}},
    }


def _examples(refusal: Refusal) -> Schema:
    problems = [told for error in refusal.errors if (told := problem_of(error)) is not None]
    shown: Schema = {}
    for told in problems:
        name = told.errors[0].code if told.errors else told.code
        shown[name] = {"summary": told.title, "value": told.document}
    return shown
