"""P3: from the commit of a publication to the verified alert, at 200 endpoints of an idle hub."""

from __future__ import annotations

import contextlib
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.conversation import Process, Side, python_side
from bench.place import Place
from bench.receivers import Receivers, receivers
from bench.report import Measured, Series, Verdict, quantile
from hub.cli.ports import free_port
from hub.cli.up import is_ready

ENDPOINTS = 200
BLOCKS = 5
"""Publications are told in so many parts, to show how much they differ."""
MEDIAN_MS = 100
TAIL_MS = 500
READY_SECONDS = 60
ARRIVAL_SECONDS = 15
POLL_SECONDS = 0.05
PAUSE_SECONDS = (0.4, 0.9)
"""Between publications: the hub is idle again, and its own rhythms meet none of ours."""


def measure(place: Place) -> Measured:
    """One publication at a time, by the service, while web, relay, worker and beat run."""
    blocks, each = (1, 2) if place.quick else (BLOCKS, 8)
    with (
        receivers(place, ENDPOINTS) as to,
        place.hub_database() as url,
        _running_hub(place, url) as hub,
        python_side("bench.ours", env=place.hub_environment(url), log=place.folder) as side,
    ):
        to.sink.ask("trust", secrets=side.ask("admit", urls=to.urls))
        _publish(side, to, hub)  # opens what stays open
        taken = [[_publish(side, to, hub) for _ in range(each)] for _ in range(blocks)]
    return _judged([[ms for published in block for ms in published] for block in taken])


def _judged(blocks: list[list[float]]) -> Measured:
    return Measured(
        [_verdict("p50", 0.5, MEDIAN_MS, blocks), _verdict("p99", 0.99, TAIL_MS, blocks)],
        [
            Series(f"the first of {ENDPOINTS}", [min(block) for block in blocks], "ms"),
            Series("the slowest of all", [max(block) for block in blocks], "ms"),
        ],
    )


def _verdict(name: str, part: float, target: float, blocks: list[list[float]]) -> Verdict:
    return Verdict(
        "P3",
        f"commit to verified alert, {name}",
        [quantile(block, part) for block in blocks],
        target,
        unit="ms",
        overall=quantile([ms for block in blocks for ms in block], part),
    )


def _publish(side: Side, to: Receivers, hub: Process) -> list[float]:
    """Milliseconds from the beginning of the commit to each verified alert."""
    time.sleep(random.uniform(*PAUSE_SECONDS))
    to.sink.ask("arrivals")
    ((event_id, committing),) = side.ask("publish", number=1)
    found: list[float] = []
    deadline = time.monotonic() + ARRIVAL_SECONDS
    while len(found) < len(to.urls):
        if time.monotonic() > deadline:
            raise hub.failed(f"sent {len(found)} of {len(to.urls)} in {ARRIVAL_SECONDS} s.")
        time.sleep(POLL_SECONDS)
        found += [
            1000 * (at - committing) for id_, _, at in to.sink.ask("arrivals") if id_ == event_id
        ]
    return found


@contextlib.contextmanager
def _running_hub(place: Place, database_url: str) -> Iterator[Process]:
    """A hub as `make up` runs it, on the database and broker of the measurement."""
    port = free_port()
    environment = place.hub_environment(database_url) | {
        "HUB_HOME": str(place.folder / "home"),
        "HUB_PORT": str(port),
        "HUB_DEMO": "0",
    }
    command = [str(Path(sys.executable).with_name("hub")), "up"]
    with Process("hub up", command, env=environment, log=place.folder) as hub:
        deadline = time.monotonic() + READY_SECONDS
        while not is_ready(port):
            hub.require_running()
            if time.monotonic() > deadline:
                raise hub.failed(f"was not ready in {READY_SECONDS} s.")
            time.sleep(POLL_SECONDS)
        yield hub
