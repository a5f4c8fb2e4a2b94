"""Answers in HTML: a whole page, or the part of it that htmx asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

VARY: Final = ("HX-Request", "HX-Boosted")
TRIGGER: Final = "HX-Trigger"


def wants_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page; a boosted link asks for all of it."""
    return "HX-Request" in request.headers and "HX-Boosted" not in request.headers


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    fragment: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render the page, or only its `fragment` template when htmx asks for it.

    The page includes the fragment, so both ways show the same HTML, and a browser without
    JavaScript loses nothing but speed. What `django.contrib.messages` holds for this person
    stands in the page as toasts; a fragment brings it in a header that `ui/src/toasts.js` reads.
    """
    if fragment is not None and wants_fragment(request):
        response = render(request, fragment, dict(context), status=status)
        _carry_toasts(request, response)
    else:
        response = render(request, template, dict(context), status=status)
    patch_vary_headers(response, VARY)
    return response


def _carry_toasts(request: HttpRequest, response: HttpResponse) -> None:
    toasts = [
        {"text": str(message), "level": message.level_tag}
        for message in messages.get_messages(request)
    ]
    if toasts:
        # json.dumps writes ASCII, as a header must be.
        response[TRIGGER] = json.dumps({"toasts": toasts})
