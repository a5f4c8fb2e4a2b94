"""The page of an incident and what hangs on it, as people use them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Member, User
from accounts.readers import Reader
from accounts.roles import Role
from incidents.core.models import Incident
from incidents.crossrefs.models import CrossReference, State
from tests import make
from tests.accounts.signing_in import PASSWORD, person
from tests.alerting import endpoint, fan_out_all
from tests.browser.conftest import OpenBrowser

pytestmark = pytest.mark.django_db(transaction=True)

LONG = "long" * 60


def sign_in(page: Page, user: User, then: str) -> None:
    page.goto(then)
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(re.escape(then)))


class Scene:
    """A full incident, another one, and a link between them that somebody proposes."""

    def __init__(self) -> None:
        self.lead = person(make.member("acme"), role=Role.LEAD, name="Ada")
        self.by = Reader(self.lead.member or Member(), self.lead)
        endpoint(make.member("reelnest"))
        self.one = self.incident(
            title=f"A cloned voice {LONG}",
            script="They say this. " * 100,
            references=[{"url": f"https://news.example/{LONG}"}],
            fingerprints=[{"algorithm": "sha256", "value": "a" * 64}],
            targets=[{"name": LONG[:200], "kind": "organisation"}],
            tags=[f'tag:"{LONG[:200]}"'],
            observations=[{"platform": "Chatter", "url": f"https://chatter.example/{LONG}"}],
        )
        self.other = make.incident(make.member("hedgewatch"), title="A cloned face")
        self.proposer = make.person(make.member("quillfeed"))
        self.link = make.link(self.other, self.one, self.proposer, explanation=LONG)
        make.link(self.one, self.incident(title="A third one"), self.by)
        fan_out_all()

    def incident(self, **fields: object) -> Incident:
        return make.incident(by=self.by, **fields)  # type: ignore[arg-type] # fields of the document

    def path(self, rest: str = "") -> str:
        return f"/incidents/{self.one.ref}/{rest}"


@pytest.mark.parametrize("java_script", [True, False])
def test_a_lead_decides_observes_and_proposes(open_browser: OpenBrowser, java_script: bool) -> None:
    page = open_browser(java_script_enabled=java_script).new_page()
    scene = Scene()
    sign_in(page, scene.lead, scene.path())

    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("The link is accepted.")).to_be_visible()
    expect(page.locator("#links").get_by_role("button", name="Accept")).to_have_count(0)
    if java_script:
        expect(page.locator("#links:focus, #links :focus")).to_have_count(1)

    page.get_by_role("link", name="We saw this too").click()
    page.get_by_label("Platform").fill("Videosite")
    page.get_by_role("button", name="Add the observation").click()
    expect(page.locator("#observations")).to_contain_text("Videosite")

    page.get_by_role("link", name="Propose a link").click()
    page.get_by_label("Why").fill("The same dialler.")
    page.get_by_label("The other incident").fill("cloned face")
    page.get_by_label("Same actor").check()
    if not java_script:
        page.get_by_role("button", name="Propose the link").click()
    page.get_by_role("button", name=scene.other.ref).click()
    expect(page.get_by_label("The other incident")).to_have_value(scene.other.ref)
    page.get_by_role("button", name="Propose the link").click()
    expect(page.locator("#links")).to_contain_text("Same actor as")

    scene.link.refresh_from_db()
    assert scene.link.state == State.ACCEPTED
    assert CrossReference.objects.get(type="same_actor").explanation == "The same dialler."
