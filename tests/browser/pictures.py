"""Takes the pictures of the documentation: `make screenshots`."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from accounts.models import User
from hub.cli.demo_data import load_demo
from hub.cli.demo_facts import read_facts
from tests.browser.conftest import OpenBrowser
from tests.browser.test_incident_list import opened

pytestmark = pytest.mark.django_db(transaction=True)

DOCS = Path(__file__).parents[2] / "docs"
FOLDER = DOCS / "explanation" / "design-system"
PAGES = DOCS / "reference" / "pages"


@pytest.mark.parametrize(
    ("name", "width", "height", "look"),
    [
        ("light", 1280, 900, "light"),
        ("dark", 1280, 900, "dark"),
        ("phone", 390, 844, "light"),
    ],
)
def test_a_picture_is_taken(
    open_browser: OpenBrowser, name: str, width: int, height: int, look: str
) -> None:
    page = open_browser(
        viewport={"width": width, "height": height}, color_scheme=look, reduced_motion="reduce"
    ).new_page()
    page.goto("/design/", wait_until="networkidle")
    page.evaluate("document.fonts.ready")

    picture = page.screenshot(path=FOLDER / f"{name}.png")

    assert picture.startswith(b"\x89PNG")


def test_pictures_of_the_main_pages_are_taken(open_browser: OpenBrowser) -> None:
    call_command("loadvocabularies", stdout=StringIO())
    load_demo(read_facts())
    lead = User.objects.get(email="lead@quillfeed.example")
    context = open_browser(viewport={"width": 1280, "height": 700}, reduced_motion="reduce")
    page = opened(context, lead)
    listed = page.locator("[data-row]", has_text="bulletin calls off").get_attribute("href")

    for name, path in (
        ("list", "/incidents/"),
        ("incident", listed),
        ("form", "/incidents/new/?skip"),
    ):
        page.goto(str(path), wait_until="networkidle")
        page.evaluate("document.fonts.ready")
        picture = page.screenshot(path=PAGES / f"{name}.png")
        assert len(picture) < 200_000
