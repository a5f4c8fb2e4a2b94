"""P10: fan-out of one event to 10,000 endpoints, against INSERT … SELECT of the same rows."""

from __future__ import annotations

from bench.conversation import python_side
from bench.place import Place
from bench.report import Measured, Series, Verdict, ratios

ENDPOINTS = 10_000
TARGET = 2


def measure(place: Place) -> Measured:
    """Both write to the same table, emptied before each, in a transaction of their own."""
    rounds, endpoints = (1, 1_000) if place.quick else (15, ENDPOINTS)
    ours: list[float] = []
    bare: list[float] = []
    with (
        place.hub_database() as url,
        python_side("bench.fanning", env=place.hub_environment(url), log=place.folder) as side,
    ):
        side.ask("admit", endpoints=endpoints)
        for is_warming_up in [True, *(False for _ in range(rounds))]:
            pair = float(side.ask("fan_out", endpoints=endpoints)), float(side.ask("insert"))
            if not is_warming_up:
                ours.append(1000 * pair[0])
                bare.append(1000 * pair[1])
    return Measured(
        [
            Verdict(
                "P10",
                f"fan-out to {endpoints:,} endpoints, to INSERT … SELECT",
                ratios(ours, bare),
                TARGET,
            )
        ],
        [Series("fan-out", ours, "ms"), Series("INSERT … SELECT of the same rows", bare, "ms")],
    )
