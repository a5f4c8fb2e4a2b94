"""Ways to post in tests so that nothing leaves the machine."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

import aiohappyeyeballs

from hub.kit.answers import Answer
from hub.kit.outgoing import Limits, Poster
from tests import receivers
from tests.receivers import Receiver, Script, Trust

LOOPBACK = [ip_network("127.0.0.0/8")]
SHORT = Limits(total_seconds=0.6, connect_seconds=0.4, resolve_seconds=0.2)
"""For what is meant to end by the clock; all else has time, however busy the machine."""

PUBLIC = "93.184.215.14"
NAME = "hooks.member-a.example"
URL = f"https://{NAME}/hook"


def post_to(script: Script, *, limits: Limits | None = None) -> Answer:
    """What came of one post to a receiver that runs `script`."""

    async def run() -> Answer:
        async with (
            Receiver(script) as receiver,
            Poster(allow=LOOPBACK, limits=limits or Limits()) as poster,
        ):
            return await poster.post(receiver.url, body=b'{"a":1}', headers={"webhook-id": "evt_1"})

    return asyncio.run(run())


@dataclass
class StubResolver:
    """Answers look-ups from a list, one after the other, the last one for ever."""

    answers: Sequence[list[str] | OSError]
    asked: list[tuple[str, int]] = field(default_factory=list)

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append((host, port))
        answer = self.answers[min(len(self.asked), len(self.answers)) - 1]
        if isinstance(answer, OSError):
            raise answer
        return answer


@dataclass
class Detour:
    """Where connections wanted to go; all of them end at one port of loopback instead."""

    port: int = 0
    wanted: list[list[tuple[Any, ...]]] = field(default_factory=list)

    async def start_connection(
        self, addr_infos: Sequence[tuple[Any, ...]], **options: Any
    ) -> socket.socket:
        self.wanted.append([info[4][:2] for info in addr_infos])
        local = (
            socket.AF_INET,
            socket.SOCK_STREAM,
            socket.IPPROTO_TCP,
            "",
            ("127.0.0.1", self.port),
        )
        return await start_connection([local])


start_connection = aiohappyeyeballs.start_connection


def post_by_detour(
    url: str,
    resolver: StubResolver,
    *,
    detour: Detour | None = None,
    trust: Trust,
    script: Script = receivers.serve_well,
    times: int = 1,
    allow: Sequence[str] = (),
) -> list[Answer]:
    """What came of posting `times` times by TLS to where `resolver` says, by way of `detour`."""

    async def run() -> list[Answer]:
        networks = [ip_network(text) for text in allow]
        async with (
            Receiver(script, tls=trust.server) as receiver,
            Poster(allow=networks, resolve=resolver, trust=trust.client) as poster,
        ):
            (detour or Detour()).port = receiver.port
            return [await poster.post(url, body=b"{}", headers={}) for _ in range(times)]

    return asyncio.run(run())
