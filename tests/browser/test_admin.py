"""The operators' pages in a browser: what they show, and by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Member, MemberStatus, User
from tests import make
from tests.accounts.signing_in import PASSWORD
from tests.browser.conftest import OpenBrowser
from tests.operating import SECRET, operator

pytestmark = pytest.mark.django_db(transaction=True)


def sign_in(page: Page, user: User) -> None:
    page.goto("/admin/")
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Health of the hub")


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
