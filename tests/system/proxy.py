"""A way to a broker that can be stalled, cut and closed, whatever broker it is."""

from __future__ import annotations

import asyncio
import contextlib
from urllib.parse import urlsplit

from tests.system.background import Background

LOOPBACK = "127.0.0.1"
DEFAULT_PORTS = {"redis": 6379, "amqp": 5672}
BLOCK_BYTES = 65_536


class Proxy:
    """Passes bytes between processes of a hub and a broker, as long as it is let."""

    def __init__(self, background: Background, url: str) -> None:
        parts = urlsplit(url)
        self._upstream = (parts.hostname or LOOPBACK, parts.port or DEFAULT_PORTS[parts.scheme])
        self._background = background
        self._open: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._server: asyncio.Server | None = None
        self.port = 0
        self.listen()
        credentials, at, _ = parts.netloc.rpartition("@")
        self.url = parts._replace(netloc=f"{credentials}{at}{LOOPBACK}:{self.port}").geturl()

    def listen(self) -> None:
        """Take connections; after `close`, again and at the same port."""
        self._background.run(self._listen())

    def stall(self) -> None:
        """Accept connections, and pass nothing in any direction: a broker under SIGSTOP."""
        self._background.loop.call_soon_threadsafe(self._flows.clear)

    def resume(self) -> None:
        """Pass again, first what came meanwhile."""
        self._background.loop.call_soon_threadsafe(self._flows.set)

    def close(self) -> None:
        """Cut every connection and refuse new ones: a broker that was killed."""
        self._background.run(self._close())

    async def _listen(self) -> None:
        self._server = await self._background.serve(self._serve, port=self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            await self._flows.wait()
            up_reader, up_writer = await asyncio.open_connection(*self._upstream)
            self._open.add(up_writer)
            try:
                ways = [self._pass(reader, up_writer), self._pass(up_reader, writer)]
                passing = [asyncio.ensure_future(way) for way in ways]
                await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
                for way in passing:
                    way.cancel()
                await asyncio.gather(*passing, return_exceptions=True)
            finally:
                self._open.discard(up_writer)
                up_writer.transport.abort()
        except OSError:
            pass  # whoever asks finds out by the connection that ends
        finally:
            self._open.discard(writer)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(BLOCK_BYTES):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
