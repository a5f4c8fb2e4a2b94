"""The components as a browser shows them: their policy, access for everybody, narrow windows."""

from __future__ import annotations

import gzip
import re
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import Browser, Page, Response, expect

from tests.browser.conftest import OpenBrowser
from tests.browser.looking import broken_rules

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        finders.find("ui/hub.css") is None, reason="The look of the pages is not built: make ui"
    ),
]

PAGE = "/design/"
FIRST_VISIT_BYTES = 200_000
PHONE = {"width": 390, "height": 844}


@pytest.mark.parametrize(("look", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing_whatever_the_look_and_the_width(
    open_browser: OpenBrowser, look: str, width: int
) -> None:
    page = open_browser(color_scheme=look, viewport={"width": width, "height": 900}).new_page()
    page.goto(f"{PAGE}?toast=1")
    expect(page.get_by_role("status").get_by_text("The incident was published.")).to_be_visible()

    found = broken_rules(page)
    page.get_by_role("button", name="Open a dialogue").click()
    found += broken_rules(page)

    assert found == []


def test_nothing_is_wider_than_the_window(open_browser: OpenBrowser) -> None:
    page = open_browser().new_page()
    page.goto(PAGE)
    widths = [320, 390, 768, 1280, 2560]

    found = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        found.append(page.evaluate("document.documentElement.scrollWidth"))

    assert found == widths


def test_the_first_visit_is_light(open_browser: OpenBrowser) -> None:
    page = open_browser().new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - marked by Playwright

    page.goto(PAGE, wait_until="networkidle")

    sizes = {answer.url: len(gzip.compress(answer.body())) for answer in answers}
    assert any(url.endswith("hub.css") for url in sizes)
    assert any(url.endswith(".woff2") for url in sizes)
    assert sum(sizes.values()) < FIRST_VISIT_BYTES


def background(page: Page) -> str:
    colour: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return colour


@pytest.mark.parametrize("java_script", [True, False])
def test_the_look_follows_the_system_until_somebody_chooses(
    open_browser: OpenBrowser, java_script: bool
) -> None:
    page = open_browser(color_scheme="dark", java_script_enabled=java_script).new_page()
    page.goto(PAGE)
    followed = background(page)
    page.get_by_role("button", name="Light").click()
    expect(page.get_by_role("button", name="Light")).to_have_attribute("aria-pressed", "true")
    chosen = background(page)

    page.goto(PAGE)

    assert followed == "rgb(17, 19, 23)"
    assert chosen == background(page) == "rgb(255, 255, 255)"


def test_the_page_of_an_error_is_for_everybody_and_has_the_chosen_look(
    chromium: Browser, live_server: Any
) -> None:
    # Not open_browser: the console tells of the 404 itself.
    with chromium.new_context(base_url=live_server.url, reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(PAGE)
        page.get_by_role("button", name="Dark").click()

        page.goto("/no/such/page/")
        dark = broken_rules(page)
        chosen = page.locator("html").get_attribute("data-bs-theme")
        page.evaluate("delete document.documentElement.dataset.bsTheme")

        assert chosen == "dark"
        assert dark == broken_rules(page) == []


def test_a_dialogue_opens_closes_by_key_and_gives_the_focus_back(open_browser: OpenBrowser) -> None:
    page = open_browser().new_page()
    page.goto(PAGE)
    opener = page.get_by_role("button", name="Open a dialogue")
    dialogue = page.get_by_role("dialog", name="Publish this incident?")

    opener.click()
    expect(dialogue).to_be_visible()
    page.keyboard.press("Escape")

    expect(dialogue).to_be_hidden()
    expect(opener).to_be_focused()


def test_toasts_are_dismissed_and_errors_wait_for_it(open_browser: OpenBrowser) -> None:
    context = open_browser()
    context.clock.install()
    page = context.new_page()
    page.goto(f"{PAGE}?toast=1")
    context.clock.run_for(200)
    done, failed = page.locator(".toast-success"), page.locator(".toast-error")
    expect(done).to_be_visible()

    context.clock.run_for(9_000)

    expect(done).to_have_count(0)
    expect(failed).to_be_visible()
    failed.get_by_role("button", name="Dismiss").click()
    expect(failed).to_have_count(0)


def test_htmx_changes_a_part_and_keeps_the_focus(open_browser: OpenBrowser) -> None:
    page = open_browser().new_page()
    page.goto(PAGE)
    page.evaluate("document.querySelector('#rows table').dataset.old = 'yes'")
    page.evaluate("document.querySelector('#rows a').focus()")
    page.evaluate("document.querySelector('form[hx-get]').requestSubmit()")

    expect(page.locator("#rows table:not([data-old])")).to_be_visible()
    expect(page.locator("#rows")).to_be_focused()


def test_the_navigation_of_a_narrow_window_opens_and_closes_by_key(
    open_browser: OpenBrowser,
) -> None:
    page = open_browser(viewport=PHONE, java_script_enabled=False).new_page()
    page.goto(PAGE)
    link = page.get_by_role("link", name="API")
    hidden_at_first = link.is_visible()

    page.get_by_role("button", name="Navigation").press("Enter")
    expect(link).to_be_visible()
    page.keyboard.press("Escape")

    assert hidden_at_first is False
    expect(link).to_be_hidden()


def test_the_first_tab_leads_past_the_navigation(open_browser: OpenBrowser) -> None:
    page = open_browser().new_page()
    page.goto(PAGE)

    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("#main")).to_be_focused()


def test_without_javascript_no_button_is_there_that_needs_it(open_browser: OpenBrowser) -> None:
    page = open_browser(java_script_enabled=False).new_page()

    page.goto(f"{PAGE}?toast=1")

    for name in ("Open a dialogue", "Copy", "Dismiss"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    expect(page.get_by_text("The incident was published.")).to_be_visible()


def test_copying_says_so(open_browser: OpenBrowser) -> None:
    context = open_browser(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(PAGE)

    page.get_by_role("button", name="Copy").click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "whsec_c2FtcGxlLXNlY3JldA"


def test_the_page_of_the_api_runs_under_its_own_policy(open_browser: OpenBrowser) -> None:
    page = open_browser().new_page()

    page.goto("/api/v1/docs/", wait_until="networkidle")

    expect(page.locator("#operations .opblock").first).to_be_visible()


def test_the_page_of_the_api_is_dark_where_the_others_are(
    open_browser: OpenBrowser, live_server: Any
) -> None:
    context = open_browser(color_scheme="dark")
    page = context.new_page()
    page.goto("/api/v1/docs/")
    is_dark = re.compile(r"\bdark-mode\b")

    expect(page.locator("html")).to_have_class(is_dark)
    expect(page.locator("html")).to_have_css("background-color", "rgb(28, 32, 34)")
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).not_to_have_class(is_dark)
    expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
    context.add_cookies([{"name": "theme", "value": "dark", "url": live_server.url}])
    page.reload()
    expect(page.locator("html")).to_have_class(is_dark)
