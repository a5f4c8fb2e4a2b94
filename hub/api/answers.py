"""Answers in JSON, written as bytes at once."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.utils.functional import Promise

from hub.kit.clock import rfc3339

JSON: Final = "application/json"


def plain(value: object) -> str:
    """What the json module cannot write itself, as representations show it."""
    if isinstance(value, dt.datetime):
        return rfc3339(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, UUID | Promise):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON here")


def to_json(data: Any, *, canonical: bool = False) -> bytes:
    """Compact UTF-8; `canonical` sorts the keys, so that equal data gives equal bytes."""
    text = json.dumps(
        data,
        ensure_ascii=False,
        allow_nan=False,
        separators=(",", ":"),
        sort_keys=canonical,
        default=plain,
    )
    # An error may echo half a surrogate pair; an answer must be UTF-8 all the same.
    return text.encode("utf-8", "replace")


def json_answer(
    data: Any,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    content_type: str = JSON,
) -> HttpResponse:
    """An answer whose body is `data`."""
    return HttpResponse(
        to_json(data), status=status, headers={**(headers or {}), "Content-Type": content_type}
    )
