"""P2: the engine against a bare aiohttp loop that signs and posts the same bodies."""

from __future__ import annotations

from bench.conversation import python_side
from bench.cpu import Meter
from bench.deliveries import Rates, engine
from bench.place import Place
from bench.receivers import receivers
from bench.report import Measured, Verdict, ratios

ENDPOINTS = 200
TARGET = 0.7


def measure(place: Place) -> Measured:
    """Both send the same bodies to the same receivers in turn, each from one process."""
    rounds, incidents = (1, 2) if place.quick else (7, 25)
    with (
        receivers(place, ENDPOINTS) as to,
        engine(place, to, incidents=incidents) as ours,
        python_side(
            "bench.bare",
            env=place.hub_environment(place.database_url),
            log=place.folder,
            with_django=False,
        ) as bare,
    ):
        bare.ask("take", webhooks=ours.side.ask("sent", number=ENDPOINTS))
        other = Rates("bare aiohttp", Meter([bare.pid]), to)
        number = incidents * ENDPOINTS
        for _ in range(rounds):
            ours.round()
            other.measure(lambda: int(bare.ask("deliver", number=number)))
    return Measured(
        [
            Verdict(
                "P2",
                "signed deliveries a CPU second, to bare aiohttp's",
                ratios(ours.rates.by_cpu, other.by_cpu),
                TARGET,
                at_least=True,
            )
        ],
        [*ours.rates.series(), *other.series()],
    )
