"""A world made step by step, with or without what its observers must not notice."""

from __future__ import annotations

import random

from tests import make
from tests.two_worlds.hiding import ELSEWHERE, Hider, count_from
from tests.two_worlds.worlds import STEPS, Observers, Unseen, World, file_for_some

ACTS_BETWEEN_STEPS = 5


def build(observers: Observers, rng: random.Random | None) -> tuple[World, Hider | None]:
    """The world, and who goes on hiding things in it, if `rng` says what by chance.

    The caller's transaction holds it, and rolls it back.
    """
    count_from(1, used=False)
    world = World(observers, ELSEWHERE if rng else Unseen())
    hider = Hider(world, rng) if rng else None
    for step in STEPS:
        step(world)
        make.suggestions()  # before the hider has the hub suggest: its work comes in order
        if hider and step is file_for_some:
            world.hidden = hider.hide()
        if hider and hider.incidents:
            hider.act(ACTS_BETWEEN_STEPS)
    return world, hider
