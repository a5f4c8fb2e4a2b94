"""Figures in the API's own documentation, which settings decide."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings

from hub.api.limits import parse_rate

UNITS: Final = {1: "a second", 60: "a minute", 3600: "an hour"}


def with_limits(result: dict[str, Any], generator: Any, **_: Any) -> dict[str, Any]:
    """Write the limits in force into the description of the whole; a hook of the generator."""
    rate = parse_rate(settings.HUB_RATE_TOKEN)
    noun = "request" if rate.count == 1 else "requests"
    words = result["info"]["description"]
    words = words.replace("{limit}", f"{rate.count:,} {noun} {UNITS[rate.seconds]}")
    words = words.replace("{burst}", f"{settings.HUB_RATE_TOKEN_BURST:,}")
    result["info"]["description"] = words
    return result
