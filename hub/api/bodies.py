"""The body of a request, read once and never beyond its limit."""

from __future__ import annotations

import contextlib
from typing import Any, Final

from django.http import HttpRequest, UnreadablePostError

from hub.kit.errors import BodyTooLarge, HubError, InvalidInput

DRAINED_BYTES: Final = 32 * 1024 * 1024
"""Of a body that is too large, so much is read and thrown away: a client that is still sending
when the connection closes sees a broken connection instead of the 413."""

_CHUNK_BYTES: Final = 64 * 1024


class LengthRequired(HubError):
    """Send Content-Length: this server does not read bodies in chunks."""

    code = "length_required"
    status = 411
    title = "Content-Length required"


def read_body(request: HttpRequest, *, limit_bytes: int) -> bytes:
    """The whole body, sent with a length or in chunks.

    Raises:
        BodyTooLarge: it is, or says it is, longer than the limit; no more than that is kept.
        LengthRequired: it comes in chunks and the server does not undo them.
        InvalidInput: the connection ended before the body did.
        RawPostDataException: somebody before us has read it as a form.
    """
    declared = _declared_bytes(request)
    if hasattr(request, "_body") or getattr(request, "_read_started", False):
        body = request.body  # somebody before us has read it, such as the CSRF check
        if len(body) > limit_bytes:
            raise _too_large(limit_bytes)
        return body
    stream = _chunks(request) if "HTTP_TRANSFER_ENCODING" in request.META else request
    if declared is not None and declared > limit_bytes:
        _drain(stream)
        raise _too_large(limit_bytes)
    body = _read(stream, limit_bytes=limit_bytes + 1)
    if len(body) > limit_bytes:
        _drain(stream)
        raise _too_large(limit_bytes)
    if len(body) < (declared or 0):
        raise _cut_short()
    return body


def _declared_bytes(request: HttpRequest) -> int | None:
    text = request.META.get("CONTENT_LENGTH") or ""
    # Servers refuse what is no number; Django reads nothing then.
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _chunks(request: HttpRequest) -> Any:
    # Django reads as many bytes as Content-Length says, which chunks have not. A server that
    # undoes the chunks and marks their end says so: https://wsgi.readthedocs.io/ proposals.
    if not request.META.get("wsgi.input_terminated"):
        raise LengthRequired
    return request.META["wsgi.input"]


def _read(stream: Any, *, limit_bytes: int) -> bytes:
    parts = []
    left = limit_bytes
    try:
        while left > 0 and (part := stream.read(min(left, _CHUNK_BYTES))):
            parts.append(part)
            left -= len(part)
    except (UnreadablePostError, OSError):
        raise _cut_short() from None
    return b"".join(parts)


def _drain(stream: Any) -> None:
    left = DRAINED_BYTES
    with contextlib.suppress(UnreadablePostError, OSError):
        while left > 0 and (part := stream.read(min(left, _CHUNK_BYTES))):
            left -= len(part)


def _too_large(limit_bytes: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body may have up to {limit_bytes} bytes.")


def _cut_short() -> InvalidInput:
    return InvalidInput("The connection ended before the body did.", code="body_cut_short")
