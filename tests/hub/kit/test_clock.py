"""Moments are written one way: RFC 3339, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
import time_machine

from hub.kit import clock

INDIA = timezone(timedelta(hours=5, minutes=30))


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 22, 20, 4, tzinfo=UTC), "2026-11-22T20:04:00Z"),
        (datetime(2026, 11, 22, 20, 4, 0, 5, tzinfo=UTC), "2026-11-22T20:04:00.000005Z"),
        (datetime(2026, 11, 23, 1, 34, tzinfo=INDIA), "2026-11-22T20:04:00Z"),
    ],
)
def test_a_moment_is_written_in_utc(moment: datetime, text: str) -> None:
    assert clock.rfc3339(moment) == text


def test_a_moment_without_a_zone_is_not_guessed() -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        clock.rfc3339(datetime(2026, 11, 22))  # noqa: DTZ001 - the fault in question


@time_machine.travel("2026-11-22T20:04:00Z", tick=False)
def test_now_is_aware() -> None:
    assert clock.now() == datetime(2026, 11, 22, 20, 4, tzinfo=UTC)
    assert clock.now().utcoffset() == timedelta(0)
