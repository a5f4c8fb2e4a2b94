"""Signing in and the pages of account and organisation, as people use them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.roles import Role
from tests import make
from tests.accounts.signing_in import PASSWORD, person
from tests.browser.conftest import OpenBrowser

pytestmark = pytest.mark.django_db(transaction=True)


def an_admin() -> User:
    return person(make.member("acme"), role=Role.ADMIN, name="Ada")


def sign_in(page: Page, user: User, password: str = PASSWORD) -> None:
    page.goto("/organisation/")
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("java_script", [True, False])
def test_a_person_signs_in_makes_a_token_and_signs_out(
    open_browser: OpenBrowser, java_script: bool
) -> None:
    page = open_browser(java_script_enabled=java_script).new_page()
    user = an_admin()

    sign_in(page, user, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("do not open an account")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Acme")

    page.get_by_role("link", name="New token").first.click()
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_role("alert")).to_contain_text("2 things need your attention.")
    page.get_by_label("Name").fill("Relay")
    page.get_by_label("Follow the feed of events").check()
    page.get_by_role("button", name="Make the token").click()
    expect(page.locator("#token-text")).to_have_text(re.compile(r"dfh_\w{8}_\w{36}"))

    page.goto("/sign-out/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.goto("/account/")
    expect(page).to_have_url(re.compile(r"/sign-in/\?next="))


def test_the_keyboard_is_enough(open_browser: OpenBrowser) -> None:
    page = open_browser().new_page()
    user = an_admin()

    page.goto("/account/")
    page.keyboard.type(user.email)  # the first field has the focus
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    reach(page, "Password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Account")
    reach(page, "Name")
    page.keyboard.type(" Lovelace")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your account is saved.")).to_be_visible()

    user.refresh_from_db()
    assert user.name.strip().endswith("Lovelace")


def reach(page: Page, label: str) -> None:
    """Press Tab until the field with this label has the focus, at most once round the page."""
    field = page.get_by_label(re.compile(rf"^\s*{label}")).first
    for _ in range(40):
        if field.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never came to {label}")
