"""The look that a browser has chosen: light, dark, or as its system says."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

COOKIE: Final = "theme"
COOKIE_SECONDS: Final = 365 * 24 * 3600
SYSTEM: Final = "system"
THEMES: Final = ("light", "dark", SYSTEM)


def theme_of(request: HttpRequest) -> str:
    """One of `THEMES`; a cookie that says anything else counts as `system`."""
    chosen = request.COOKIES.get(COOKIE, "")
    return chosen if chosen in THEMES else SYSTEM


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Keep the choice in a cookie and go back to where it was made."""
    chosen = request.POST.get("theme", "")
    if chosen not in THEMES:
        return HttpResponseBadRequest()
    response = redirect(_back(request))
    keep_theme(response, request, chosen)
    return response


def keep_theme(response: HttpResponse, request: HttpRequest, theme: str) -> None:
    """Have the browser keep a choice; what is none of `THEMES` changes nothing."""
    if theme in THEMES:
        response.set_cookie(
            COOKIE,
            theme,
            max_age=COOKIE_SECONDS,
            secure=request.is_secure(),
            samesite="Lax",
            # Not httponly: the script that changes the look without a reload writes it too.
        )


def _back(request: HttpRequest) -> str:
    """Path and query of the page that was left, if it was one of ours."""
    came_from = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(came_from, {request.get_host()}):
        return "/"
    parts = urlsplit(came_from)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    return path if url_has_allowed_host_and_scheme(path, None) else "/"
