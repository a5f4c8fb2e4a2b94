"""The time, and how it is written."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils import timezone


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return timezone.now()


def rfc3339(moment: datetime) -> str:
    """Write a moment in UTC with a Z, as 2026-11-22T20:04:00Z; microseconds only if there are any.

    Raises ValueError for a moment without a time zone, whose meaning would be a guess.
    """
    if moment.utcoffset() is None:
        raise ValueError("A moment needs a time zone: use hub.kit.clock.now()")
    return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"
