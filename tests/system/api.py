"""The REST API as a member's program calls it."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping
from typing import Any

from hub.cli.demo.client import PREFIX, Answer

TIMEOUT_SECONDS = 25.0


class Api:
    """One member's access to one hub."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def read(self, path: str) -> dict[str, Any]:
        """What stands there, which must be there."""
        answer = self.get(path)
        assert answer.status == 200, answer
        return answer.document

    def make(self, path: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """Create something, which must succeed."""
        answer = self.ask("POST", path, document)
        assert answer.status == 201, answer
        return answer.document

    def ask(
        self,
        method: str,
        path: str,
        document: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Whatever the answer is. Raises OSError or HTTPException when there is none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_SECONDS)
        body = None if document is None else json.dumps(document).encode()
        began = time.monotonic()
        try:
            connection.request(method, PREFIX + path, body, {**self._headers, **(headers or {})})
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        seconds = time.monotonic() - began
        return Answer(response.status, tuple(response.getheaders()), content, seconds)
