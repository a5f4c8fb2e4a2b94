"""Processes that are asked to stop finish what they have begun."""

from __future__ import annotations

import random
import time

import psycopg
import pytest

from tests.system.filing import Filing
from tests.system.fixtures import SLUGS, StartHub
from tests.system.harness import BASICS, report
from tests.system.sinks import Sink
from tests.system.test_kills import check

pytestmark = pytest.mark.system

OUT_WITHIN_SECONDS = 20.0
ANSWER_SECONDS = 0.3


def test_sigterm_under_load_loses_nothing_and_sends_nothing_twice(
    start_hub: StartHub, sink: Sink, chaos: bool
) -> None:
    hub = start_hub(*BASICS)
    endpoints = [hub.endpoint(slug, sink) for slug in SLUGS[1:]]
    hub.warm_up(sink)
    sink.delay_seconds = ANSWER_SECONDS  # so that there is always something under way
    rounds = 33 if chaos else 1
    took: dict[str, list[float]] = {name: [] for name in BASICS}

    with Filing(hub.api("filer"), count=rounds * 40, pause_seconds=0.3) as filing:
        for _ in range(rounds):
            for name in ("worker", "relay", "web"):
                time.sleep(random.uniform(0.3, 1.0))
                took[name].append(hub.stop(name))
                hub.start(name)
            # A web that is stopped before it has answered once would never acknowledge anything.
            hub.await_ready()
    books = hub.await_quiet()

    for name, seconds in took.items():
        report(f"\n{name}: {len(seconds)} SIGTERM, out after {max(seconds):.2f} s at most")
    check(hub, sink, endpoints, filing, books)
    assert len(sink.arrivals) == len({(one.endpoint, one.id) for one in sink.arrivals})
    assert attempts_at_most(hub.database_url) == 1  # no lease was left to run out
    assert max(max(seconds) for seconds in took.values()) <= OUT_WITHIN_SECONDS


def attempts_at_most(database_url: str) -> int:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT max(attempt_no) FROM alerts_delivery").fetchone()
    assert row is not None
    return int(row[0])
