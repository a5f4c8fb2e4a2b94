"""Doing what workers should have done, in threads of the relay."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from django.db import connection
from django.utils.module_loading import import_string

from hub.relay.rows import Work
from incidents.alerts.engine.run import deliver_due

logger = logging.getLogger(__name__)

_WorkQueue = queue.SimpleQueue[Work | None]

CLAIM_SECONDS: Final = 10.0
"""How long a run of the relay's own claims: workers may be back soon."""


class EventDoer:
    """Has events consumed, one after the other by each consumer: a slow one delays no other."""

    def __init__(self, consumers: Iterable[str]) -> None:
        self._failed: queue.SimpleQueue[Work] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._queues = {consumer: _WorkQueue() for consumer in consumers}
        self._threads = [
            threading.Thread(target=self._run, args=[waiting], name=f"relay-{consumer}")
            for consumer, waiting in self._queues.items()
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def do(self, work: Work) -> None:
        """Have it done soon; returns at once. A consumer that is there no more is left alone."""
        if work.consumer in self._queues:
            self._queues[work.consumer].put(work)

    def failed(self) -> list[Work]:
        """What failed since this was asked last."""
        return [self._failed.get() for _ in range(self._failed.qsize())]

    def stop(self) -> None:
        """End after the events that are being done; the others wait in the database."""
        self._stopping.set()
        for waiting in self._queues.values():
            waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self, waiting: _WorkQueue) -> None:
        while (work := waiting.get()) is not None and not self._stopping.is_set():
            if not _attempt(work.consumer, partial(_consume, work)):
                self._failed.put(work)
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


def _consume(work: Work) -> None:
    import_string(work.consumer)(str(work.event_id))


def _attempt(what: str, work: Callable[[], object]) -> bool:
    """Do it; what fails is still there in the database, and is tried again later."""
    try:
        work()
    except Exception:  # the border of a thread that must outlive what it runs
        logger.exception("Work of the relay's own failed", extra={"work": what})
        connection.close()
        return False
    return True
