"""Servers of the tests themselves: an event loop that runs beside them, in a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
PATIENCE_SECONDS = 10
LAST_TURNS = 3
"""Of the loop, in which connections are given back after they were cut."""


class Background:
    """An event loop in a thread of its own; what still runs in it ends with the block."""

    def __enter__(self) -> Self:
        self.loop = asyncio.new_event_loop()
        self._servers: list[asyncio.Server] = []
        self._thread = threading.Thread(target=self.loop.run_forever, name="background")
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self.run(self._end())
        finally:
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join()
            self.loop.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it in the loop, and wait for what it returns."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE_SECONDS)

    async def serve(self, script: Serve, *, port: int = 0) -> asyncio.Server:
        """Run the script on every connection to a port of loopback, and cut it afterwards."""

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await script(reader, writer)
            except asyncio.CancelledError:
                pass  # the end: asyncio's own callback would ask for the reason
            finally:
                writer.transport.abort()

        server = await asyncio.start_server(connected, "127.0.0.1", port)
        self._servers.append(server)
        return server

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for _ in range(LAST_TURNS):
            await asyncio.sleep(0)
