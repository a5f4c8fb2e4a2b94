"""What every request gets before and every answer after the views."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.db import Error as DatabaseError
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from hub.api.database_errors import is_away
from hub.api.handlers import database_away
from hub.api.problems import is_api
from hub.kit.ids import uuid7
from hub.kit.requests import request_id

GetResponse = Callable[[HttpRequest], HttpResponseBase]

REQUEST_ID: Final = "X-Request-Id"

CONTENT_POLICY: Final = "Content-Security-Policy"
API_HEADERS: Final = {
    "Cache-Control": "no-store",
    # Set, not added to: what the views before it looked at must not show in the 404.
    "Vary": "Accept, Authorization, Cookie",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


NOTHING: Final = "default-src 'none'; frame-ancestors 'none'"


class RequestIdMiddleware:
    """Gives each request an id of ours; one that comes with it is not believed."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        name = str(uuid7())
        token = request_id.set(name)
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        response[REQUEST_ID] = name
        return response


class ProblemMiddleware:
    """Answers for a database that is away, and headers of all answers of the API."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if is_api(request):
            for name, value in API_HEADERS.items():
                response[name] = value
            response.headers.setdefault(CONTENT_POLICY, NOTHING)  # a page has one of its own
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """For views outside the API; those inside answer for themselves."""
        if isinstance(error, DatabaseError) and is_away(error):
            return database_away(request)
        return None
