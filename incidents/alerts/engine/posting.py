"""One attempt: signed as Standard Webhooks 1.0 asks, and posted."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple, Protocol
from uuid import UUID

from hub.kit import crypto, signing
from hub.kit.answers import Answer
from hub.kit.failpoints import failpoint
from hub.kit.ids import event_id
from incidents.alerts.engine.claim import Sending
from incidents.alerts.services.endpoints import secret_context

UNREADABLE_SECRET = "unreadable_secret"  # noqa: S105 - names an error
"""Error class of an attempt that could not be signed, since a key is missing from the ring."""


class Post(Protocol):
    """Posts once; `hub.kit.outgoing.Poster.post` in life."""

    async def __call__(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer: ...


class Result(NamedTuple):
    """How one attempt went."""

    sending: Sending
    answer: Answer
    error: str
    """Empty if an answer came."""
    ended: float
    """On the monotonic clock, in seconds."""


async def attempt(sending: Sending, post: Post) -> Result:
    """Sign and post. No transaction is open, whatever the receiver does."""
    try:
        secret = _secret(sending.endpoint_id, sending.secret)
    except crypto.CannotDecrypt:
        nothing = Answer(
            status=None, body=b"", duration_ms=0, address=None, error=None, retry_after_seconds=None
        )
        return Result(sending, nothing, UNREADABLE_SECRET, time.monotonic())
    body = sending.body.encode()
    answer = await post(
        sending.url, body=body, headers=signed_headers(sending.event_id, body, secret)
    )
    failpoint("engine.posted")
    return Result(sending, answer, answer.error or "", time.monotonic())


def signed_headers(event: UUID, body: bytes, secret: bytes) -> dict[str, str]:
    """The headers of a webhook that is posted now."""
    message_id, timestamp = event_id(event), int(time.time())
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signing.sign(
            secret, message_id=message_id, timestamp=timestamp, body=body
        ),
    }


@lru_cache(maxsize=4096)
def _secret(endpoint_id: UUID, encrypted: bytes) -> bytes:
    return crypto.decrypt(encrypted, context=secret_context(endpoint_id))
