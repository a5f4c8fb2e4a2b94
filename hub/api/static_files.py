"""The few files that pages are made with, straight from the packages that bring them."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from hub.api.etags import is_known

_KEPT_FILES: Final = 64
_HEADERS: Final = {
    "Cache-Control": "public, max-age=3600",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Vary": "Accept-Encoding",
}


class StaticFile(NamedTuple):
    """A file as it is sent."""

    content: bytes
    compressed: bytes
    media_type: str
    etag: str


@require_safe
def static_file(request: HttpRequest, path: str) -> HttpResponse:
    """One file; compressed for those who take it so."""
    found = _find(path)
    file = _read(found, found.stat().st_mtime_ns)
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    etag = f'"{file.etag}{"-gzip" if packed else ""}"'
    headers = {**_HEADERS, "ETag": etag}
    if is_known(request, etag):
        return HttpResponse(status=304, headers=headers)
    if packed:
        headers["Content-Encoding"] = "gzip"
    content = file.compressed if packed else file.content
    return HttpResponse(content, content_type=file.media_type, headers=headers)


def _find(path: str) -> Path:
    try:
        found = finders.find(path)
    except (SuspiciousFileOperation, ValueError):  # a path that leads out, or U+0000 in it
        found = None
    if not isinstance(found, str) or not Path(found).is_file():
        raise Http404
    return Path(found)


@lru_cache(maxsize=_KEPT_FILES)
def _read(path: Path, changed_ns: int) -> StaticFile:
    content = path.read_bytes()
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if media_type.startswith("text/"):
        media_type += "; charset=utf-8"
    return StaticFile(
        content=content,
        compressed=gzip.compress(content, mtime=0),
        media_type=media_type,
        etag=hashlib.sha256(content).hexdigest()[:32],
    )
