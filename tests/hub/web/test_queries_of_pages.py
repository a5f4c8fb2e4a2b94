"""A page asks the database as often for much as for little."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub.web import admin_rows
from tests.every_page.looks import Look, looks
from tests.every_page.world import NOBODY, World

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def queries(look: Look, world: World) -> int:
    """How many the page takes."""
    client, headers = world.clients[look.by], HTMX if look.is_part else None
    if look.by == NOBODY:
        client.cookies.clear()  # one visit leaves a session to the next
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(look.path, follow=True, headers=headers)
    assert (str(look), answer.status_code) == (str(look), 200)
    return len(captured)


def test_every_page_takes_as_many_queries_for_much_as_for_little(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Of some things there are more than a list holds from the first.
    monkeypatch.setattr(admin_rows, "PER_PAGE", 5)
    world = World()
    opened = looks(world)
    for_little = {str(look): queries(look, world) for look in opened}

    monkeypatch.undo()
    world.grow()

    for_much = {str(look): queries(look, world) for look in opened}
    assert len(opened) > 100
    assert for_much == for_little
