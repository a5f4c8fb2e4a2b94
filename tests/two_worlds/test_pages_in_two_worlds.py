"""Of two worlds, the one that holds more than its observers may see has the same pages for them."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import User
from accounts.roles import Role
from tests.full_size import by_lot
from tests.two_worlds.browsing import ELSEWHERE, Browsing
from tests.two_worlds.building import build
from tests.two_worlds.renaming import Renamer
from tests.two_worlds.tracing import Line
from tests.two_worlds.worlds import Observers

OBSERVERS = {
    "a viewer and an analyst": Observers("xeno", (Role.VIEWER, Role.ANALYST)),
    "a lead and an admin": Observers("xeno", (Role.LEAD, Role.ADMIN)),
    "a lead outside the community": Observers("regulator", (Role.LEAD,)),
    "an analyst in a hidden group": Observers("hush", (Role.ANALYST,)),
}


def named_pages(patterns: list[URLPattern | URLResolver], above: str = "") -> Iterator[str]:
    """The pages whose address names something."""
    for pattern in patterns:
        path = above + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from named_pages(pattern.url_patterns, path)
        elif "<" in path and not f"/{path}".startswith(ELSEWHERE):
            yield path


def browser_of(user: User) -> Client:
    """Of somebody who has just given their password."""
    client = Client(raise_request_exception=False)
    client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


def browse(observers: Observers, rng: random.Random | None, *, questions_a_path: int) -> list[Line]:
    """All that the pages of a world show the observers; the world is gone afterwards."""
    lines: list[Line] = []
    pages = sorted(set(named_pages(get_resolver().url_patterns)))
    with transaction.atomic():
        world, _ = build(observers, rng)
        tokens = {issued.token.pk: "token" for issued in world.programs.values()}
        for user in world.users.values():
            with transaction.atomic():  # none of them meets what another has done
                browsing = Browsing(browser_of(user), Renamer(tokens), questions_a_path)
                browsing.look_for(world, pages)
                browsing.walk()
                lines += browsing.lines
                transaction.set_rollback(True)
        transaction.set_rollback(True)
    return lines


@pytest.mark.no_cover
@pytest.mark.parametrize("name", by_lot(OBSERVERS))
def test_what_is_hidden_changes_no_byte_of_any_page(db: None, chaos: bool, name: str) -> None:
    observers, asked = Observers.called(name, OBSERVERS), 8 if chaos else 2
    hidden = random.Random(str(observers))
    without = browse(observers, None, questions_a_path=asked)
    with_hidden = browse(observers, hidden, questions_a_path=asked)

    different = (pair for pair in zip(without, with_hidden, strict=False) if pair[0] != pair[1])
    assert next(different, None) is None, observers
    assert len(without) == len(with_hidden)
    assert {line.status for line in without} <= {200, 204, 302, 400, 403, 404, 405, 409}
    assert len({line.asked for line in without if line.status == 200}) > 30
