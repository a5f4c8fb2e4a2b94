"""Moments as people type them: as much of them as is known."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final, NamedTuple

from django.utils import timezone

from hub.kit.clock import rfc3339

FORM: Final = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d?)(?:-(?P<day>\d\d?)"
    r"(?:[ T]+(?P<hour>\d\d?)(?::(?P<minute>\d\d)(?::(?P<second>\d\d(?:\.\d{1,6})?))?)?h?"
    r" ?(?P<zone>[Zz]|UTC|[+-]\d\d:?\d\d)?)?)?)?",
    re.ASCII,
)
LENGTHS: Final = {"year": 4, "month": 7, "day": 10}
"""Of a moment as RFC 3339 writes it, how much is known."""


class Moment(NamedTuple):
    """A moment and how exactly it is known."""

    at: str
    """RFC 3339 in UTC."""
    precision: str


def read_moment(text: str) -> Moment:
    """Read `2026`, `2026-11`, `2026-11-22`, `2026-11-22 14` or with minutes and seconds.

    Hours are in the active time zone unless one stands behind; days, months and years are those of
    UTC, as everywhere in the hub. Raises ValueError for anything else.
    """
    match = FORM.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    year, month, day = int(match["year"]), int(match["month"] or 1), int(match["day"] or 1)
    if match["hour"] is None:
        moment = datetime(year, month, day, tzinfo=UTC)
        known = next((name for name in ("day", "month") if match[name]), "year")
        return Moment(rfc3339(moment), known)
    clock = f"{int(match['hour']):02}:{match['minute'] or '00'}:{match['second'] or '00'}"
    naive = datetime.fromisoformat(f"{year:04}-{month:02}-{day:02}T{clock}")
    moment = _in_zone(naive, match["zone"])
    known = next(
        (word for name, word in (("second", "exact"), ("minute", "minute")) if match[name]), "hour"
    )
    return Moment(rfc3339(moment), known)


def _in_zone(naive: datetime, zone: str | None) -> datetime:
    if zone is None:
        return timezone.make_aware(naive)
    offset = "+00:00" if zone in {"Z", "z", "UTC"} else zone
    return datetime.fromisoformat(f"{naive.isoformat()}{offset}")


def write_moment(at: str, precision: str) -> str:
    """As much of a moment as is known; `read_moment` reads back what of it means anything."""
    if precision in LENGTHS:
        return at[: LENGTHS[precision]]
    moment = timezone.localtime(datetime.fromisoformat(at)).replace(tzinfo=None)
    if precision == "hour":
        return f"{moment:%Y-%m-%d %H}"
    if precision == "minute":
        return f"{moment:%Y-%m-%d %H:%M}"
    return moment.isoformat(sep=" ")


def write_instant(moment: datetime | str | None) -> str:
    """A moment that is known to the second, or nothing."""
    if not moment:
        return ""
    at = moment if isinstance(moment, str) else rfc3339(moment)
    return write_moment(at, "exact")
