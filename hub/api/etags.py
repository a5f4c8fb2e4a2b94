"""Strong validators of single resources: RFC 9110, sections 8.8.3 and 13.1."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

from django.http import HttpRequest

from hub.api.answers import to_json
from hub.kit.errors import PreconditionFailed, PreconditionRequired

_TAG: Final = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def etag_of(representation: Any) -> str:
    """The same for equal representations, whatever the order of their keys."""
    return f'"{hashlib.sha256(to_json(representation, canonical=True)).hexdigest()[:32]}"'


def check_if_match(request: HttpRequest, etag: str, *, required: bool = True) -> None:
    """Refuse a change of something that the caller has not seen as it is now.

    Hold the row's lock meanwhile: else two callers with one ETag both pass.

    Raises:
        PreconditionRequired: there is no If-Match, and `required`.
        PreconditionFailed: it names other states only; a weak tag matches none.
    """
    header = request.headers.get("If-Match")
    if header is None:
        if required:
            raise PreconditionRequired(pointer=None)
        return
    if header.strip() != "*" and etag not in _tags(header, weak=False):
        raise PreconditionFailed


def is_known(request: HttpRequest, etag: str) -> bool:
    """Whether If-None-Match says that the caller has this state already."""
    header = request.headers.get("If-None-Match")
    return header is not None and (header.strip() == "*" or etag in _tags(header, weak=True))


def _tags(header: str, *, weak: bool) -> set[str]:
    return {tag for prefix, tag in _TAG.findall(header) if weak or not prefix}
