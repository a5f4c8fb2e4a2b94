"""Endpoints, deliveries and the feed as engineers use them, with alerts that are really posted."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings
from standardwebhooks.webhooks import Webhook

from accounts.models import Session, User
from accounts.roles import Role
from incidents.alerts.engine.run import deliver_due
from tests import alerting, make
from tests.accounts.signing_in import PASSWORD, person
from tests.browser.conftest import OpenBrowser
from tests.browser.looking import TELEPHONE, broken_rules, too_wide

pytestmark = pytest.mark.django_db(transaction=True)


class Taken(NamedTuple):
    headers: dict[str, str]
    body: bytes


class Receiver(ThreadingHTTPServer):
    """A member's system on loopback, which answers whatever it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.taken: list[Taken] = []
        self.status, self.answer = 204, b""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append(Taken(dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.answer)))
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - of the base
        """Nothing on standard error."""


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.HUB_WEBHOOK_ALLOW = [ip_network("127.0.0.0/8")]
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def an_admin() -> User:
    return person(make.member("birch"), role=Role.ADMIN, name="Bo")


def sign_in(page: Page, user: User) -> None:
    page.goto("/endpoints/")
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def make_endpoint(page: Page, url: str) -> str:
    """Fill in the form; the secret that the page shows."""
    page.get_by_role("link", name="New endpoint").first.click()
    page.get_by_label("URL").fill(url)
    page.get_by_label("incident.published").check()
    page.get_by_role("button", name="Make the endpoint").click()
    secret = page.locator("#secret-text")
    expect(secret).to_have_text(re.compile(r"^whsec_"))
    return secret.inner_text()


def publish_and_send() -> None:
    """Another organisation publishes, and the engine posts what is due."""
    make.incident(title="A cloned voice")
    alerting.fan_out_all()
    deliver_due()


def test_the_first_event_arrives_and_the_page_says_so(
    open_browser: OpenBrowser, receiver: Receiver
) -> None:
    page = open_browser().new_page()
    sign_in(page, an_admin())
    secret = make_endpoint(page, receiver.url)
    check = page.locator("#first-event")
    expect(check).to_contain_text("Waiting for the first event.")

    publish_and_send()

    expect(check).to_contain_text("your server answered 204")
    expect(page.locator("#announcer")).to_contain_text("Delivered at")
    expect(check).not_to_have_attribute("hx-get", re.compile("."))
    expect(page).to_have_url(re.compile(r"/endpoints/[0-9a-f-]{36}/$"))
    expect(page.locator("#secret-text")).to_have_text(secret)
    (taken,) = receiver.taken
    assert Webhook(secret).verify(taken.body, taken.headers)["type"] == "incident.published"


def test_without_javascript_a_failure_is_told_and_then_the_delivery(
    open_browser: OpenBrowser, receiver: Receiver
) -> None:
    page = open_browser(java_script_enabled=False).new_page()
    receiver.status, receiver.answer = 500, b"<b>out of paper</b>\x07"
    sign_in(page, an_admin())
    make_endpoint(page, receiver.url)
    for language in ("Node", "Go", "Python"):
        page.locator("summary", has_text=language).click()
        expect(page.locator(f"#snippet-{language.lower()}")).to_be_visible()
    publish_and_send()
    page.get_by_role("link", name="Look again").click()
    expect(page.locator("#first-event")).to_contain_text("Your server answered 500.")

    receiver.status, receiver.answer = 204, b""
    alerting.let_pass(minutes=1)
    deliver_due()
    page.reload()
    expect(page.locator("#first-event")).to_have_count(0)
    page.get_by_role("link", name="1", exact=True).click()

    expect(page.locator(".attempt")).to_have_count(2)
    expect(page.locator("pre.hostile").first).to_have_text("<b>out of paper</b>␇")
    expect(page.locator("#sent")).to_contain_text("A cloned voice")


def test_a_look_from_an_ended_session_leads_to_the_sign_in_and_back(
    open_browser: OpenBrowser, receiver: Receiver
) -> None:
    page = open_browser().new_page()
    user = an_admin()
    sign_in(page, user)
    make_endpoint(page, receiver.url)
    expect(page).to_have_url(re.compile(r"/endpoints/[0-9a-f-]{36}/$"))
    Session.objects.all().delete()

    expect(page).to_have_url(re.compile(r"/sign-in/\?next=%2Fendpoints%2F[0-9a-f-]{36}%2F$"))
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(receiver.url)


def test_the_log_is_filtered_in_place(open_browser: OpenBrowser, receiver: Receiver) -> None:
    page = open_browser().new_page()
    user = an_admin()
    endpoint = alerting.endpoint(user.member or make.member(), url=receiver.url)
    publish_and_send()
    sign_in(page, user)
    page.goto(f"/endpoints/{endpoint.pk}/")
    expect(page.locator("#delivery-rows tbody tr")).to_have_count(1)

    page.get_by_label("State").select_option("dead")

    expect(page.locator("#delivery-rows")).to_contain_text("No delivery is like that")
    expect(page).to_have_url(re.compile(r"\?state=dead&topic=$"))


def test_axe_finds_nothing_where_the_secret_is_shown_and_nothing_is_too_wide(
    open_browser: OpenBrowser, receiver: Receiver
) -> None:
    page = open_browser(viewport={"width": TELEPHONE, "height": 844}).new_page()
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    sign_in(page, an_admin())
    make_endpoint(page, receiver.url)

    light = [*broken_rules(page), *too_wide(page)]
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    dark = broken_rules(page, "color-contrast")

    assert (light, dark) == ([], [])
