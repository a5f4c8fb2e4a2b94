"""The loop that turns committed rows into work: hints to workers, or the work itself."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

from django.db import DatabaseError, InterfaceError, connection

from hub.kit.failpoints import failpoint
from hub.relay.decisions import Decider, Decision
from hub.relay.rows import Work, look, place

logger = logging.getLogger(__name__)

SHORTEST_TURN_SECONDS: Final = 0.01
"""Between two looks, however many notices come."""

BUSY_SECONDS: Final = 0.1
"""Between two looks while something is under way."""

DEAF_SECONDS: Final = 0.2
"""Between two looks when no notices come."""

CALM_SECONDS: Final = 1.0
"""Between two looks otherwise: retries come due without notice."""

LONGEST_OUTAGE_PAUSE_SECONDS: Final = 5.0


class Hints(Protocol):
    """Where hints go; `hub.relay.sender.Sender` in life."""

    @property
    def answers(self) -> bool: ...

    def send(self, task: str, *arguments: str) -> None: ...


class EventWork(Protocol):
    """Who does what events ask for."""

    def do(self, work: Work) -> None: ...

    def failed(self) -> list[Work]: ...


class SendingWork(Protocol):
    """Who sends what is due."""

    def do(self) -> None: ...


class Wakener(Protocol):
    """What ends a wait early; `hub.relay.notices.Notices` in life."""

    @property
    def are_heard(self) -> bool: ...

    def wait(self, seconds: float) -> None: ...


class Relay:
    """Looks, decides and acts, until it is asked to stop. Keeps nothing that could be lost."""

    def __init__(
        self,
        *,
        notices: Wakener,
        hints: Hints,
        events: EventWork,
        sending: SendingWork,
        sending_task: str,
        most_runs: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._notices = notices
        self._hints = hints
        self._events = events
        self._sending = sending
        self._sending_task = sending_task
        self._decider = Decider(most_runs=most_runs)
        self._clock = clock

    def run(self, stopped: threading.Event) -> None:
        """Turn after turn. A database that is away is waited for."""
        outage_pause = DEAF_SECONDS
        while not stopped.is_set():
            began = self._clock()
            try:
                is_busy = self.turn()
                self._notices.wait(self._seconds_until_next(is_busy=is_busy))
                outage_pause = DEAF_SECONDS
            except (DatabaseError, InterfaceError):
                logger.warning("Database fails, trying again", extra={"seconds": outage_pause})
                connection.close()
                stopped.wait(outage_pause)
                outage_pause = min(2 * outage_pause, LONGEST_OUTAGE_PAUSE_SECONDS)
            # The first notice after a quiet time is answered at once.
            stopped.wait(max(0.0, began + SHORTEST_TURN_SECONDS - self._clock()))

    def turn(self) -> bool:
        """Look once, and see to it that all that was seen gets done; whether it is under way."""
        seen = look()
        now = self._clock()
        for work in self._events.failed():
            self._decider.failed(work, now=now)
        decision = self._decider.decide(seen, now=now, broker_answers=self._hints.answers)
        failpoint("relay.decided")
        self._act(decision)
        # After the hints, which somebody waits for.
        has_unplaced = place()
        return bool(seen.waiting) or seen.has_due or has_unplaced

    def _act(self, decision: Decision) -> None:
        for work in decision.hints:
            self._hints.send(work.consumer, str(work.event_id))
        for work in decision.deeds:
            self._events.do(work)
        if decision.hint_sending:
            self._hints.send(self._sending_task)
        if decision.do_sending:
            self._sending.do()

    def _seconds_until_next(self, *, is_busy: bool) -> float:
        if is_busy:
            return BUSY_SECONDS
        return CALM_SECONDS if self._notices.are_heard else DEAF_SECONDS
