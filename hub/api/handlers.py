"""Pages of Django's own for errors outside views, and what the API answers in their place."""

from __future__ import annotations

import sys

from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control
from django.views import csrf, defaults

from hub.api.database_errors import away, is_away
from hub.api.problems import BAD_REQUEST, NOT_FOUND, SERVER_ERROR, hub_problem, is_api, problem_of
from hub.kit.errors import NotAllowed


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """For `handler400`."""
    if is_api(request):
        return (problem_of(exception) or BAD_REQUEST).answer()
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """For `handler403`."""
    if is_api(request):
        return hub_problem(NotAllowed()).answer()
    return _never_kept(defaults.permission_denied(request, exception))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """For `handler404`, and as the view behind every path under `/api/` that leads nowhere."""
    if is_api(request):
        return NOT_FOUND.answer()
    return _never_kept(defaults.page_not_found(request, exception or Exception()))


def _never_kept(response: HttpResponse) -> HttpResponse:
    """Whether there is such a page depends on who asks and when: no cache may remember it."""
    # Without Expires, in which two answers would differ.
    patch_cache_control(response, private=True, no_store=True)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """For `handler500`. Errors of middleware come here too, a lost database among them."""
    error = sys.exc_info()[1]
    if isinstance(error, DatabaseError) and is_away(error):
        return database_away(request)
    if is_api(request):
        return SERVER_ERROR.answer()
    return defaults.server_error(request)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """For `CSRF_FAILURE_VIEW`."""
    if not is_api(request):
        return csrf.csrf_failure(request, reason=reason)
    detail = "Send the X-CSRFToken header with the value of the csrftoken cookie."
    return hub_problem(NotAllowed(detail, code="csrf_failed")).answer()


def database_away(request: HttpRequest) -> HttpResponse:
    """503 while the database does not answer: a problem, or a page for people."""
    error = away()
    if is_api(request) or not request.accepts("text/html"):
        return hub_problem(error).answer()
    return HttpResponse(
        render_to_string("503.html"),
        status=error.status,
        headers={"Retry-After": str(error.retry_after)},
    )
