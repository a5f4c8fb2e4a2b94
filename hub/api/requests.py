"""A request to the API: who calls, and a body that is read once and never beyond its limit."""

from __future__ import annotations

import hashlib
import io
from functools import cached_property
from typing import Any, Final, cast

from django.http import RawPostDataException
from django.utils.datastructures import MultiValueDict
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request

from hub.api.bodies import read_body
from hub.api.callers import Caller
from hub.api.parsers import StrictJSONParser

DEFAULT_LIMIT_BYTES: Final = 1024 * 1024


class HubRequest(Request):
    """DRF's request, whose body is bounded whatever its parser does."""

    caller: Caller | None = None
    """Left here by the authentication class; None before, and for those without a credential."""
    body_limit_bytes: int = DEFAULT_LIMIT_BYTES

    @cached_property
    def raw_body(self) -> bytes:
        """The body as it was sent; raises as `hub.api.bodies.read_body` does."""
        try:
            return read_body(self._request, limit_bytes=self.body_limit_bytes)
        except RawPostDataException:  # read as a form before, by the CSRF check
            raise self._unsupported() from None

    def body_digest(self) -> bytes:
        """SHA-256 of what was asked, query string and body."""
        query = self._request.META.get("QUERY_STRING", "")
        return hashlib.sha256(query.encode() + b"\n" + self.raw_body).digest()

    def _load_stream(self) -> None:
        self._stream = io.BytesIO(self.raw_body)

    def _parse(self) -> tuple[Any, MultiValueDict[str, Any]]:
        files: MultiValueDict[str, Any] = MultiValueDict()
        if not self.raw_body:
            return {}, files
        parser = (
            self.negotiator.select_parser(self, self.parsers or ()) if self.negotiator else None
        )
        if parser is None:
            raise self._unsupported()
        return parser.parse(self.stream, self.content_type, self.parser_context), files

    def _unsupported(self) -> UnsupportedMediaType:
        parsers = [one for one in self.parsers or () if isinstance(one, StrictJSONParser)]
        known = [parser.media_type for parser in parsers if self.method in parser.methods]
        return UnsupportedMediaType(
            self.content_type, detail=f"Send the body as {' or '.join(known)}."
        )


def hub_request(request: Request) -> HubRequest:
    """The same request, for those whom DRF's types tell less: authentication classes."""
    return cast("HubRequest", request)
