"""Has posts begin in a row rather than all at once."""

from __future__ import annotations

import asyncio
from typing import Final

PLACES: Final = 24
SECONDS: Final = 0.01
"""How long a post keeps its place at most: slow receivers hold up nobody."""


class Runway:
    """Few posts at a time connect and send, so that the first do not wait for the last.

    An event loop takes all that begin at once through each step together: of 200, the first would
    be sent when the last has its connection.
    """

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(PLACES)

    async def take(self) -> Place:
        """Wait for a place, in the order of asking."""
        await self._free.acquire()
        return Place(self._free)


class Place:
    """A place on the runway, given back by `leave` or after a moment."""

    def __init__(self, free: asyncio.Semaphore) -> None:
        self._free: asyncio.Semaphore | None = free
        self._timer = asyncio.get_running_loop().call_later(SECONDS, self.leave)

    def leave(self) -> None:
        """Let the next one begin; a second time, nothing happens."""
        if self._free is not None:
            self._timer.cancel()
            self._free.release()
            self._free = None
