"""How many requests one caller may make: a bucket that fills with time, kept in PostgreSQL."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from hub.kit.errors import TooManyRequests

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}

# The generic cell rate algorithm: one moment a bucket, when it will be full again. Each request
# moves it on by what one request takes to come back, unless that would be more than the whole
# bucket away. A refused request changes nothing. The second SELECT sees the row as it was.
_TAKE: Final = """
WITH taken AS (
    INSERT INTO api_ratebucket AS bucket (key, full_at)
    VALUES (%(key)s, statement_timestamp() + %(one)s * interval '1 second')
    ON CONFLICT (key) DO UPDATE
    SET full_at = greatest(bucket.full_at, statement_timestamp()) + %(one)s * interval '1 second'
    WHERE bucket.full_at <= statement_timestamp() + %(rest)s * interval '1 second'
    RETURNING 1
)
SELECT EXISTS (SELECT FROM taken),
       extract(epoch FROM (SELECT full_at FROM api_ratebucket WHERE key = %(key)s)
                          - statement_timestamp())::float8
"""

_GIVE_BACK: Final = """
UPDATE api_ratebucket SET full_at = full_at - %(one)s * interval '1 second' WHERE key = %(key)s
"""


@dataclass(frozen=True)
class Rate:
    """So many in so many seconds."""

    count: int
    seconds: int

    @property
    def seconds_each(self) -> float:
        return self.seconds / self.count


@lru_cache(maxsize=32)
def parse_rate(text: str) -> Rate:
    """Read `1200/m`, `20/s` or `72000/h`; ImproperlyConfigured for anything else."""
    match = re.fullmatch(r"([1-9][0-9]{0,9})/([smh])", text)
    if match is None:
        raise ImproperlyConfigured(f"A rate is written like 1200/m, 20/s or 72000/h, not {text!r}")
    return Rate(int(match[1]), _SECONDS[match[2]])


def take(key: str, *, rate: Rate, burst: int) -> None:
    """Take one from the bucket of `key`, which holds `burst`, in one statement.

    Raises TooManyRequests, saying in how many seconds there will be one.
    """
    each = rate.seconds_each
    rest = each * (burst - 1)
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"key": key, "one": each, "rest": rest})
        granted, seconds_until_full = cursor.fetchone()
    if not granted:
        wait = (seconds_until_full or 0) - rest
        raise TooManyRequests(retry_after=max(1, math.ceil(wait)))


def give_back(key: str, *, rate: Rate) -> None:
    """Put back what was taken from the bucket of `key`, as if it had not been asked for."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, {"key": key, "one": rate.seconds_each})


def count_request(caller_key: str) -> None:
    """Count one request of an authenticated caller. Raises TooManyRequests."""
    take(
        caller_key,
        rate=parse_rate(settings.HUB_RATE_TOKEN),
        burst=settings.HUB_RATE_TOKEN_BURST,
    )


def count_failed_login(address: str) -> None:
    """Count one bad credential from an address. Raises TooManyRequests.

    Asked only after a credential was refused: a good one costs nothing more, and is not locked
    out by bad ones from the same address.
    """
    rate = parse_rate(settings.HUB_RATE_LOGIN)
    take(f"login:{address}", rate=rate, burst=rate.count)
