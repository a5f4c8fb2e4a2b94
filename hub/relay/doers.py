"""Doing what workers should have done, in threads of the relay."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final
from uuid import UUID

from django.db import connection
from django.utils.module_loading import import_string

from hub.relay.rows import WaitingEvent
from incidents.alerts.engine.run import deliver_due

logger = logging.getLogger(__name__)

CLAIM_SECONDS: Final = 10.0
"""How long a run of the relay's own claims: workers may be back soon."""


class EventDoer:
    """Runs the consumers of events, one event after the other."""

    def __init__(self, consumers: Mapping[str, Sequence[str]]) -> None:
        self._consumers = consumers
        self._queue: queue.SimpleQueue[WaitingEvent | None] = queue.SimpleQueue()
        self._failed: queue.SimpleQueue[UUID] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay-events")

    def start(self) -> None:
        self._thread.start()

    def do(self, event: WaitingEvent) -> None:
        """Have it done soon; returns at once."""
        self._queue.put(event)

    def failed(self) -> list[UUID]:
        """What failed since this was asked last."""
        return [self._failed.get() for _ in range(self._failed.qsize())]

    def stop(self) -> None:
        """End after the event that is being done; the others wait in the database."""
        self._stopping.set()
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (event := self._queue.get()) is not None and not self._stopping.is_set():
            consumers = self._consumers.get(event.topic, ())
            done = [_attempt(name, partial(_consume, name, str(event.id))) for name in consumers]
            if not all(done):
                self._failed.put(event.id)
        connection.close()


class SendingDoer:
    """Runs the engine, one run at a time."""

    def __init__(self, should_stop: Callable[[], bool]) -> None:
        self._should_stop = should_stop
        self._wanted = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay-sending")

    def start(self) -> None:
        self._thread.start()

    def do(self) -> None:
        """Have what is due sent, unless that is happening; returns at once."""
        self._wanted.set()

    def stop(self) -> None:
        """End after what is under way, which takes up to 15.5 s; `should_stop` says so by now."""
        self._wanted.set()
        self._thread.join()

    def _run(self) -> None:
        while self._wanted.wait() and not self._should_stop():
            # Before the work: `stop` may be called while it lasts, and must still be heard after.
            self._wanted.clear()
            _attempt("deliver_due", self._send)
        connection.close()

    def _send(self) -> None:
        deliver_due(should_stop=self._should_stop, claim_seconds=CLAIM_SECONDS)


def _consume(consumer: str, event_id: str) -> None:
    import_string(consumer)(event_id)


def _attempt(what: str, work: Callable[[], object]) -> bool:
    """Do it; what fails is still there in the database, and is tried again later."""
    try:
        work()
    except Exception:  # the border of a thread that must outlive what it runs
        logger.exception("Work of the relay's own failed", extra={"work": what})
        connection.close()
        return False
    return True
