"""Which bodies the API reads: strict JSON, and merge patches for PATCH."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, Final

from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser

from hub.api.strict_json import loads

_UTF8: Final = frozenset({"utf-8", "utf8"})


class StrictJSONParser(BaseParser):
    """application/json in UTF-8, read by `hub.api.strict_json`."""

    media_type = "application/json"
    methods: frozenset[str] = frozenset({"POST", "PUT", "PATCH"})

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Raises MalformedJSON, and UnsupportedMediaType for another charset than UTF-8."""
        request = (parser_context or {})["request"]
        charset = request._request.content_params.get("charset", "utf-8")  # noqa: SLF001 - DRF's name
        if charset.lower() not in _UTF8:
            raise UnsupportedMediaType(self.media_type, detail="JSON is sent in UTF-8.")
        return loads(stream.read())


class MergePatchParser(StrictJSONParser):
    """application/merge-patch+json: RFC 7396."""

    media_type = "application/merge-patch+json"
    methods = frozenset({"PATCH"})
