"""Errors as problem details: RFC 9457."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import singledispatch
from http import HTTPStatus
from typing import Any, Final

from django.core import exceptions as django_exceptions
from django.db import Error as DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions
from rest_framework.settings import api_settings

from hub.api.answers import json_answer
from hub.api.database_errors import hub_error_of
from hub.api.strict_json import escape
from hub.kit.errors import Absent, BodyTooLarge, FieldError, HubError, InvalidInput

MEDIA_TYPE: Final = "application/problem+json"
API_PREFIX: Final = "/api/"


@dataclass(frozen=True)
class Problem:
    """What went wrong, apart from how it is sent."""

    status: int
    code: str
    title: str
    detail: str
    errors: tuple[FieldError, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def document(self) -> dict[str, Any]:
        """Its body."""
        return {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "errors": [error._asdict() for error in self.errors],
        }

    def answer(self, **headers: str) -> HttpResponse:
        """A new response each time: middleware changes responses."""
        return json_answer(
            self.document,
            status=self.status,
            headers={**self.headers, **headers},
            content_type=MEDIA_TYPE,
        )


NOT_FOUND: Final = Problem(
    status=404,
    code="not_found",
    title="Not found",
    detail="There is nothing here that you may read. Every path ends with a slash.",
)
"""The one answer for what is hidden, what never existed, and paths that lead nowhere."""

NOT_AUTHENTICATED: Final = Problem(
    status=401,
    code="not_authenticated",
    title="Not authenticated",
    detail="Send a valid token as “Authorization: Bearer dfh_…”, or sign in.",
    headers={"WWW-Authenticate": 'Bearer realm="hub"'},
)

BAD_REQUEST: Final = Problem(
    status=400,
    code="bad_request",
    title="Bad request",
    detail="The hub cannot read this request.",
)

SERVER_ERROR: Final = Problem(
    status=500,
    code="server_error",
    title="Server error",
    detail="The hub made a mistake; its operators find it in the log under the X-Request-Id.",
)


def is_api(request: HttpRequest) -> bool:
    """Whether errors on this path are told as problem details."""
    return request.path_info.startswith(API_PREFIX)


def exception_handler(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Answer what a view raised; None leaves it to Django, as a server error."""
    view, request = context.get("view"), context.get("request")
    if isinstance(error, DatabaseError):
        safe = getattr(request, "method", None) in {"GET", "HEAD"}
        translated = hub_error_of(error, reading=safe)
        return hub_problem(translated).answer() if translated else None
    problem = problem_of(error)
    if problem is None:
        return None
    if problem.status == HTTPStatus.METHOD_NOT_ALLOWED and view is not None:
        return problem.answer(Allow=", ".join(view.allowed_methods))
    return problem.answer()


@singledispatch
def problem_of(error: Any) -> Problem | None:
    """The problem that tells of an exception; None for one that nobody foresaw."""
    return None


@problem_of.register
def hub_problem(error: HubError) -> Problem:
    """The problem that tells of an error of ours."""
    errors: Iterable[FieldError] = ()
    if isinstance(error, InvalidInput):
        errors = error.errors
    elif error.pointer is not None:
        errors = [FieldError(error.pointer, error.code, error.detail)]
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    return Problem(
        error.status, error.code, error.title, error.detail, tuple(errors), headers=headers
    )


@problem_of.register(Absent)
@problem_of.register(Http404)
@problem_of.register(exceptions.NotFound)
def _(error: Exception) -> Problem:
    return NOT_FOUND


@problem_of.register(exceptions.NotAuthenticated)
@problem_of.register(exceptions.AuthenticationFailed)
def _(error: Exception) -> Problem:
    # One body for every reason: an unknown, an expired and a suspended token look alike.
    return NOT_AUTHENTICATED


@problem_of.register
def _(error: exceptions.APIException) -> Problem:
    status = HTTPStatus(error.status_code)
    code = {403: "not_allowed", 429: "too_many_requests"}.get(status, error.default_code)
    headers = {}
    if isinstance(error, exceptions.Throttled):
        wait = getattr(error, "wait", None)  # not in the stubs
        headers["Retry-After"] = str(max(1, wait or 1))
    return Problem(status, code, status.phrase.capitalize(), str(error.detail), headers=headers)


@problem_of.register
def _(error: exceptions.ValidationError) -> Problem:
    return invalid(field_errors(error.detail))


@problem_of.register
def _(error: django_exceptions.ValidationError) -> Problem:
    by_field = error.error_dict if hasattr(error, "error_dict") else {"": error.error_list}
    return invalid(
        FieldError(
            pointer="" if name in {"", django_exceptions.NON_FIELD_ERRORS} else "/" + escape(name),
            code=part.code or "invalid",
            detail=" ".join(part.messages),
        )
        for name, parts in by_field.items()
        for part in parts
    )


@problem_of.register
def _(error: django_exceptions.PermissionDenied) -> Problem:
    return Problem(403, "not_allowed", "Not allowed", str(error) or "You may not do that.")


@problem_of.register(django_exceptions.SuspiciousOperation)
@problem_of.register(django_exceptions.BadRequest)
def _(error: Exception) -> Problem:
    # What they say is for the log: it may repeat anything that was sent.
    return BAD_REQUEST


@problem_of.register
def _(error: django_exceptions.RequestDataTooBig) -> Problem:
    return hub_problem(BodyTooLarge())


def invalid(errors: Iterable[FieldError]) -> Problem:
    """Input that is wrong in one place or several."""
    found = tuple(errors)
    detail = (
        found[0].detail
        if len(found) == 1
        else f"{len(found)} things are wrong with the input; errors lists them."
    )
    return Problem(400, InvalidInput.code, InvalidInput.title, detail, found)


def field_errors(detail: Any, pointer: str = "") -> Iterator[FieldError]:
    """Flatten the error tree of a serializer: objects, lists by position, lists of messages."""
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            about_whole = key == api_settings.NON_FIELD_ERRORS_KEY
            token = "" if about_whole else "/" + escape(str(key))
            yield from field_errors(inner, pointer + token)
    elif isinstance(detail, list | tuple):
        for index, inner in enumerate(detail):
            is_message = isinstance(inner, str)
            yield from field_errors(inner, pointer if is_message else f"{pointer}/{index}")
    else:
        yield FieldError(pointer, str(getattr(detail, "code", "invalid")), str(detail))
