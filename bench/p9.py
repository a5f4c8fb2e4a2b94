"""P9: filing an incident by the API, against a plain view of Django REST framework."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

from bench.conversation import Process, Side, python_side
from bench.failure import BenchError
from bench.filing import document
from bench.place import Place
from bench.report import Measured, Series, Verdict, ratios
from hub.cli.home import Home
from hub.cli.ports import LOOPBACK, free_port, is_free
from hub.cli.processes import hub_processes

TARGET = 3
TURNS, REQUESTS = 5, 5
"""In a round each side has so many turns, of so many requests: what disturbs one disturbs both,
and most requests find the processor's caches warm."""
SETTINGS = "bench.plain.settings"
OURS, PLAIN = "hub.wsgi:application", "bench.plain.wsgi:application"
READY_SECONDS = 30
POLL_SECONDS = 0.05


def measure(place: Place) -> Measured:
    """Both are served by gunicorn in the same way, and get the same bodies on one connection."""
    rounds = 1 if place.quick else 15
    with (
        place.hub_database() as our_url,
        place.django_database(SETTINGS) as plain_url,
        _served(
            place,
            OURS,
            "bench.ours",
            "/api/v1/incidents/",
            "Bearer",
            place.hub_environment(our_url),
        ) as ours,
        _served(
            place,
            PLAIN,
            "bench.plain.side",
            "/filings/",
            "Token",
            place.environment(plain_url, SETTINGS),
        ) as plain,
    ):
        _round(ours, plain)
        for _ in range(rounds):
            taken = _round(ours, plain)
            ours.medians.append(1000 * median(taken[0]))
            plain.medians.append(1000 * median(taken[1]))
        ours.check()
        plain.check()
    return Measured(
        [
            Verdict(
                "P9", "filing, p50, to a plain view's", ratios(ours.medians, plain.medians), TARGET
            )
        ],
        [
            Series("the hub, p50", ours.medians, "ms"),
            Series("plain Django REST framework, p50", plain.medians, "ms"),
        ],
    )


@dataclass
class _Server:
    """One side, its clock, and how many incidents it was sent."""

    side: Side
    port: int
    path: str
    authorization: str
    medians: list[float] = field(default_factory=list)
    """Milliseconds, once for each round."""
    sent: int = 0

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(LOOPBACK, self.port, timeout=READY_SECONDS)

    def check(self) -> None:
        """Raises BenchError unless everything that was sent is on record."""
        if self.side.ask("filed") != self.sent:
            raise BenchError(f"{self.path}: not all of {self.sent} incidents are on record.")

    def file(self, connection: http.client.HTTPConnection, body: bytes) -> float:
        """File one incident; seconds until the whole answer was there."""
        headers = {"Content-Type": "application/json", "Authorization": self.authorization}
        began = time.monotonic()
        connection.request("POST", self.path, body=body, headers=headers)
        answer = connection.getresponse()
        told = answer.read()
        seconds = time.monotonic() - began
        if answer.status != 201:
            raise BenchError(f"{self.path} answered {answer.status}: {told[:1000]!r}")
        self.sent += 1
        return seconds


def _round(ours: _Server, plain: _Server) -> tuple[list[float], list[float]]:
    """File incidents with both, one after the other on a connection to each; seconds."""
    body = json.dumps(document() | {"publish": True}).encode()
    with (
        contextlib.closing(ours.connect()) as to_ours,
        contextlib.closing(plain.connect()) as to_plain,
    ):
        taken: tuple[list[float], list[float]] = [], []
        for _ in range(TURNS):
            taken[0].extend(ours.file(to_ours, body) for _ in range(REQUESTS))
            taken[1].extend(plain.file(to_plain, body) for _ in range(REQUESTS))
    return taken


@contextlib.contextmanager
def _served(  # noqa: PLR0917 - what tells the two sides apart
    place: Place, application: str, side: str, path: str, scheme: str, environment: dict[str, str]
) -> Iterator[_Server]:
    """A gunicorn as the hub runs it, and a token for what it serves."""
    port = free_port()
    web = hub_processes(Home.of(environment), environment, port)[0]
    command = [application if word == OURS else word for word in web.command]
    with (
        Process(application, command, env=environment, log=place.folder) as gunicorn,
        python_side(side, env=environment, log=place.folder) as asked,
    ):
        if side == "bench.ours":
            asked.ask("admit", urls=[])
        deadline = time.monotonic() + READY_SECONDS
        while is_free(port):
            gunicorn.require_running()
            if time.monotonic() > deadline:
                raise gunicorn.failed(f"was not ready in {READY_SECONDS} s.")
            time.sleep(POLL_SECONDS)
        yield _Server(asked, port, path, f"{scheme} {asked.ask('token')}")
