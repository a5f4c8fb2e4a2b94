"""The operators' pages in a browser: what they show, by keyboard, light and dark."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from accounts.models import Member, MemberStatus, User
from tests import make
from tests.accounts.signing_in import PASSWORD
from tests.browser.conftest import OpenBrowser
from tests.operating import SECRET, Hub, a_hub, operator

pytestmark = pytest.mark.django_db(transaction=True)

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LISTS = [
    *("accounts/member/", "accounts/user/", "accounts/invitation/", "accounts/apitoken/"),
    *("accounts/session/", "incidents/incident/", "free-tags/", "taxonomy/tagalias/"),
    *("vocabularies/", "taxonomy/election/", "outbox/event/", "outbox/chore/"),
    *("alerts/delivery/", "alerts/endpoint/", "audit/auditentry/"),
]


SHORT_FORM = 4
"""Without --chaos one in so many pages is looked at; they are made alike."""


def sign_in(page: Page, user: User) -> None:
    page.goto("/admin/")
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Health of the hub")


def all_paths(page: Page, hub: Hub) -> list[str]:
    """Every list, the page of its first row, and the first form that this leads to."""
    paths = ["/admin/", "/admin/vocabularies/harms/"]
    for name in LISTS:
        paths.append(f"/admin/{name}")
        page.goto(f"/admin/{name}")
        first = page.locator("tbody th a").first
        if first.count() and "auditentry" not in name:
            row = first.get_attribute("href") or ""
            page.goto(row)
            doors = page.locator(".page-actions a").all()[:1]
            paths += [row, *(door.get_attribute("href") or "" for door in doors)]
    query = f"ref={hub.incident.ref}&member={hub.member.slug}&email=&observation="
    return [*paths, f"/admin/why/?{query}", "/admin/taxonomy/tagalias/new/merge/"]


def violations(page: Page, path: str) -> list[str]:
    """The rules that a page breaks; in the dark only colours can differ."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.goto(path)
    broken = Axe().run(page, options={"runOnly": WCAG}).response["violations"]
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    broken += Axe().run(page, options={"runOnly": ["color-contrast"]}).response["violations"]
    return [violation["id"] for violation in broken]


def test_axe_finds_nothing_and_no_page_is_wider_than_a_telephone(
    open_browser: OpenBrowser, chaos: bool
) -> None:
    hub = a_hub()
    page = open_browser(viewport={"width": 390, "height": 800}).new_page()
    sign_in(page, operator())
    found, wide = {}, {}

    paths = all_paths(page, hub)
    for path in paths if chaos else paths[::SHORT_FORM]:
        found[path] = violations(page, path)
        wide[path] = page.evaluate("document.documentElement.scrollWidth")

    assert len(paths) > 30
    assert {path: rules for path, rules in found.items() if rules} == {}
    assert {path: width for path, width in wide.items() if width > 390} == {}


@pytest.mark.parametrize("java_script", [True, False])
def test_an_operator_opens_an_incident_with_a_reason(
    open_browser: OpenBrowser, java_script: bool
) -> None:
    page = open_browser(java_script_enabled=java_script).new_page()
    incident = make.incident(title=SECRET)
    sign_in(page, operator())

    page.get_by_role("link", name="Incidents", exact=True).click()
    page.get_by_role("link", name=incident.ref).click()
    expect(page.get_by_text(SECRET)).to_have_count(0)
    page.get_by_role("link", name="Open with a reason").click()
    page.get_by_role("button", name="Open with a reason").click()
    expect(page.get_by_role("alert")).to_contain_text("One thing needs your attention.")
    page.get_by_label("Reason").fill("The owner asked us to look at it.")
    page.get_by_role("button", name="Open with a reason").click()

    expect(page.get_by_text(SECRET)).to_be_visible()


def test_the_keyboard_is_enough_to_suspend_an_organisation(open_browser: OpenBrowser) -> None:
    member = make.member("acme")
    page = open_browser().new_page()
    sign_in(page, operator())
    page.goto(f"/admin/accounts/member/{member.pk}/")

    reach(page, "Suspend")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Suspend: Acme")
    reach(page, "Suspend")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Acme is suspended.")).to_be_visible()
    assert Member.objects.get().status == MemberStatus.SUSPENDED


def reach(page: Page, words: str) -> None:
    """Press Tab until what has these words has the focus, at most once round the page."""
    for _ in range(60):
        if page.evaluate("document.activeElement?.textContent.trim()") == words:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never came to {words}")
