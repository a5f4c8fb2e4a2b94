"""Members who file without end, and try again with the same key until the hub has taken it."""

from __future__ import annotations

import http.client
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from hub.cli.demo.client import Answer
from tests.system.api import Api

RETRY_SECONDS = 0.1
PATIENCE_SECONDS = 60.0


class Filing:
    """Publishes incidents from several threads while the test breaks the hub.

    `refs` are those that the hub has acknowledged, by their `Idempotency-Key`.
    """

    def __init__(self, api: Api, *, count: int, threads: int = 4, pause_seconds: float = 0) -> None:
        self.refs: dict[str, str] = {}
        self.statuses: Counter[int] = Counter()
        """Of all answers, those that were followed by another try among them."""
        self.unanswered = 0
        self._api = api
        self._pause_seconds = pause_seconds
        self._keys = [secrets.token_hex(16) for _ in range(count)]
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="filing")
        self._given_up = threading.Event()

    def __enter__(self) -> Self:
        keys = iter(self._keys)
        workers = self._pool._max_workers
        self._futures: list[Future[None]] = [
            self._pool.submit(self._file_all, keys) for _ in range(workers)
        ]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._given_up.set()
        self._pool.shutdown()
        if kind is None:
            self.join()

    @property
    def is_done(self) -> bool:
        return all(future.done() for future in self._futures)

    def join(self) -> None:
        """Wait until all is filed."""
        for future in self._futures:
            future.result()

    def replay(self) -> dict[str, str]:
        """File everything once more, with the same keys; the refs that come back."""
        return {key: self._file(key).document["ref"] for key in self._keys}

    def _file_all(self, keys: Iterator[str]) -> None:
        while not self._given_up.is_set():
            with self._lock:
                key = next(keys, None)
            if key is None:
                return
            answer = self._file(key)
            self.refs[key] = answer.document["ref"]
            time.sleep(self._pause_seconds)

    def _file(self, key: str) -> Answer:
        """Try until it is acknowledged."""
        document = {"title": f"Filed as {key}", "tlp": "green", "publish": True}
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and not self._given_up.is_set():
            answer = self._ask(key, document)
            if answer is not None and answer.status == 201:
                return answer
            time.sleep(RETRY_SECONDS)
        raise TimeoutError(f"{key} was never acknowledged: {self.statuses}")

    def _ask(self, key: str, document: dict[str, object]) -> Answer | None:
        try:
            answer = self._api.ask("POST", "incidents/", document, headers={"Idempotency-Key": key})
        except (OSError, http.client.HTTPException):
            with self._lock:
                self.unanswered += 1
            return None
        with self._lock:
            self.statuses[answer.status] += 1
        return answer
