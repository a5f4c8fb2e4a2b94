"""Sending hints to the broker, in a thread of its own: a broker that hangs holds up nobody else."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from typing import Final, NamedTuple

from celery import Celery
from kombu import Connection

from hub.kit.failpoints import failpoint

logger = logging.getLogger(__name__)

CONFIRM_SECONDS: Final = 2.0
"""How long the broker may take to confirm a hint."""

ANSWERS_WITHIN_SECONDS: Final = 0.3
"""A broker that takes longer for one hint is treated as away."""

FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 5.0

STALE_SECONDS: Final = 1.5
"""What could not be sent for so long, the relay does itself."""

LONGEST_QUEUE: Final = 1000


class Hint(NamedTuple):
    """A task by its name, with ids only."""

    task: str
    arguments: tuple[str, ...]
    made_at: float


class Sender:
    """Sends hints in order, as fast as the broker takes them; loses them when it does not."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._queue: queue.Queue[Hint] = queue.Queue(LONGEST_QUEUE)
        self._connection: Connection | None = None
        self._sending_since: float | None = None
        self._paused_until = 0.0
        self._pause_seconds = FIRST_PAUSE_SECONDS
        self._thread = threading.Thread(target=self._run, name="relay-sender", daemon=True)

    def start(self) -> None:
        """Begin; the thread ends with the process, since a hanging broker may never let it go."""
        self._thread.start()

    @property
    def answers(self) -> bool:
        """Whether hints are worth sending: the broker takes them, as far as is known."""
        since = self._sending_since
        hangs = since is not None and time.monotonic() - since > ANSWERS_WITHIN_SECONDS
        return not hangs and time.monotonic() >= self._paused_until

    def send(self, task: str, *arguments: str) -> None:
        """Hint at a task; returns at once. When too many wait already, this one is left out."""
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(Hint(task, arguments, time.monotonic()))

    def _run(self) -> None:
        while True:
            hint = self._queue.get()
            now = time.monotonic()
            if now - hint.made_at <= STALE_SECONDS and now >= self._paused_until:
                self._try(hint)

    def _try(self, hint: Hint) -> None:
        self._sending_since = time.monotonic()
        try:
            self._publish(hint)
        except Exception as error:  # noqa: BLE001 - each transport has its own; none may end this
            self._pause(error)
        else:
            self._pause_seconds = FIRST_PAUSE_SECONDS
            failpoint("relay.hinted")
        finally:
            self._sending_since = None

    def _publish(self, hint: Hint) -> None:
        if self._connection is None:
            self._connection = self._app.connection_for_write()
        with self._app.amqp.Producer(self._connection, auto_declare=False) as producer:
            self._app.send_task(
                hint.task,
                args=hint.arguments,
                producer=producer,
                retry=False,
                ignore_result=True,
                confirm_timeout=CONFIRM_SECONDS,
            )

    def _pause(self, error: Exception) -> None:
        logger.warning(
            "Broker fails, doing its work without it",
            extra={"error": repr(error), "pause_seconds": self._pause_seconds},
        )
        self._paused_until = time.monotonic() + self._pause_seconds
        self._pause_seconds = min(2 * self._pause_seconds, LONGEST_PAUSE_SECONDS)
        if self._connection is not None:
            # Unlike close(), it does not talk to the broker again.
            self._connection.collect(socket_timeout=0.1)
            self._connection = None
