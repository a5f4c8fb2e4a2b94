"""P11: how long the server takes for each page, and what a first visit loads."""

from __future__ import annotations

import contextlib
import gzip
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Final

from bench.conversation import python_side
from bench.failure import BenchError
from bench.filled import filled
from bench.place import Place
from bench.report import Measured, Series, Verdict, quantile
from bench.serving import HUB, asked, connected, served
from bench.weight import weigh
from hub.cli import assets

SIZE: Final = 100_000
TARGET_MS: Final = 150.0
TARGET_KB: Final = 200.0
ROUNDS: Final = 10
REQUESTS: Final = 20
"""Of one page before the next is opened."""
DELIVERIES: Final = 20_000
SIGN_IN: Final = "/sign-in/"


@dataclass
class Opened:
    """A page, and how long each request for it took."""

    name: str
    cookie: str
    path: str
    taken: list[list[float]] = field(default_factory=list)
    """Milliseconds, round by round."""
    size: int = 0

    def open(self, port: int, *, times: int) -> None:
        with connected(port) as connection:
            answers = [asked(connection, self.path, cookie=self.cookie) for _ in range(times)]
        self.taken.append([1000 * seconds for seconds, _ in answers])
        self.size = len(answers[-1][1])

    def verdict(self) -> Verdict:
        every = [one for taken in self.taken for one in taken]
        return Verdict(
            "P11",
            f"{self.name}, p95",
            [quantile(taken, 0.95) for taken in self.taken],
            TARGET_MS,
            unit="ms",
            overall=quantile(every, 0.95),
            note=f"p50 {quantile(every, 0.5):.1f} ms, {self.size / 1000:.0f} kB",
        )


def measure(place: Place) -> Measured:
    """Every page in turn, as somebody who signed in, over gunicorn as the hub runs it."""
    assets.ensure_or_say(os.environ)
    size = 1_000 if place.quick else max(SIZE, place.incidents)
    deliveries, times = (100, 3) if place.quick else (DELIVERIES, REQUESTS)
    with filled(place, size) as url, _visited(place, url, deliveries) as (port, pages, missing):
        for page in pages:
            page.open(port, times=2)
            page.taken.clear()  # that was with cold caches
        for _ in range(1 if place.quick else ROUNDS):
            for page in pages:
                page.open(port, times=times)
        first = [_first_visit(port, SIGN_IN, "")]
        first += [_first_visit(port, page.path, page.cookie) for page in pages[:1]]
    verdicts = [*(page.verdict() for page in pages), *first]
    series = [Series(f"{name}: this hub has no such page", [0], "ms") for name in missing]
    return Measured(verdicts, series)


@contextlib.contextmanager
def _visited(
    place: Place, url: str, deliveries: int
) -> Iterator[tuple[int, list[Opened], Sequence[str]]]:
    environment = place.hub_environment(url)
    with (
        served(place, HUB, environment, name="pages") as port,
        python_side("bench.visiting", env=environment, log=place.folder) as side,
    ):
        side.ask("furnish", deliveries=deliveries)
        found = [tuple(one) for one in side.ask("pages")]
        cookies = {role: str(side.ask("session", role=role)) for _, role, _ in found}
        pages = [Opened(name, cookies[role], path) for name, role, path in found if path]
        yield port, pages, [name for name, _, path in found if not path]


def _first_visit(port: int, path: str, cookie: str) -> Verdict:
    with connected(port) as connection:
        _, page = asked(connection, path, cookie=cookie)

        def fetch(address: str) -> tuple[bytes, bytes]:
            return _fetch(connection, address)

        weights = weigh(page, path=path, fetch=fetch)
    total = sum(weights.values()) / 1000
    return Verdict(
        "P11",
        f"first visit of {path}",
        [total],
        TARGET_KB,
        unit="kB",
        note=f"{len(weights)} files, the page {weights[path] / 1000:.0f} kB of it",
    )


def _fetch(connection: HTTPConnection, address: str) -> tuple[bytes, bytes]:
    """As a browser that takes gzip. Raises BenchError when it is not there."""
    connection.request("GET", address, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    sent = answer.read()
    if answer.status != 200:
        raise BenchError(f"{address} answered {answer.status}.")
    is_packed = answer.headers.get("Content-Encoding") == "gzip"
    return sent, gzip.decompress(sent) if is_packed else sent
