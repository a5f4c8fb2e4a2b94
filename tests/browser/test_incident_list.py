"""The incident list as people use it: with scripts, without, and by keyboard alone."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.models import Member, User
from accounts.readers import Reader
from accounts.roles import Role
from incidents.core.services.saved_filters import create_saved_filter
from tests import make
from tests.browser.conftest import OpenBrowser
from tests.browser.looking import broken_rules, too_wide

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        finders.find("ui/hub.js") is None, reason="The look of the pages is not built: make ui"
    ),
]

PAGE = "/incidents/"
LONG = "Pneumonoultramicroscopicsilicovolcanoconiosis" * 5


@pytest.fixture
def analyst() -> User:
    return make.user(make.member("acme"), role=Role.ANALYST, name="Ada")


def opened(context: BrowserContext, user: User) -> Page:
    """A page of a browser in which that person has signed in."""
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page = context.new_page()
    page.goto("/sign-in/")
    hub = urljoin(page.url, "/")
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": hub}])
    page.goto(PAGE)
    return page


def some_incidents() -> None:
    lead = make.person(make.member("zeta"))
    for severity, title in (
        ("low", "First voice"),
        ("high", "Second voice"),
        ("info", "A picture"),
    ):
        make.incident(by=lead, title=title, severity=severity, media_kinds=["audio"])


def titles(page: Page) -> list[str]:
    return page.locator("[data-row]").all_inner_texts()


def test_typing_choosing_ordering_and_taking_away_change_the_results_alone(
    open_browser: OpenBrowser, analyst: User
) -> None:
    some_incidents()
    page = opened(open_browser(), analyst)
    page.evaluate("window.stays = true")
    search = page.get_by_role("searchbox", name="Search", exact=True)
    announcer = page.locator("#announcer")

    search.press_sequentially("voice", delay=20)
    expect(page.locator("[data-row]")).to_have_count(2)
    expect(search).to_be_focused()
    expect(page).to_have_url(re.compile(r"/incidents/\?q=voice$"))
    expect(announcer).to_have_text("2 incidents.")

    page.locator("#id_severity summary").click()
    page.get_by_role("checkbox", name="High").check()
    expect(page.locator("[data-row]")).to_have_text(["Second voice"])
    expect(page).to_have_url(re.compile(r"\?q=voice&severity=high$"))
    expect(page.locator("#id_severity [data-picked]")).to_contain_text("1")
    page.keyboard.press("Escape")
    expect(page.locator("#id_severity")).not_to_have_attribute("open", "")

    page.get_by_role("link", name="Remove Severity: High").click()
    expect(page.locator("[data-row]")).to_have_count(2)
    expect(page.locator("#id_severity [data-picked]")).to_be_hidden()
    expect(search).to_have_value("voice")

    page.get_by_role("link", name="Severity").click()
    expect(page.locator("[data-row]")).to_have_text(["Second voice", "First voice"])
    expect(page.get_by_role("link", name="Severity")).to_be_focused()

    search.fill("picture")  # the order stays
    expect(page).to_have_url(re.compile(r"\?q=picture&ordering=-severity$"))
    expect(page.locator("[data-row]")).to_have_text(["A picture"])
    assert page.evaluate("window.stays") is True

    page.go_back()
    expect(page).to_have_url(re.compile(r"\?q=voice&ordering=-severity$"))
    expect(page.locator("[data-row]")).to_have_text(["Second voice", "First voice"])
    expect(search).to_have_value("voice")


def test_pages_change_the_results_and_begin_at_their_top(
    open_browser: OpenBrowser, analyst: User
) -> None:
    lead = make.person(make.member())
    for number in range(60):
        make.incident(by=lead, title=f"Number {number}")
    page = opened(open_browser(), analyst)
    page.evaluate("window.stays = true")

    page.get_by_role("link", name="Next").click()
    expect(page.locator("[data-row]")).to_have_count(10)
    expect(page.locator("#results")).to_be_focused()
    expect(page.locator("#results")).to_be_in_viewport()
    page.get_by_role("link", name="Previous").click()
    expect(page.locator("[data-row]")).to_have_count(50)
    expect(page.locator("#announcer")).to_contain_text("There are more on the next page.")
    assert page.evaluate("window.stays") is True


def test_a_filter_that_is_wrong_is_marked_where_it_stands(
    chromium: Browser, live_server: Any, analyst: User
) -> None:
    # Not open_browser: the console tells of the 400 itself.
    with chromium.new_context(base_url=live_server.url) as context:
        page = opened(context, analyst)
        page.get_by_text("More filters").click()
        language = page.get_by_role("textbox", name="Language")

        language.fill("english")
        language.press("Tab")

        expect(page.get_by_role("alert")).to_contain_text("BCP 47")
        expect(language).to_have_attribute("aria-invalid", "true")
        expect(page.locator("#id_language_error")).to_be_visible()
        language.fill("en")
        language.press("Tab")
        expect(page.get_by_role("alert")).to_have_count(0)


def test_a_value_is_looked_for_among_many(open_browser: OpenBrowser, analyst: User) -> None:
    make.incident(title="Slovak", countries=["SK"])
    make.incident(title="German", countries=["DE"])
    page = opened(open_browser(), analyst)

    page.locator("#id_country summary").click()
    expect(page.get_by_role("searchbox", name="Look for: Country")).to_be_focused()
    page.keyboard.type("SLOVÁK")
    expect(page.get_by_role("checkbox", name="Slovakia")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Germany")).to_be_hidden()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")

    expect(page.locator("[data-row]")).to_have_text(["Slovak"])


def test_keys_lead_along_the_rows_to_the_search_and_to_a_new_incident(
    open_browser: OpenBrowser, analyst: User
) -> None:
    some_incidents()
    page = opened(open_browser(), analyst)
    rows = page.locator("[data-row]")
    search = page.get_by_role("searchbox", name="Search", exact=True)

    page.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("j")
    expect(rows.nth(2)).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("ArrowUp")
    expect(rows.nth(0)).to_be_focused()

    page.keyboard.press("/")
    expect(search).to_be_focused()
    page.keyboard.type("njk?/")
    expect(search).to_have_value("njk?/")
    expect(page.get_by_role("dialog")).to_have_count(0)
    search.fill("")
    expect(rows).to_have_count(3)

    search.blur()
    page.keyboard.press("?")
    dialogue = page.get_by_role("dialog", name="Keys")
    expect(dialogue.locator("dt")).to_have_text(["?", "n", "/", "j k"])
    page.keyboard.press("n")  # not while a dialogue asks
    expect(page).to_have_url(re.compile(f"{PAGE}$"))
    page.keyboard.press("Escape")
    expect(dialogue).to_be_hidden()

    page.keyboard.press("j")
    reference = rows.nth(0).get_attribute("href")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"{reference}$"))
    page.go_back()
    page.keyboard.press("n")
    expect(page).to_have_url(re.compile("/incidents/new/$"))


def test_who_does_not_want_keys_has_none(open_browser: OpenBrowser, analyst: User) -> None:
    some_incidents()
    page = opened(open_browser(), analyst)
    page.keyboard.press("?")
    page.get_by_label("Use these keys in this browser").uncheck()
    page.keyboard.press("Escape")

    page.reload()
    page.keyboard.press("n")
    page.keyboard.press("j")

    expect(page.locator("[data-row]:focus")).to_have_count(0)
    expect(page).to_have_url(re.compile(f"{PAGE}$"))
    page.get_by_role("button", name="Keys").click()
    expect(page.get_by_label("Use these keys in this browser")).not_to_be_checked()


def test_without_scripts_a_form_asks_the_same(open_browser: OpenBrowser, analyst: User) -> None:
    some_incidents()
    page = opened(open_browser(java_script_enabled=False), analyst)

    page.get_by_role("searchbox", name="Search", exact=True).fill("voice")
    page.locator("#id_severity summary").click()
    page.get_by_role("checkbox", name="High").check()
    page.get_by_role("checkbox", name="Low").check()
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("[data-row]")).to_have_text(["Second voice", "First voice"])
    page.get_by_role("link", name="Updated").click()
    expect(page.locator("[data-row]")).to_have_text(["First voice", "Second voice"])
    page.get_by_role("link", name="Published").click()
    expect(page).to_have_url(re.compile("ordering=-published_at"))
    expect(page.locator("[data-row]")).to_have_text(["Second voice", "First voice"])
    page.get_by_role("link", name="Remove Severity: Low").click()
    expect(page.locator("[data-row]")).to_have_text(["Second voice"])
    page.get_by_role("link", name="Save this filter").click()
    page.get_by_label("Name").fill("High voices")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The filter is saved.")).to_be_visible()
    page.get_by_role("link", name="Clear").click()
    expect(page.locator("[data-row]")).to_have_count(3)
    page.get_by_role("link", name="High voices").click()
    expect(page.locator("[data-row]")).to_have_text(["Second voice"])
    expect(page.get_by_role("button", name="Keys")).to_have_count(0)


@pytest.mark.parametrize(("look", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing_in_what_is_opened_and_nothing_is_wider_than_the_window(
    open_browser: OpenBrowser, analyst: User, look: str, width: int
) -> None:
    assert analyst.member is not None
    by = Reader(analyst.member, analyst)
    make.incident(title=LONG, severity="critical", media_kinds=["audio", "video"], countries=["SK"],
                  targets=[{"name": LONG[:200], "kind": "politician"}])  # fmt: skip
    make.draft(by=by, title="Ours")
    Member.objects.filter(pk=analyst.member.pk).update(name=LONG[:200])
    create_saved_filter(name=LONG[:100], query={"q": LONG[:200]}, by=by)
    page = opened(
        open_browser(
            color_scheme=look, reduced_motion="reduce", viewport={"width": width, "height": 900}
        ),
        analyst,
    )

    page.locator("#id_country summary").click()
    picker = [*broken_rules(page), *too_wide(page)]
    page.get_by_text("More filters").click()
    page.locator("#id_harm summary").click()
    more = [*broken_rules(page), *too_wide(page)]
    page.get_by_role("button", name="Keys").click()
    keys = [*broken_rules(page), *too_wide(page)]

    assert (picker, more, keys) == ([], [], [])
