"""A receiver that is faster than all who post to it: raw asyncio, in a process of its own."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any, Final, NamedTuple, cast

from standardwebhooks.webhooks import Webhook

from bench.conversation import answer

OK: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LENGTH: Final = b"content-length:"
START_SECONDS: Final = 10


class Arrival(NamedTuple):
    """A webhook whose signature was verified."""

    id: str
    address: str
    at: float
    """When it was verified, on the monotonic clock, which all processes of a machine share."""


class Sink:
    """Counts what is posted; verifies it if it was told the secrets."""

    def __init__(self) -> None:
        self.count = 0
        self.verifiers: dict[str, Webhook] = {}
        self.arrivals: list[Arrival] = []
        self._loop = asyncio.new_event_loop()

    def listen(self, addresses: list[str], port: int) -> None:
        """Take connections at all of these addresses, in a thread of its own."""
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        opening = self._loop.create_server(
            lambda: _Connection(self), addresses, port, reuse_address=True
        )
        asyncio.run_coroutine_threadsafe(opening, self._loop).result(START_SECONDS)

    def trust(self, secrets: dict[str, str]) -> None:
        """Verify what comes to these addresses, as a member would."""
        self.verifiers = {address: Webhook(secret) for address, secret in secrets.items()}

    def take_arrivals(self) -> list[Arrival]:
        """What was verified since the last call."""
        taken, self.arrivals = self.arrivals, []
        return taken

    def take(self, address: str, head: bytes, body: bytes) -> None:
        """Note one request. Raises WebhookVerificationError, which hangs up, for a bad one."""
        if self.verifiers:
            lines = (line.partition(": ") for line in head.decode().split("\r\n")[1:])
            headers = {name.lower(): value for name, _, value in lines}
            self.verifiers[address].verify(body, headers)
            self.arrivals.append(Arrival(headers["webhook-id"], address, time.monotonic()))
        self.count += 1


class _Connection(asyncio.Protocol):
    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._address: str = transport.get_extra_info("sockname")[0]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._buffer[:end])
            at = head.lower().index(LENGTH) + len(LENGTH)
            length = int(head[at:].split(b"\r\n", 1)[0])
            if len(self._buffer) < end + 4 + length:
                return
            body = bytes(self._buffer[end + 4 : end + 4 + length])
            del self._buffer[: end + 4 + length]
            self._sink.take(self._address, head, body)
            self._transport.write(OK)


def main() -> None:
    sink = Sink()
    commands: dict[str, Any] = {
        "listen": sink.listen,
        "trust": sink.trust,
        "count": lambda: sink.count,
        "arrivals": sink.take_arrivals,
    }
    answer(commands)


if __name__ == "__main__":
    main()
