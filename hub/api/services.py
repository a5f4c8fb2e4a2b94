"""Cleaning up of what the API no longer needs to remember, or must not."""

from __future__ import annotations

from collections.abc import Callable, Collection

from hub.api.models import IdempotentAnswer, RateBucket
from hub.kit import clock, crypto


def purge_expired_answers() -> int:
    """Delete first answers older than a day; returns how many. Run again, it finds fewer."""
    deleted, _ = IdempotentAnswer.objects.expired().delete()
    return deleted


def purge_full_buckets() -> int:
    """Delete buckets that are full again, which is what an absent one is; returns how many."""
    deleted, _ = RateBucket.objects.filter(full_at__lte=clock.now()).delete()
    return deleted


def rewrite_answers(object_ids: Collection[str], change: Callable[[bytes], bytes]) -> None:
    """Change the bodies of first answers about these objects, which are given again as changed.

    In the transaction of what must be forgotten. The rows stay: a request that is sent again must
    not be carried out again.
    """
    for row in IdempotentAnswer.objects.filter(object_id__in=object_ids).select_for_update():
        plaintext = crypto.decrypt(bytes(row.answer), context=row.encryption_context)
        head, _, body = plaintext.partition(b"\n")
        row.answer = crypto.encrypt(head + b"\n" + change(body), context=row.encryption_context)
        row.save(update_fields=["answer"])


def forget_refusals(organisation: str) -> int:
    """Delete what an organisation's requests were refused with; returns how many.

    Refusals repeat what was sent, whatever it was about. Nothing was carried out, so a request that
    is sent again is judged anew and does nothing twice.
    """
    refusals = IdempotentAnswer.objects.filter(organisation=organisation, is_refusal=True)
    deleted, _ = refusals.delete()
    return deleted
