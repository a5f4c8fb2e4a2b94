"""The members' own servers: each takes its alerts and verifies them with `standardwebhooks`."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from hub.cli.ports import LOOPBACK

IDLE_SECONDS: Final = 30
PATH: Final = "/alerts"


@dataclass(frozen=True)
class Alert:
    """A verified alert, as it came over the wire."""

    id: str
    """Its `webhook-id`."""
    body: bytes
    arrived_at: float
    """When its last byte was read, in seconds since 1970."""

    @cached_property
    def content(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.body)
        return told

    @property
    def topic(self) -> str:
        return str(self.content["type"])

    @property
    def sequence(self) -> int:
        return int(self.content["data"]["sequence"])

    @property
    def subject(self) -> dict[str, Any]:
        """The incident, the link or the member that it is about."""
        data = self.content["data"]
        found = (data.get(kind) for kind in ("incident", "crossref", "member"))
        subject: dict[str, Any] = next(filter(None, found), {})
        return subject

    @property
    def name(self) -> str:
        """The ref of the incident, the slug of the member, or the id of the link."""
        named = (self.subject.get(name) for name in ("ref", "slug", "id"))
        return str(next(filter(None, named), ""))

    @property
    def seconds(self) -> float:
        """From the event's timestamp, set in the transaction of the change, to the arrival."""
        return self.arrived_at - datetime.fromisoformat(self.content["timestamp"]).timestamp()


class Receiver:
    """A server on loopback for one member's alerts, as the member would write it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._alerts: dict[str, Alert] = {}
        self._verifier: Webhook | None = None
        self.repeated = 0
        """Alerts that came again, as "at least once" allows."""
        self.refused: list[str] = []
        """Why requests were answered 400."""
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._server.server_port}{PATH}"

    @property
    def port(self) -> int:
        return int(self._server.server_port)

    def trust(self, secret: str) -> None:
        """Verify what comes from now on with this secret."""
        self._verifier = Webhook(secret)

    def alerts(self) -> list[Alert]:
        """What has come so far, oldest first."""
        with self._lock:
            return list(self._alerts.values())

    def alert(self, topic: str, name: str) -> Alert | None:
        """The alert of this topic about the incident, or member, of this name."""
        found = (one for one in self.alerts() if (one.topic, one.name) == (topic, name))
        return next(found, None)

    def take(self, headers: Mapping[str, str], body: bytes) -> int:
        """Verify a request and keep it; the status to answer."""
        arrived_at = time.time()
        try:
            self._verify(headers, body)
        except (WebhookVerificationError, ValueError) as error:
            self.refused.append(str(error))
            return 400
        alert = Alert(headers["webhook-id"], body, arrived_at)
        with self._lock:
            if self._alerts.setdefault(alert.id, alert) is not alert:
                self.repeated += 1
                if self._alerts[alert.id].body != body:
                    self.refused.append(f"{alert.id} came again with other bytes")
        return 204

    def close(self) -> None:
        """Take nothing more."""
        self._server.shutdown()
        self._server.server_close()

    def _verify(self, headers: Mapping[str, str], body: bytes) -> None:
        if self._verifier is None:
            raise WebhookVerificationError("No secret is known yet")
        content = self._verifier.verify(body, dict(headers))
        if content["data"]["event_id"] != headers["webhook-id"]:
            raise WebhookVerificationError("The body names another event than webhook-id")


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, receiver: Receiver) -> None:
        super().__init__((LOOPBACK, 0), _Handler)
        self.receiver = receiver

    def handle_error(self, request: object, client_address: object) -> None:
        """A hub that hangs up is no news to a receiver."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # the hub keeps its connections
    timeout = IDLE_SECONDS
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.send_response(self.server.receiver.take(headers, body))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - its name there
        """Say nothing: the story tells what came."""
