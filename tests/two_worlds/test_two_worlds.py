"""Of two worlds, the one that holds more than its observers may see looks the same to them."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.roles import Role
from tests import make
from tests.full_size import by_lot
from tests.two_worlds.asking import BY_ROLE, ROUTES, Asker, file_the_same
from tests.two_worlds.building import ACTS_BETWEEN_STEPS, build
from tests.two_worlds.hiding import Hider
from tests.two_worlds.renaming import Renamer
from tests.two_worlds.tracing import Line, Trace
from tests.two_worlds.worlds import TOKEN, Observers, World, deliver

OBSERVERS = {
    "a token": Observers("xeno", (TOKEN,)),
    "a viewer and an analyst": Observers("xeno", (Role.VIEWER, Role.ANALYST)),
    "a lead and an admin": Observers("xeno", (Role.LEAD, Role.ADMIN)),
    "an organisation outside the community": Observers("regulator"),
    "a member of a hidden group": Observers("hush"),
}


def live(observers: Observers, rng: random.Random | None) -> list[Line]:
    """All that the observers get in a world of their own, which is gone afterwards.

    With `rng`, the world holds more than they may notice.
    """
    lines: list[Line] = []
    with transaction.atomic():
        world, hider = build(observers, rng)
        for role in observers.roles:
            lines += observe_alone(world, role, hider)
        transaction.set_rollback(True)
    return lines


def observe_alone(world: World, role: Role | None, hider: Hider | None) -> list[Line]:
    """What one observer gets, of a world that none of the others has touched."""
    with transaction.atomic():
        lines = observe_as(*copy.deepcopy((world, role, hider)))
        transaction.set_rollback(True)
    return lines


def observe_as(world: World, role: Role | None, hider: Hider | None) -> list[Line]:
    client, token = world.client(role)
    trace = Trace(client, Renamer({token: "token"} if token else {}))
    for ask in BY_ROLE if role else (*ROUTES.values(), file_the_same):
        ask(Asker(world, trace))
    make.suggestions()
    if hider:
        hider.act(ACTS_BETWEEN_STEPS)
    deliver(world)
    for path in ("incidents/", "events/?limit=200&own=true", "vocabularies/tag/"):
        trace.get(path)
    for webhook_id, body in world.posted:
        trace.receive(webhook_id, body)
    return trace.lines


def differences(left: list[Line], right: list[Line]) -> Iterator[tuple[Line, Line]]:
    return (pair for pair in zip(left, right, strict=False) if pair[0] != pair[1])


def served(patterns: list[URLPattern | URLResolver], above: str = "") -> Iterator[str]:
    for pattern in patterns:
        path = above + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from served(pattern.url_patterns, path)
        else:
            yield path


@pytest.mark.no_cover  # counting lines takes longer than thousands of requests
@pytest.mark.parametrize("name", by_lot(OBSERVERS))
def test_what_is_hidden_changes_no_byte_and_no_query(db: None, name: str) -> None:
    observers = Observers.called(name, OBSERVERS)
    without = live(observers, None)
    with_hidden = live(observers, random.Random(str(observers)))

    assert next(differences(without, with_hidden), None) is None, observers
    assert len(without) == len(with_hidden)
    assert len({line.asked for line in without}) > 150


def test_every_route_is_asked() -> None:
    below = {
        path.removeprefix("api/v1/")
        for path in served(get_resolver().url_patterns)
        if path.startswith("api/")
    }

    assert below == set(ROUTES)


def test_a_difference_does_not_go_unnoticed() -> None:
    line = Line("GET x", 200, (), "", 1)

    assert list(differences([line, line], [line, line._replace(queries=2)])) == [
        (line, line._replace(queries=2))
    ]
