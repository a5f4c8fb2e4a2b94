"""P9: filing an incident by the API, against a plain view of Django REST framework."""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

from bench.conversation import Side, python_side
from bench.failure import BenchError
from bench.filing import document
from bench.place import Place
from bench.report import Measured, Series, Verdict, ratios
from bench.serving import HUB, PLAIN, PLAIN_SETTINGS, asked, connected, served

TARGET = 3
TURNS, REQUESTS = 5, 5
"""In a round each side has so many turns, of so many requests: what disturbs one disturbs both,
and most requests find the processor's caches warm."""


def measure(place: Place) -> Measured:
    """Both are served by gunicorn in the same way, and get the same bodies on one connection."""
    rounds = 1 if place.quick else 15
    with (
        place.hub_database() as our_url,
        place.django_database(PLAIN_SETTINGS) as plain_url,
        _ours(place, our_url) as ours,
        _plain(place, plain_url) as plain,
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

    def check(self) -> None:
        """Raises BenchError unless everything that was sent is on record."""
        if self.side.ask("filed") != self.sent:
            raise BenchError(f"{self.path}: not all of {self.sent} incidents are on record.")

    def file(self, connection: http.client.HTTPConnection, body: bytes) -> float:
        """File one incident; seconds until the whole answer was there."""
        seconds, _ = asked(
            connection, self.path, authorization=self.authorization, body=body, expected=201
        )
        self.sent += 1
        return seconds


def _round(ours: _Server, plain: _Server) -> tuple[list[float], list[float]]:
    """File incidents with both, one after the other on a connection to each; seconds."""
    body = json.dumps(document() | {"publish": True}).encode()
    with connected(ours.port) as to_ours, connected(plain.port) as to_plain:
        taken: tuple[list[float], list[float]] = [], []
        for _ in range(TURNS):
            taken[0].extend(ours.file(to_ours, body) for _ in range(REQUESTS))
            taken[1].extend(plain.file(to_plain, body) for _ in range(REQUESTS))
    return taken


@contextlib.contextmanager
def _ours(place: Place, url: str) -> Iterator[_Server]:
    environment = place.hub_environment(url)
    with (
        served(place, HUB, environment) as port,
        python_side("bench.ours", env=environment, log=place.folder) as side,
    ):
        side.ask("admit", urls=[])
        yield _Server(side, port, "/api/v1/incidents/", f"Bearer {side.ask('token')}")


@contextlib.contextmanager
def _plain(place: Place, url: str) -> Iterator[_Server]:
    environment = place.environment(url, PLAIN_SETTINGS)
    with (
        served(place, PLAIN, environment) as port,
        python_side("bench.plain.side", env=environment, log=place.folder) as side,
    ):
        yield _Server(side, port, "/filings/", f"Token {side.ask('token')}")
