"""A run of the engine: claims, posts and records, overlapping, until nothing is left to send."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from uuid import UUID, uuid4

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from hub.kit.outgoing import Poster
from incidents.alerts.engine.claim import Claimed, Sending, claim
from incidents.alerts.engine.desk import Desk
from incidents.alerts.engine.posting import Post, Result, attempt
from incidents.alerts.engine.record import record_results
from incidents.alerts.engine.runway import Runway

logger = logging.getLogger(__name__)

QUICK = 200
"""Posts that a run has under way, not counting those that dawdle."""

DAWDLES_SECONDS = 1.0
"""A post that takes longer gives its place to another, so that slow receivers delay nobody."""

OPEN = 500
"""Posts that a run has under way in all; each holds a socket."""

FIRST_CLAIM = 110
"""Claimed by a run that has nothing under way: these shall not wait for the claim of more."""

FIRST_PAUSE_SECONDS = 0.06
"""How long they have the processor for themselves: to claim more meanwhile slows them down."""

SMALLEST_CLAIM = 50
"""Places that must be free before more is claimed: a claim costs nearly the same for one."""

ENOUGH_RESULTS = 100
"""Results that are recorded without waiting for more."""

PAUSE_SECONDS = 0.02
"""Longest wait for more results; the leases of those that are there hold up their endpoints."""

IDLE_PAUSE_SECONDS = 0.05
"""The same, as long as nothing happens: how soon a run that waits for answers sees new work."""

CLAIM_SECONDS = 40
"""How long a run claims: with the posts under way then it is over before the broker, whose limit
is 60 s, gives its message to somebody else."""

LONGEST_OUTAGE_SECONDS = 30
"""How long a run tries to write to a database that fails; its leases are over by then."""

NOT_ASKED = Claimed([], is_progress=False)
"""Of a turn that had no place for more: whether anything is left, it cannot say."""


class Outcome(NamedTuple):
    """What a run did."""

    attempts: int
    recorded: int


def never() -> bool:
    """Nothing asks to stop."""
    return False


def deliver_due(
    *,
    should_stop: Callable[[], bool] = never,
    claim_seconds: float = CLAIM_SECONDS,
    post: Post | None = None,
) -> Outcome:
    """Send what is due, until nothing is left or the time is over.

    Posts that are under way at the end, or when `should_stop` says so, are waited for and recorded.
    Any number may run at once. Posts from a thread of its own, so that the caller's can wait for
    the database.
    """
    desk = Desk()
    with ThreadPoolExecutor(1, thread_name_prefix="alerts-posts") as thread:
        running = thread.submit(
            lambda: asyncio.run(_deliver(desk, should_stop, claim_seconds, post))
        )
        running.add_done_callback(lambda _: desk.close())
        desk.work_until_closed()
        return running.result()


async def _deliver(
    desk: Desk, should_stop: Callable[[], bool], claim_seconds: float, post: Post | None
) -> Outcome:
    claims_until = asyncio.get_running_loop().time() + claim_seconds
    async with Poster(allow=settings.HUB_WEBHOOK_ALLOW, connections=OPEN) as poster:
        run = _Run(post or poster.post, desk, should_stop, claims_until)
        return await run.until_nothing_is_left()


def _close_connection() -> None:
    connection.close()


def _pause_seconds(claimed: Claimed, *, begins: bool, had_results: bool) -> float:
    """Longest wait for more results, after a turn."""
    if begins:
        return FIRST_PAUSE_SECONDS
    return PAUSE_SECONDS if had_results or claimed.sendings else IDLE_PAUSE_SECONDS


class _Run:
    def __init__(
        self,
        post: Post,
        desk: Desk,
        should_stop: Callable[[], bool],
        claims_until: float,
    ) -> None:
        self._id: UUID = uuid4()
        self._post = post
        self._desk = desk
        self._should_stop = should_stop
        self._claims_until = claims_until
        self._loop = asyncio.get_running_loop()
        self._under_way: dict[asyncio.Task[None], float] = {}
        self._results: list[Result] = []
        self._ready = asyncio.Event()
        self._runway = Runway()
        self._attempts = 0
        self._recorded = 0

    async def until_nothing_is_left(self) -> Outcome:
        while True:
            had_results = bool(self._results)
            begins = not self._under_way and not had_results
            claimed = await self._turn(FIRST_CLAIM if begins else QUICK)
            for sending in claimed.sendings:
                self._start(sending)
            if not self._under_way and not self._results:
                # What was under way may have ended while there was no place to claim more.
                if self._is_over() or not (claimed.is_progress or claimed is NOT_ASKED):
                    break
            elif not claimed.is_progress:
                await self._gather(_pause_seconds(claimed, begins=begins, had_results=had_results))
        outcome = Outcome(self._attempts, self._recorded)
        if outcome.attempts:
            logger.info("Alerts sent", extra=outcome._asdict())
        return outcome

    def _is_over(self) -> bool:
        return self._should_stop() or self._loop.time() >= self._claims_until

    def _places(self) -> int:
        """How many more may be posted at the same time."""
        since = self._loop.time() - DAWDLES_SECONDS
        quick = sum(started > since for started in self._under_way.values())
        return min(QUICK - quick, OPEN - len(self._under_way))

    async def _turn(self, most: int) -> Claimed:
        """Record what has come in, and claim more if it is worth it, in the caller's thread."""
        places = 0 if self._is_over() else min(most, self._places())
        limit = places if places >= SMALLEST_CLAIM else 0
        first_failure = None
        while True:
            try:
                return await self._loop.run_in_executor(self._desk, self._work, limit)
            except (DatabaseError, InterfaceError):
                now = time.monotonic()
                first_failure = first_failure or now
                if now - first_failure > LONGEST_OUTAGE_SECONDS:
                    raise
                logger.warning("Database fails, trying again", exc_info=True)
                await self._loop.run_in_executor(self._desk, _close_connection)
                await asyncio.sleep(0.5)

    def _work(self, limit: int) -> Claimed:
        """Runs in the caller's thread, while posts go on."""
        results, number = self._results, len(self._results)
        if number:
            self._recorded += record_results(results[:number], run_id=self._id)
            del results[:number]
        return claim(limit=limit, run_id=self._id) if limit else NOT_ASKED

    def _start(self, sending: Sending) -> None:
        task = self._loop.create_task(self._attempt(sending))
        self._under_way[task] = self._loop.time()
        task.add_done_callback(self._ended)

    async def _attempt(self, sending: Sending) -> None:
        place = await self._runway.take()
        self._results.append(await attempt(sending, self._post))
        place.leave()
        self._attempts += 1

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        if len(self._results) >= ENOUGH_RESULTS or not self._under_way:
            self._ready.set()

    async def _gather(self, seconds: float) -> None:
        """Wait for results worth recording, or until everything under way has ended."""
        self._ready.clear()
        if not self._under_way or len(self._results) >= ENOUGH_RESULTS:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ready.wait(), seconds)
