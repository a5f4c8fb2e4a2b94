"""What a template names is there: Django shows nothing for what is not, and nobody notices."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from django.conf import settings as hub_settings
from pytest_django import Settings

from tests.every_page.looks import looks
from tests.every_page.world import NOBODY, World

pytestmark = pytest.mark.django_db

OPTIONAL = {"picture", "tone"}
"""What components have a default for."""
MISSING = re.compile(r"nobody passed \[([^\]]*)\]")


def test_every_page_is_given_what_its_templates_show(settings: Settings) -> None:
    templates: list[Any] = copy.deepcopy(hub_settings.TEMPLATES)
    templates[0]["OPTIONS"]["string_if_invalid"] = "nobody passed [%s]"
    settings.TEMPLATES = templates
    world = World()
    found: dict[str, list[str]] = {}

    for look in looks(world):
        client = world.clients[look.by]
        if look.by == NOBODY:
            client.cookies.clear()
        page = client.get(look.path, follow=True).content.decode()
        if missing := set(MISSING.findall(page)) - OPTIONAL:
            found[str(look)] = sorted(missing)

    assert found == {}
