"""Every page as a browser shows it, on a desk in the light and on a telephone in the dark."""

from __future__ import annotations

import random
from typing import Any, Final, Literal

import pytest
from django.conf import settings as hub_settings
from django.contrib.staticfiles import finders
from playwright.sync_api import BrowserContext
from pytest_django import Settings

from tests.browser.conftest import OpenBrowser
from tests.browser.looking import GOOD_PRACTICE, TELEPHONE, UNFOLD, WCAG, broken_rules, too_wide
from tests.every_page.looks import Look, looks
from tests.every_page.world import World

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        finders.find("ui/hub.css") is None, reason="The look of the pages is not built: make ui"
    ),
]

IN_SHORT = 3
"""So many pages are opened without --chaos: others each time, and the same for the same seed."""
WAYS: Final[list[tuple[Literal["light", "dark"], int]]] = [("light", 1280), ("dark", TELEPHONE)]
SESSION_COOKIE = hub_settings.SESSION_COOKIE_NAME


SWAGGER = "api_docs"
"""Drawn by Swagger UI, whose markup is not ours: axe does not look at it."""
LARGE = {"incident_duplicates", "incident_edit", "incident_new", "observation_new"}
"""Forms of so many fields that axe takes long; tests/browser/test_filing.py looks at one."""


class Visitor:
    """A browser that becomes one person after the other."""

    def __init__(self, context: BrowserContext, world: World, hub: str) -> None:
        self.context, self.world, self.hub = context, world, hub
        self.page = context.new_page()

    def open(self, look: Look) -> None:
        """As the one who opens it, and without what it leads to."""
        self.context.clear_cookies()
        cookie = self.world.clients[look.by].cookies.get(SESSION_COOKIE)
        if cookie is not None:
            self.context.add_cookies(
                [{"name": SESSION_COOKIE, "value": cookie.value, "url": self.hub}]
            )
        answer = self.page.goto(look.path)
        assert answer is not None
        assert (answer.status, str(look)) == (200, str(look))

    def faults(self, look: Look) -> list[str]:
        """What is wrong with a page, with all of it unfolded."""
        found = []
        for scheme, width in WAYS:
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            if scheme == "light":
                self.open(look)
                self.page.evaluate(UNFOLD)
            broken = too_wide(self.page)
            if look.name != SWAGGER:
                broken += broken_rules(self.page, *WCAG, GOOD_PRACTICE)
            found += [f"{scheme}, {width} px: {one}" for one in broken]
        return found


def test_every_page_is_for_everybody_and_no_wider_than_its_window(
    open_browser: OpenBrowser, live_server: Any, settings: Settings, chaos: bool
) -> None:
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 24 * 3600  # seconds: nobody is asked on the way
    world = World()
    pages = [look for look in looks(world) if not look.is_part]
    visitor = Visitor(open_browser(), world, live_server.url)

    small = [look for look in pages if look.name not in LARGE]
    opened = pages if chaos else random.sample(small, IN_SHORT)
    found = {str(look): visitor.faults(look) for look in opened}

    assert len(pages) > 90
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
