"""Posts begin in a row: the first are sent before the last begin, and none waits for long."""

from __future__ import annotations

import asyncio

import pytest

from incidents.alerts.engine import runway
from incidents.alerts.engine.runway import Runway


@pytest.fixture(autouse=True)
def two_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runway, "PLACES", 2)
    monkeypatch.setattr(runway, "SECONDS", 0.05)


def test_the_first_are_over_before_the_last_begin() -> None:
    told: list[str] = []

    async def post(number: int, on: Runway) -> None:
        place = await on.take()
        told.append(f"begin {number}")
        await asyncio.sleep(0)
        told.append(f"end {number}")
        place.leave()

    async def run() -> None:
        on = Runway()
        await asyncio.gather(*(post(number, on) for number in range(4)))

    asyncio.run(run())

    assert told[:4] == ["begin 0", "begin 1", "end 0", "end 1"]
    assert sorted(told[4:]) == ["begin 2", "begin 3", "end 2", "end 3"]


def test_who_takes_long_gives_its_place_back_once() -> None:
    async def run() -> list[float]:
        on, loop = Runway(), asyncio.get_running_loop()
        began = loop.time()
        places = [await on.take() for _ in range(4)]
        waited = loop.time() - began
        for place in places[:2]:
            place.leave()
        before = loop.time()
        await on.take()
        return [waited, loop.time() - before]

    waited, waited_again = asyncio.run(run())

    assert 0.04 <= waited < 1
    assert 0.02 <= waited_again < 1
