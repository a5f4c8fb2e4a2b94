"""Connections that lead only where webhooks may go, and bring back only as much as they may.

Built on aiohttp 3.14, whose connector asks its resolver for names only: addresses written out
must be checked before, which `hub.kit.webhook_urls` does.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache, partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, cast

from aiohttp import ClientRequest, ClientTimeout, TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection

from hub.kit.addresses import Address, Network, is_public, lies_in, unwrap

if TYPE_CHECKING:
    from aiohttp.client_reqrep import ConnectionKey
    from aiohttp.tracing import Trace

logger = logging.getLogger(__name__)

KEEPALIVE_SECONDS: Final = 15
"""How long an idle connection may be used again without asking DNS anew."""

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""From host and port to addresses in text; raises OSError when there are none."""


class AddressRefused(OSError):
    """A name resolves to an address that webhooks may not reach."""


@dataclass
class Trail:
    """What one attempt came across, for whoever has to write it down."""

    address: str | None = None
    """The address connected to, or the first one tried."""
    protocol: BoundedHandler | None = None


trail: Final[ContextVar[Trail]] = ContextVar("trail")
"""The trail of the attempt that runs in this context; set it before asking for a connection."""


@lru_cache(maxsize=1)
def system_trust() -> ssl.SSLContext:
    """Certificates are checked against the system's authorities, which takes a while to load."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


async def resolve_by_system(host: str, port: int) -> list[str]:
    """Ask the system's resolver, in a thread of its own.

    Not in a pool: a few names whose servers never answer would fill it, and hold up both the
    look-ups of all others and the end of the process, which waits for pools but not for these.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def settle(addresses: list[str], error: OSError | None) -> None:
        if answer.done():  # nobody waits any more
            return
        if error is None:
            answer.set_result(addresses)
        else:
            answer.set_exception(error)

    def look_up() -> None:
        addresses: list[str] = []
        failure: OSError | None = None
        try:
            found = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
            )
            addresses = [str(sockaddr[0]) for *_, sockaddr in found]
        except OSError as error:
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop may be closed by now
            loop.call_soon_threadsafe(settle, addresses, failure)

    threading.Thread(target=look_up, name=f"resolve {host}", daemon=True).start()
    return await answer


class GuardedResolver(AbstractResolver):
    """Resolves a name once, and refuses it if any of its addresses may not be reached.

    Any, not all: a name with a public and an internal address would otherwise be a matter of
    luck. aiohttp connects to exactly the addresses given back, so nobody asks DNS a second time.
    """

    def __init__(self, resolve: Resolve, *, allow: Sequence[Network], seconds: float) -> None:
        self._resolve = resolve
        self._allow = allow
        self._seconds = seconds

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        addresses = await self._look_up(host, port)
        for address in addresses:
            if not (is_public(address) or lies_in(address, self._allow)):
                # For the operator only: to a member it would tell what internal names resolve to.
                logger.warning(
                    "Webhook address refused", extra={"host": host, "address": str(address)}
                )
                raise AddressRefused("The name resolves to an address that is not public")
        trail.get().address = str(addresses[0])
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def _look_up(self, host: str, port: int) -> list[Address]:
        try:
            async with asyncio.timeout(self._seconds):
                found = await self._resolve(host, port)
            addresses = list(dict.fromkeys(unwrap(ip_address(text)) for text in found))
        except (TimeoutError, ValueError) as error:
            raise OSError("The name did not resolve in time, or not to addresses") from error
        if not addresses:
            raise OSError("The name has no address")
        return addresses

    async def close(self) -> None:
        """There is nothing to give back."""


class BoundedHandler(ResponseHandler):
    """An HTTP/1.1 connection that hangs up on answers, head and body together, above `limit`.

    Counted where bytes come in, before any parser: interim answers, endless heads and chunks of
    one byte count like the rest, and never more than `limit` bytes of an answer are held.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, *, limit: int) -> None:
        super().__init__(loop)
        self._limit = limit
        self.address: str | None = None
        self.answers = 0
        self.received_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        # None if the other side has hung up already.
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if peer else None

    def expect_answer(self) -> None:
        """Start counting anew, for the next answer on this connection."""
        self.answers += 1
        self.received_bytes = 0

    @property
    def overflowed(self) -> bool:
        """True once an answer went above the limit."""
        return self.received_bytes > self._limit

    @property
    def went_stale(self) -> bool:
        """True if it served before, and has brought nothing of the answer now awaited.

        The other side has then most likely hung up just before the request reached it.
        """
        return self.answers > 1 and self.received_bytes == 0

    def data_received(self, data: bytes) -> None:
        room = self._limit - self.received_bytes
        if room < 0:
            return
        self.received_bytes += len(data)
        super().data_received(data[:room])
        # The parser may have hung up by itself, over what it could not read.
        if len(data) > room and self.transport is not None:
            self.transport.abort()


class GuardedConnector(TCPConnector):
    """Opens guarded, bounded connections, and keeps a bounded number of idle ones.

    How many are open at the same time is left to whoever asks for them: waiting here would count
    against the time that an attempt may take.
    """

    def __init__(
        self,
        *,
        resolver: GuardedResolver,
        trust: ssl.SSLContext,
        answer_bytes: int,
        idle_connections: int,
    ) -> None:
        super().__init__(
            resolver=resolver,
            ssl=trust,
            use_dns_cache=False,
            limit=0,
            keepalive_timeout=KEEPALIVE_SECONDS,
        )
        self._idle_connections = idle_connections
        self._factory = cast(
            "partial[ResponseHandler]",
            partial(BoundedHandler, loop=self._loop, limit=answer_bytes),
        )

    async def connect(
        self,
        req: ClientRequest,
        traces: list[Trace],
        timeout: ClientTimeout,  # noqa: ASYNC109 - aiohttp's signature
    ) -> Connection:
        connection = await super().connect(req, traces, timeout)
        protocol = cast("BoundedHandler", connection.protocol)
        protocol.expect_answer()
        here = trail.get()
        here.protocol = protocol
        here.address = protocol.address or here.address
        return connection

    def _release(
        self, key: ConnectionKey, protocol: ResponseHandler, *, should_close: bool = False
    ) -> None:
        # aiohttp's own limit does not count idle connections.
        full = sum(map(len, self._conns.values())) >= self._idle_connections
        super()._release(key, protocol, should_close=should_close or full)
