"""All that one observer is answered and sent, with what may differ renamed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.db import connection, reset_queries
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from tests.alerting import webhook_validator
from tests.two_worlds.renaming import PATTERNS, Renamer

WRITES_TIMES_TOGETHER = "endpoints/"
"""Below this, one statement reads the database's clock several times: some readings are equal."""

TIME = re.compile(PATTERNS["time"])
UNCOMPARED_HEADERS = frozenset({"date", "x-request-id"})


class Line(NamedTuple):
    """One thing that the observer asked or was sent, and every byte of the answer, renamed."""

    asked: str
    status: int
    headers: tuple[str, ...]
    body: str
    queries: int


class Answer(NamedTuple):
    """The answer as it was, to go on from."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def results(self) -> list[dict[str, Any]]:
        """The rows of a list; none of a refusal."""
        found: list[dict[str, Any]] = self.body.get("results", []) if self.body else []
        return found


@dataclass
class Trace:
    """The requests of one observer in one world, and its webhooks."""

    client: APIClient
    renamer: Renamer
    lines: list[Line] = field(default_factory=list)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a request under /api/v1/ and keep what comes; headers as `If_Match="…"`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = None if body is None else json.dumps(body)
        send = getattr(self.client, method.lower())
        asked = " ".join(
            [method, path, data or "", *(f"{name}:{value}" for name, value in named.items())]
        )
        reset_queries()  # only so many are kept, and a long trace has more
        with CaptureQueriesContext(connection) as captured:
            response = send(
                f"/api/v1/{path}", data=data, content_type="application/json", headers=named
            )
        content = bytes(response.content)
        text = content.decode()
        if path.startswith(WRITES_TIMES_TOGETHER):
            text = TIME.sub("<time>", text)
        # The length of renamed bytes says nothing; where a length could tell, the name has it.
        assert response.headers.get("Content-Length", str(len(content))) == str(len(content))
        self.lines.append(
            Line(
                self.renamer.rename(asked),
                response.status_code,
                tuple(self._headers(response.headers)),
                self.renamer.rename(text),
                len(captured),
            )
        )
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        body = json.loads(content) if content and not is_page else None
        return Answer(response.status_code, response.headers, body)

    def get(self, path: str, **headers: str) -> Answer:
        """Ask with GET."""
        return self.ask("GET", path, **headers)

    def walk(self, path: str) -> None:
        """Read a list page by page to its end, and back from there to its beginning."""
        for way in ("next", "previous"):
            answer = self.get(path)
            while answer.status == 200 and answer.body.get(way):
                path = _below_api(answer.body[way])
                answer = self.get(path)

    def receive(self, webhook_id: str, body: bytes) -> None:
        """Keep a webhook that was posted to the observer's endpoint."""
        alert = json.loads(body)
        webhook_validator(alert["type"]).validate(alert)
        asked = self.renamer.rename(f"webhook {webhook_id}")
        self.lines.append(Line(asked, 0, (), self.renamer.rename(body.decode()), 0))

    def _headers(self, headers: Mapping[str, str]) -> Iterator[str]:
        for name, value in sorted(headers.items()):
            if name.lower() not in UNCOMPARED_HEADERS | {"content-length"}:
                yield f"{name}: {self.renamer.rename(value)}"


def _below_api(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path.removeprefix('/api/v1/')}?{parts.query}"
