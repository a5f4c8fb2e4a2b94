"""The API's documentation for people: Swagger UI, from this hub alone."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import MethodNotAllowed

from hub.api.problems import problem_of

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; "  # Swagger UI's style sheet draws its arrows so
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@csrf_exempt  # changes nothing; another method is 405, whoever sends it
def docs(request: HttpRequest) -> HttpResponse:
    """The page, without a credential; what is tried on it needs one."""
    method = request.method or ""
    if method not in {"GET", "HEAD"}:
        refusal = problem_of(MethodNotAllowed(method))
        assert refusal is not None  # noqa: S101 - for the type checker
        return refusal.answer(Allow="GET, HEAD")
    page = render(request, "api/docs.html", {"schema_url": "/api/v1/schema/"})
    page["Content-Security-Policy"] = POLICY
    return page
