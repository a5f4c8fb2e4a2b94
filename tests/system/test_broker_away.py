"""Alerts flow while the broker hangs, is gone, or never was there."""

from __future__ import annotations

import random
import statistics
import time
from functools import partial

import pytest

from hub.cli.ports import free_port
from tests.system.brokers import Broker, OwnBroker
from tests.system.filing import Filing
from tests.system.fixtures import SLUGS, StartHub
from tests.system.harness import BASICS, Hub, eventually, report, spread
from tests.system.sinks import Sink
from tests.system.test_kills import check

pytestmark = pytest.mark.system

FILING_SECONDS = 1.0
LONGEST_FILING_SECONDS = 2.0
ARRIVAL_SECONDS = 5.0


class NoBroker(OwnBroker):
    """An address where nobody ever listens."""

    def __init__(self) -> None:
        self.url = f"redis://127.0.0.1:{free_port()}/0"


def test_a_broker_that_hangs_or_dies_delays_nothing_for_long(
    killable_broker: Broker, start_hub: StartHub, sink: Sink, chaos: bool
) -> None:
    count = 50 if chaos else 4
    broker = killable_broker
    hub = start_hub(*BASICS, broker=broker)
    hub.endpoint("member-1", sink)
    hub.warm_up(sink)

    broker.freeze()
    frozen = file_and_await(hub, sink, count)
    broker.thaw()
    thawed = file_and_await(hub, sink, count)
    broker.kill()
    killed = file_and_await(hub, sink, count)
    broker.revive()
    revived = file_and_await(hub, sink, count)

    for state, seconds in (
        ("frozen", frozen), ("thawed", thawed), ("killed", killed), ("revived", revived)
    ):  # fmt: skip
        report(f"\nbroker {state}: {spread(seconds)}")
    books = hub.await_quiet()
    assert books.balance
    assert sink.refused == []
    assert sink.contradictions() == []


def test_a_hub_that_never_sees_its_broker_sends_alerts(
    start_hub: StartHub, sink: Sink, chaos: bool
) -> None:
    hub = start_hub(*BASICS, broker=NoBroker())
    hub.endpoint("member-1", sink)

    hub.warm_up(sink, seconds=ARRIVAL_SECONDS)

    seconds = file_and_await(hub, sink, 500 if chaos else 6)

    report(f"\nno broker: {spread(seconds)}")
    assert hub.await_quiet().balance
    assert hub.is_running("relay")
    assert hub.is_running("worker")
    assert sink.refused == []


@pytest.mark.chaos("every day the broker is one of those that test_kills kills")
def test_a_broker_killed_again_and_again_with_all_it_held_loses_nothing(
    killable_broker: Broker, start_hub: StartHub, sink: Sink
) -> None:
    hub = start_hub(*BASICS, broker=killable_broker)
    endpoints = [hub.endpoint(slug, sink) for slug in SLUGS[1:]]
    hub.warm_up(sink)
    kills = 0

    with Filing(hub.api("filer"), count=10_000, threads=8) as filing:
        while kills < 30 and not filing.is_done:
            time.sleep(random.uniform(0, 5))
            killable_broker.kill()
            time.sleep(random.uniform(0, 20))
            killable_broker.revive()
            kills += 1
    books = hub.await_quiet(seconds=300)

    report(f"\nthe broker was killed {kills} times")
    check(hub, sink, endpoints, filing, books)


def file_and_await(hub: Hub, sink: Sink, count: int) -> list[float]:
    """File one after the other; how long each took from its commit to its receiver."""
    api = hub.api("filer")
    waits, filing = [], []
    for number in range(count):
        document = {"title": f"Number {number}", "tlp": "green", "publish": True}
        answer = api.ask("POST", "incidents/", document)
        assert answer.status == 201, answer
        filing.append(answer.seconds)
        ref = answer.document["ref"]
        assert eventually(partial(sink.about, [ref]), seconds=2 * ARRIVAL_SECONDS), (
            hub.what_was_said()
        )
        waits.append(sink.about([ref])[0].seconds)
    assert max(waits) <= ARRIVAL_SECONDS
    # One that waits for the broker would take 2 s and more; a busy machine slows down a few.
    assert statistics.median(filing) < FILING_SECONDS
    assert max(filing) < LONGEST_FILING_SECONDS
    return waits
