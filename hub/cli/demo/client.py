"""Calls to the API as a member makes them."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub.cli.demo.failure import Deviation, expect
from hub.cli.ports import LOOPBACK

PATIENCE_SECONDS: Final = 20.0
PREFIX: Final = "/api/v1/"
VARIES: Final = frozenset({"date", "x-request-id"})
"""Headers in which equal answers may differ."""


@dataclass(frozen=True)
class Answer:
    """What the hub answered, and after how many seconds."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    seconds: float

    @property
    def document(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.body)
        return told

    @property
    def comparable(self) -> tuple[object, ...]:
        """All that must be equal where two answers may not be told apart."""
        kept = [one for one in self.headers if one[0].lower() not in VARIES]
        return self.status, tuple(kept), self.body


class Client:
    """One member's access to the API of a hub on this machine."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def get(self, path: str) -> Answer:
        """Whatever the answer is."""
        return self._ask("GET", path, b"")

    def read(self, path: str) -> dict[str, Any]:
        """What stands there; Deviation when the answer is not 200."""
        answer = self.get(path)
        expect(answer.status == 200, _unexpected("GET", path, answer))
        return answer.document

    def post(self, path: str, document: Mapping[str, Any], *, status: int) -> Answer:
        """Send it; Deviation when the answer has another status."""
        answer = self._ask("POST", path, json.dumps(document).encode())
        expect(answer.status == status, _unexpected("POST", path, answer))
        return answer

    def _ask(self, method: str, path: str, body: bytes) -> Answer:
        connection = http.client.HTTPConnection(LOOPBACK, self._port, timeout=PATIENCE_SECONDS)
        began = time.monotonic()
        try:
            connection.request(method, PREFIX + path, body or None, self._headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise Deviation(f"{method} {PREFIX}{path} got no answer: {error!r}.") from error
        finally:
            connection.close()
        seconds = time.monotonic() - began
        return Answer(response.status, tuple(response.getheaders()), content, seconds)


def _unexpected(method: str, path: str, answer: Answer) -> str:
    said = answer.body.decode(errors="replace")
    return f"{method} {PREFIX}{path} was answered {answer.status}: {said}"
