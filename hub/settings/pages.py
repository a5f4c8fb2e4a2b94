"""Pages: what a browser may load for them, and where their files come from."""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Final

from csp.constants import NONCE, NONE, SELF

from hub.settings import env

# Of every answer that brings none of its own; the API's are stricter.
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],  # Tabler's style sheet draws its check marks and arrows so
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

BUILT: Final = env.ROOT / "ui" / "build"
"""What `make ui` makes of `ui/`; absent where nobody has made it yet."""

STATIC_URL = "static/"
STATIC_ROOT = env.ROOT / "static"
STATICFILES_DIRS: list[tuple[str, Path]] = [("ui", BUILT)] if BUILT.is_dir() else []
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "hub.web.static_files.HubStaticFilesStorage"},
}
# Files that were not collected are served from where they lie, as they were when the hub started.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600  # seconds; a file whose name holds its hash is kept for good
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # the plain names are served from where they lie


def WHITENOISE_ADD_HEADERS_FUNCTION(  # noqa: N802 - WhiteNoise's name
    headers: MutableMapping[str, str], path: str, url: str
) -> None:
    """For a file that somebody opens by itself: an SVG could carry a script."""
    headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"


# The components on one page, for those who build with them.
HUB_DESIGN_PAGE = False
