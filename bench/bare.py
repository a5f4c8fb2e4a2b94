"""The least that signing and posting can take: an aiohttp loop that remembers nothing."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from bench.conversation import answer
from bench.failure import BenchError
from hub.kit import signing

AT_ONCE: Final = 100
"""Posts under way, as many as a run of the hub's engine has."""


@dataclass(frozen=True)
class Webhook:
    url: str
    secret: bytes
    id: str
    body: bytes


_webhooks: list[Webhook] = []


def take(webhooks: list[dict[str, str]]) -> None:
    """Remember what to send."""
    _webhooks[:] = [
        Webhook(one["url"], signing.decode_secret(one["secret"]), one["id"], one["body"].encode())
        for one in webhooks
    ]


def deliver(number: int) -> int:
    """Sign and post as many, in turn; how many it was."""
    asyncio.run(_deliver(itertools.islice(itertools.cycle(_webhooks), number)))
    return number


async def _deliver(webhooks: Iterator[Webhook]) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as session:
        await asyncio.gather(*(_post_all(session, webhooks) for _ in range(AT_ONCE)))


async def _post_all(session: aiohttp.ClientSession, webhooks: Iterator[Webhook]) -> None:
    for one in webhooks:
        timestamp = int(time.time())
        signature = signing.sign(one.secret, message_id=one.id, timestamp=timestamp, body=one.body)
        headers = {
            "content-type": "application/json",
            "webhook-id": one.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature,
        }
        async with session.post(one.url, data=one.body, headers=headers) as response:
            await response.read()
            if response.status != 200:
                raise BenchError(f"The sink answered {response.status}.")


COMMANDS: Final[dict[str, Any]] = {"take": take, "deliver": deliver}

if __name__ == "__main__":
    answer(COMMANDS)
