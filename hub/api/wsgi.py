"""The WSGI application's entry, for requests that Django cannot even represent."""

from __future__ import annotations

from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase


class HubWSGIRequest(WSGIRequest):
    """A request whose Content-Type may be anything."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        # Django raises for an RFC 2231 parameter in an unknown charset, before its error handling.
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc] # not in the stubs
        except ValueError:
            self.content_type, self.content_params = "", {}


class HubWSGIHandler(WSGIHandler):
    """Django's handler; make it after `django.setup(set_prefix=False)`."""

    request_class = HubWSGIRequest

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = super().get_response(request)
        # Views answer HEAD as GET; the headers stay, Content-Length among them.
        if request.method == "HEAD" and isinstance(response, HttpResponse):
            response.content = b""
        return response
