"""Agreement on the form of a request's body and of its answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from hub.api.parsers import StrictJSONParser

_WEIGHT: Final = re.compile(r"(?:^|;)\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*(?:;|$)", re.IGNORECASE)


class HubNegotiation(BaseContentNegotiation):
    """Exact media types; parameters of the headers change nothing, and no `?format=` either."""

    def select_parser(
        self, request: Request, parsers: Iterable[BaseParser]
    ) -> StrictJSONParser | None:
        """The parser for the body's media type and the method; None if there is none."""
        media_type = request._request.content_type  # noqa: SLF001 - DRF's own property keeps parameters
        for parser in parsers:
            if (
                isinstance(parser, StrictJSONParser)
                and parser.media_type == media_type
                and request.method in parser.methods
            ):
                return parser
        return None

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The renderer that the Accept header likes best; raises NotAcceptable."""
        by_type = {renderer.media_type: renderer for renderer in renderers}
        chosen = _preferred(request.META.get("HTTP_ACCEPT", ""), list(by_type))
        return by_type[chosen], chosen


def _preferred(accept: str, media_types: Sequence[str]) -> str:
    """The first of those that the Accept header likes best; RFC 9110, section 12.5.1."""
    if accept.strip() in {"", "*/*"}:
        return media_types[0]
    ranges = [_range(part) for part in accept.split(",")]
    chosen = max(media_types, key=lambda media_type: _quality(media_type, ranges))
    if not _quality(chosen, ranges):
        raise NotAcceptable(f"The answer comes as {' or '.join(media_types)}.")
    return chosen


def _range(text: str) -> tuple[str, float]:
    name, _, parameters = text.partition(";")
    weight = _WEIGHT.search(parameters)
    return name.strip().lower(), float(weight[1]) if weight else 1.0


def _quality(media_type: str, ranges: Sequence[tuple[str, float]]) -> float:
    # The most specific range that covers the type decides, not the most generous one.
    for wanted in (media_type, media_type.partition("/")[0] + "/*", "*/*"):
        weights = [weight for name, weight in ranges if name == wanted]
        if weights:
            return max(weights)
    return 0.0
