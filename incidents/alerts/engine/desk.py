"""Work that one thread hands to another, which waits for it with a database connection open."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, NamedTuple, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Abandoned(Exception):
    """Whoever sat at the desk was called away, for instance by a time limit."""


class _Job(NamedTuple):
    future: Future[Any]
    work: Callable[[], Any]

    def do(self) -> None:
        try:
            result = self.work()
        except Exception as error:  # noqa: BLE001 - it is raised again where it was submitted
            self.future.set_exception(error)
        except BaseException:
            self.future.set_exception(Abandoned())
            raise
        else:
            self.future.set_result(result)


class Desk(Executor):
    """An executor whose work is done by whoever sits at it.

    The engine's event loop runs in a thread of its own, and the caller's thread talks to the
    database: it has a connection already, and may be in the middle of a transaction of a test.
    """

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._is_abandoned = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have it done at the desk; the future raises Abandoned when nobody sits there any more."""
        future: Future[T] = Future()
        with self._lock:
            if self._is_abandoned:
                future.set_exception(Abandoned())
            else:
                self._jobs.put(_Job(future, lambda: fn(*args, **kwargs)))
        return future

    def close(self) -> None:
        """Let whoever sits at the desk go, after what was submitted before."""
        self._jobs.put(None)

    def work_until_closed(self) -> None:
        """Do what is submitted, in the caller's thread."""
        try:
            while (job := self._jobs.get()) is not None:
                job.do()
        except BaseException:
            self._abandon()
            raise

    def _abandon(self) -> None:
        with self._lock:
            self._is_abandoned = True
            while not self._jobs.empty():
                job = self._jobs.get()
                if job is not None:
                    job.future.set_exception(Abandoned())
