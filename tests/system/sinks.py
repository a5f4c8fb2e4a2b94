"""The members' own servers, on loopback: each alert is verified and written down."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.receivers import Request, read_request
from tests.system.background import Background


@dataclass(frozen=True)
class Arrival:
    """A verified alert, as it came over the wire."""

    endpoint: str
    id: str
    """Its `webhook-id`."""
    body: bytes
    at: float
    """Seconds since 1970."""

    @cached_property
    def content(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.body)
        return told

    @property
    def sequence(self) -> int:
        return int(self.content["data"]["sequence"])

    @property
    def incident(self) -> dict[str, Any]:
        told: dict[str, Any] = self.content["data"].get("incident", {})
        return told

    @property
    def seconds(self) -> float:
        """From the event's timestamp, in the transaction of the change, to here."""
        return self.at - datetime.fromisoformat(self.content["timestamp"]).timestamp()


class Sink:
    """One server that stands for any number of endpoints, told apart by their paths."""

    def __init__(self, background: Background) -> None:
        self.arrivals: list[Arrival] = []
        self.refused: list[str] = []
        """What did not verify, and why."""
        self.delay_seconds = 0.0
        """How long it takes to answer, after the arrival was written down."""
        self.connections = 0
        self._verifiers: dict[str, Webhook] = {}
        server = background.run(background.serve(self._serve))
        self.port: int = server.sockets[0].getsockname()[1]

    def url(self, endpoint: str) -> str:
        return f"http://127.0.0.1:{self.port}/{endpoint}"

    def trust(self, endpoint: str, secret: str) -> None:
        """Verify what comes to this endpoint with its secret."""
        self._verifiers[endpoint] = Webhook(secret)

    def at(self, endpoint: str) -> list[Arrival]:
        """What came to one endpoint, in order."""
        return [one for one in list(self.arrivals) if one.endpoint == endpoint]

    def about(self, refs: Iterable[str]) -> list[Arrival]:
        """What came about these incidents."""
        wanted = set(refs)
        return [one for one in list(self.arrivals) if one.incident.get("ref") in wanted]

    def contradictions(self) -> list[str]:
        """Alerts that came again with other bytes, or two with one number; none must be."""
        bodies: dict[tuple[str, str], bytes] = {}
        numbers: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
        found = []
        for one in list(self.arrivals):
            if bodies.setdefault((one.endpoint, one.id), one.body) != one.body:
                found.append(f"{one.id} came to {one.endpoint} with other bytes")
            numbers[one.endpoint, one.sequence].add(one.id)
        return found + [f"{at} was given to {ids}" for at, ids in numbers.items() if len(ids) > 1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                request = await read_request(reader)
                status = self._take(request)
                if self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)
                writer.write(b"HTTP/1.1 %d -\r\nContent-Length: 0\r\n\r\n" % status)
                await writer.drain()

    def _take(self, request: Request) -> int:
        endpoint = request.line.split(" ")[1].removeprefix("/")
        try:
            content = self._verifiers[endpoint].verify(request.body, request.headers)
        except (WebhookVerificationError, KeyError, ValueError) as error:
            self.refused.append(f"{endpoint}: {error!r}")
            return 400
        if content["data"]["event_id"] != request.headers["webhook-id"]:
            self.refused.append(f"{endpoint}: webhook-id is not the event's")
            return 400
        message_id = request.headers["webhook-id"]
        self.arrivals.append(Arrival(endpoint, message_id, request.body, time.time()))
        return 200
