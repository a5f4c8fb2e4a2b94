"""What P1 and P2 share: the hub's engine as one side, and rates by the CPU second."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from bench.conversation import Side, python_side
from bench.cpu import Meter, Reading
from bench.failure import BenchError
from bench.place import Place
from bench.receivers import Receivers
from bench.report import Series

SETTLING_SECONDS: Final = 0.2
"""For PostgreSQL to wait for its processes that have ended: only then are they counted."""


@dataclass
class Rates:
    """How fast one side was, round by round."""

    name: str
    meter: Meter
    receivers: Receivers
    by_cpu: list[float] = field(default_factory=list)
    by_clock: list[float] = field(default_factory=list)
    spent: list[Reading] = field(default_factory=list)
    """CPU seconds for each delivery."""

    def measure(self, deliver: Callable[[], int], *, is_warming_up: bool = False) -> None:
        """Note how much CPU and time `deliver` takes, and that everything it says arrived."""
        arrived, before, began = self.receivers.count(), self.meter.read(), time.monotonic()
        number = deliver()
        seconds = time.monotonic() - began
        time.sleep(SETTLING_SECONDS)
        used = self.meter.read().since(before)
        if self.receivers.count() - arrived != number:
            raise BenchError(f"{self.name}: not exactly {number} webhooks arrived.")
        if not is_warming_up:
            self.by_cpu.append(number / used.total)
            self.by_clock.append(number / seconds)
            self.spent.append(Reading(*(part / number for part in used)))

    def series(self) -> list[Series]:
        parts = ", ".join(
            f"{name} {1_000_000 * median(values):.0f} us"
            for name, values in zip(Reading._fields, zip(*self.spent, strict=True), strict=True)
            if any(values)
        )
        return [
            Series(f"{self.name}, a CPU second", self.by_cpu, "/s", note=f"each {parts}"),
            Series(f"{self.name}, by the clock", self.by_clock, "/s"),
        ]


@dataclass
class Engine:
    """The hub's engine in a process of its own."""

    side: Side
    rates: Rates
    incidents: int
    """Published for each round."""

    def round(self, *, is_warming_up: bool = False) -> None:
        """Publish, and measure from the events on record to the last delivery on record."""
        self.side.ask("publish", number=self.incidents)
        self.rates.measure(lambda: int(self.side.ask("deliver")), is_warming_up=is_warming_up)


@contextlib.contextmanager
def engine(place: Place, receivers: Receivers, *, incidents: int) -> Iterator[Engine]:
    """A hub in a database of its own, which all of the receivers belong to."""
    with (
        place.hub_database() as url,
        python_side("bench.ours", env=place.hub_environment(url), log=place.folder) as side,
    ):
        side.ask("admit", urls=receivers.urls)
        meter = Meter([side.pid], place.postmaster)
        made = Engine(side, Rates("the hub", meter, receivers), incidents)
        made.round(is_warming_up=True)
        yield made
