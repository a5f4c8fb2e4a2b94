"""Text that somebody types while the hub's web is killed under it."""

from __future__ import annotations

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_filing import LOST_AT_MOST_MS, SAVED
from tests.system.fixtures import StartHub
from tests.system.provision import PASSWORD

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(
        finders.find("ui/hub.js") is None, reason="The scripts of the pages are not built: make ui"
    ),
]

EMAIL = "analyst@filer.example"
LETTERS = "Typed without a pause until the very moment of the kill, letter by letter"
LETTER_MS = 60


def sign_in(page: Page) -> None:
    page.goto("/account/")
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/account/")


def test_a_killed_web_costs_at_most_two_seconds_of_typing(
    start_hub: StartHub,
    chromium: Browser,
) -> None:
    hub = start_hub("web")
    address = f"http://127.0.0.1:{hub.port}"

    with chromium.new_context(base_url=address) as context:
        page = context.new_page()
        sign_in(page)
        page.goto("/incidents/new/?skip")
        title, state = page.get_by_label("Title").first, page.locator("[data-state]")
        title.press_sequentially(LETTERS, delay=LETTER_MS)
        hub.kill("web")
        page.keyboard.type(" and after it")
        expect(state).to_contain_text("The hub does not answer", timeout=10_000)
        page.get_by_role("button", name="Save the draft").click()  # is not sent into the void
        expect(title).to_have_value(f"{LETTERS} and after it")

    hub.start("web")
    hub.await_ready()
    with chromium.new_context(base_url=address) as context:
        page = context.new_page()
        sign_in(page)
        page.goto("/incidents/new/")
        kept = page.get_by_label("Title").first.input_value()
    assert LETTERS.startswith(kept)
    assert (len(LETTERS) - len(kept)) * LETTER_MS <= LOST_AT_MOST_MS


def test_a_page_that_stays_open_saves_when_web_is_back(
    start_hub: StartHub,
    chromium: Browser,
) -> None:
    hub = start_hub("web")

    with chromium.new_context(base_url=f"http://127.0.0.1:{hub.port}") as context:
        page = context.new_page()
        sign_in(page)
        page.goto("/incidents/new/?skip")
        title, state = page.get_by_label("Title").first, page.locator("[data-state]")
        hub.kill("web")
        title.fill("Typed while it was away")
        expect(state).to_contain_text("The hub does not answer", timeout=10_000)
        hub.start("web")
        hub.await_ready()

        expect(state).to_have_text(SAVED, timeout=30_000)
        page.reload()
        expect(title).to_have_value("Typed while it was away")
