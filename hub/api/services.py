"""Cleaning up of what the API no longer needs to remember."""

from __future__ import annotations

from hub.api.models import IdempotentAnswer, RateBucket
from hub.kit import clock


def purge_expired_answers() -> int:
    """Delete first answers older than a day; returns how many. Run again, it finds fewer."""
    deleted, _ = IdempotentAnswer.objects.expired().delete()
    return deleted


def purge_full_buckets() -> int:
    """Delete buckets that are full again, which is what an absent one is; returns how many."""
    deleted, _ = RateBucket.objects.filter(full_at__lte=clock.now()).delete()
    return deleted
