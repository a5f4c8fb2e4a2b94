"""Every page, opened with little and with much to show: what it asks, and what it is not given."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings as hub_settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext, override_settings
from pytest_django import DjangoDbBlocker

from hub.web import admin_rows
from tests.every_page.looks import Look, looks
from tests.every_page.world import NOBODY, World

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
OPTIONAL = {"picture", "tone"}
"""What components have a default for."""
MISSING = re.compile(r"nobody passed \[([^\]]*)\]")


@dataclass
class Opened:
    """What came of opening the pages."""

    for_little: dict[str, int] = field(default_factory=dict)
    """Queries of each page."""
    for_much: dict[str, int] = field(default_factory=dict)
    missing: dict[str, list[str]] = field(default_factory=dict)
    """What a page's templates name and were not given, where that is something."""


def opened_by(look: Look, world: World) -> tuple[int, str]:
    """How many queries the page takes, and what it shows."""
    client, headers = world.clients[look.by], HTMX if look.is_part else None
    if look.by == NOBODY:
        client.cookies.clear()  # one visit leaves a session to the next
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(look.path, follow=True, headers=headers)
    assert (str(look), answer.status_code) == (str(look), 200)
    return len(captured), answer.content.decode()


@pytest.fixture(scope="module")
def opened(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Opened:
    """Made once, in a transaction that leaves nothing."""
    templates: list[Any] = copy.deepcopy(hub_settings.TEMPLATES)
    templates[0]["OPTIONS"]["string_if_invalid"] = "nobody passed [%s]"
    with django_db_blocker.unblock(), transaction.atomic(), override_settings(TEMPLATES=templates):
        found = open_all()
        transaction.set_rollback(True)
    return found


def open_all() -> Opened:
    found, world = Opened(), World()
    pages = looks(world)
    with pytest.MonkeyPatch.context() as patch:
        # Of some things there are more than a list holds from the first.
        patch.setattr(admin_rows, "PER_PAGE", 5)
        for look in pages:
            found.for_little[str(look)], page = opened_by(look, world)
            if missing := set(MISSING.findall(page)) - OPTIONAL:
                found.missing[str(look)] = sorted(missing)
    world.grow()
    for look in pages:
        found.for_much[str(look)], _ = opened_by(look, world)
    return found


def test_every_page_takes_as_many_queries_for_much_as_for_little(opened: Opened) -> None:
    assert len(opened.for_little) > 100
    assert opened.for_much == opened.for_little


def test_every_page_is_given_what_its_templates_show(opened: Opened) -> None:
    """Django shows nothing for what is not there, and nobody would notice."""
    assert opened.missing == {}
