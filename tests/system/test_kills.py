"""Whatever is killed, whenever: no alert is lost, and one that comes twice is the same."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Callable
from functools import partial

import psycopg
import pytest

from hub.cli.home import CHECKOUT
from tests.system.bookkeeping import Books, events_of
from tests.system.brokers import Broker
from tests.system.filing import Filing
from tests.system.fixtures import SLUGS, StartHub
from tests.system.harness import BASICS, Hub, eventually, publish, report, spread
from tests.system.sinks import Sink

pytestmark = pytest.mark.system

RECEIVERS = SLUGS[1:]
ALLOWED_ANSWERS = {201, 409, 503}
"""409: the same key is being worked on; 503: the database is away."""

FAILPOINTS = sorted(
    {
        name
        for package in ("hub", "accounts", "incidents")
        for path in (CHECKOUT / package).rglob("*.py")
        for name in re.findall(r'\bfailpoint\("([a-z0-9_.]+)"\)', path.read_text())
    }
)
CHANCE = 0.05
CHANCES = {"engine.posted": 0.01, "relay.decided": 0.01}
"""At points that are passed all the time."""
MORE_AT_MOST = 120


def test_kill_9_at_random_moments_loses_nothing(
    start_hub: StartHub, killable_broker: Broker, sink: Sink, chaos: bool
) -> None:
    hub = start_hub(*BASICS, broker=killable_broker)
    endpoints = [hub.endpoint(slug, sink) for slug in RECEIVERS]
    hub.warm_up(sink)
    seed = random.randrange(10**6)
    havoc = Havoc(hub, killable_broker, random.Random(seed))
    count = 500 if chaos else 60

    with Filing(hub.api("filer"), count=count, pause_seconds=0.5) as filing:
        while not havoc.has_killed_everything or (chaos and not filing.is_done):
            havoc.kill_something()
    books = hub.await_quiet(seconds=60)

    report(
        f"\nseed {seed}; killed {dict(havoc.killed)}; filing {dict(filing.statuses)}, "
        f"{filing.unanswered} unanswered"
    )
    check(hub, sink, endpoints, filing, books)


def test_kill_9_at_named_points_loses_nothing(start_hub: StartHub, sink: Sink, chaos: bool) -> None:
    hub = start_hub("web")
    endpoints = [hub.endpoint(slug, sink) for slug in RECEIVERS]
    rules = ",".join(f"{name}=kill@{CHANCES.get(name, CHANCE)}" for name in FAILPOINTS)

    count, least = (500, 30) if chaos else (60, 3)
    deaths, filing = file_at_points(hub, sink, rules, count=count, deaths=least)
    books = hub.await_quiet(seconds=60)

    report(f"\n{rules}: {deaths} deaths")
    assert deaths >= least
    check(hub, sink, endpoints, filing, books)


@pytest.mark.chaos("every day all points stand in one test")
@pytest.mark.parametrize("name", FAILPOINTS)
def test_kill_9_at_each_named_point_loses_nothing(
    start_hub: StartHub, sink: Sink, name: str
) -> None:
    hub = start_hub("web")
    endpoints = [hub.endpoint(slug, sink) for slug in RECEIVERS]
    rule = f"{name}=kill@{4 * CHANCES.get(name, CHANCE)}"

    deaths, filing = file_at_points(hub, sink, rule, count=60, deaths=1)
    books = hub.await_quiet(seconds=90)

    report(f"\n{rule}: {deaths} deaths")
    assert deaths >= 1
    check(hub, sink, endpoints, filing, books)


@pytest.mark.chaos("it takes 20 s for every lease")
def test_what_a_dead_worker_held_is_delivered_when_its_lease_is_over(
    start_hub: StartHub, sink: Sink
) -> None:
    hub = start_hub(*BASICS)
    endpoints = [hub.endpoint(slug, sink) for slug in RECEIVERS]
    hub.warm_up(sink)
    hub.await_quiet()
    waits: list[float] = []

    for _ in range(8):
        before = len(sink.arrivals)
        sink.delay_seconds = 30.0
        with Filing(hub.api("filer"), count=4):
            pass
        assert eventually(partial(has_come, sink, before + 4 * len(endpoints)))
        hub.kill("worker")
        killed_at = time.time()
        sink.delay_seconds = 0.0
        hub.start("worker")
        hub.await_quiet(seconds=60)
        again = [one for one in sink.arrivals[before:] if one.at > killed_at]
        waits += [one.at - killed_at for one in again]

    report(f"\nfrom kill -9 to the next attempt: {spread(waits)}")
    assert sink.contradictions() == []
    assert sorted(waits)[int(len(waits) * 0.99) - 1] <= 25.0


def has_come(sink: Sink, count: int) -> bool:
    return len(sink.arrivals) >= count


class Havoc:
    """Kills one process of the hub after the other, and starts it again a little later."""

    KILLS = ("worker", "relay", "web", "broker", "one of worker", "one of web")

    def __init__(self, hub: Hub, broker: Broker, chance: random.Random) -> None:
        self.killed: Counter[str] = Counter()
        self._hub = hub
        self._broker = broker
        self._chance = chance
        self._next: list[str] = []

    @property
    def has_killed_everything(self) -> bool:
        return len(self.killed) == len(self.KILLS)

    def kill_something(self) -> None:
        """One kill, and everything has been started again when it returns."""
        time.sleep(self._chance.uniform(0.1, 1.0))
        if not self._next:
            self._next = self._chance.sample(self.KILLS, len(self.KILLS))
        kill = self._next.pop()
        victim = kill.removeprefix("one of ")
        if kill == "broker":
            self._broker.kill()
            time.sleep(self._chance.uniform(0, 1.0))
            self._broker.revive()
        elif kill == victim:
            self._hub.kill(victim)
            time.sleep(self._chance.uniform(0, 0.5))
            self._hub.start(victim)
        else:
            self._hub.kill_one(victim, self._chance.choice)
            time.sleep(self._chance.uniform(0.1, 0.5))
            if self._hub.clear_away(victim):
                self._hub.start(victim)
        if victim == "web":
            self._hub.await_ready()  # else nothing would ever be filed
        self.killed[kill] += 1


class Doomed:
    """relay and worker that kill themselves at named points, and are started again."""

    NAMES = ("relay", "worker")

    def __init__(self, hub: Hub, rules: str) -> None:
        self._hub = hub
        self._rules = rules
        self._ended = 0
        hub.start(*self.NAMES, HUB_FAILPOINTS=rules)

    @property
    def deaths(self) -> int:
        """Of whole processes, and of the worker's children."""
        return self._ended + self._hub.log("worker").read_text().count("signal 9 (SIGKILL)")

    def keep_up(self) -> None:
        """Start again what has ended."""
        for name in self.NAMES:
            if self._hub.clear_away(name):
                self._ended += 1
                self._hub.start(name, HUB_FAILPOINTS=self._rules)

    def outlive(self, condition: Callable[[], bool], *, seconds: float) -> bool:
        """Keep them up until the condition holds; whether it came true in time."""

        def holds() -> bool:
            self.keep_up()
            return condition()

        return eventually(holds, seconds=seconds)

    def make_last(self) -> None:
        """From now on they live."""
        for name in self.NAMES:
            self._hub.kill(name)
            self._hub.start(name)


def file_at_points(
    hub: Hub, sink: Sink, rules: str, *, count: int, deaths: int
) -> tuple[int, Filing]:
    """File while processes kill themselves, and go on until so many have; how many did."""
    doomed = Doomed(hub, rules)
    publish(hub.api("filer"), "The first one")
    assert doomed.outlive(lambda: bool(sink.arrivals), seconds=60), hub.what_was_said()
    with Filing(hub.api("filer"), count=count, pause_seconds=0.4) as filing:
        assert doomed.outlive(lambda: filing.is_done, seconds=count)
    for number in range(MORE_AT_MOST):  # on a busy machine few turns do much
        if doomed.deaths >= deaths:
            break
        publish(hub.api("filer"), f"One more, the {number}th")
        doomed.outlive(lambda: doomed.deaths >= deaths, seconds=1)
    doomed.make_last()
    return doomed.deaths, filing


def check(hub: Hub, sink: Sink, endpoints: list[str], filing: Filing, books: Books) -> None:
    """None lost, none filed twice, repeats are the same, and the equations hold."""
    events = set(events_of(hub.database_url))
    missing = [
        (endpoint, event)
        for endpoint in endpoints
        for event in events - {one.id for one in sink.at(endpoint)}
    ]
    repeats = len(sink.arrivals) - len({(one.endpoint, one.id) for one in sink.arrivals})
    report(
        f"{len(filing.refs)} publications x {len(endpoints)} endpoints: {len(missing)} lost, "
        f"{repeats} repeated; {books}"
    )
    report(f"commit -> receiver: {spread(one.seconds for one in sink.arrivals)}")
    assert missing == []
    assert sink.refused == []
    assert sink.contradictions() == []
    assert books.balance
    assert books.states["ok"] == books.emitted == len(events) * len(endpoints)
    assert set(filing.statuses) <= ALLOWED_ANSWERS
    assert filing.replay() == filing.refs
    assert filed(hub) == set(filing.refs.values())
    for endpoint in endpoints:
        numbers = {one.sequence for one in sink.at(endpoint)}
        assert numbers == set(range(1, len(events) + 1))


def filed(hub: Hub) -> set[str]:
    """Refs of what was filed with a key; a second incident of one key would show here."""
    query = "SELECT ref FROM incidents_incident WHERE title LIKE 'Filed as %'"
    with psycopg.connect(hub.database_url) as connection:
        return {row[0] for row in connection.execute(query)}
