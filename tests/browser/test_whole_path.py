"""What the hub is for, from end to end: real processes, two organisations, a browser each."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenBrowser
from tests.browser.hands import Hand, Keyboard, Mouse
from tests.full_size import seldom
from tests.system.fixtures import StartHub
from tests.system.harness import BASICS, Hub, eventually, publish
from tests.system.provision import PASSWORD
from tests.system.sinks import Arrival, Sink

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(
        finders.find("ui/hub.js") is None, reason="The scripts of the pages are not built: make ui"
    ),
]

OWNER, OTHER, OUTSIDER = "filer", "member-1", "member-2"
LEAD, ANALYST, ADMIN = f"lead@{OWNER}", f"analyst@{OTHER}", f"admin@{OTHER}"
TOPICS = ("incident.published", "incident.withdrawn")
ARTICLE = "https://news.example/2026/11/22/harbour-voice"
TITLE = "The harbour master's cloned voice"
WORD = "harbour"
"""Of the title, to search by."""
GROUP = "Election desk"
THEIRS = "Calls in the name of the port"
WHY = "The same dialler, the same hour."
REASON = "It was the harbour's own drill."
REF = re.compile(r"/incidents/(DF-\w{8})/$")


@dataclass(frozen=True)
class Way:
    """How somebody uses the pages."""

    hand: Callable[[Page], Hand]
    java_script: bool = True


WAYS = {
    "mouse": Way(Mouse),
    "no JavaScript": Way(Mouse, java_script=False),
    "keyboard": Way(Keyboard),
}


class Person:
    """Somebody at a browser of their own."""

    def __init__(self, open_browser: OpenBrowser, way: Way) -> None:
        context = open_browser(java_script_enabled=way.java_script, reduced_motion="reduce")
        self.page = context.new_page()
        self.has_scripts = way.java_script
        self._hand = way.hand(self.page)

    def sign_in(self, name: str) -> None:
        self.page.goto("/")
        self.write("E-mail address", f"{name}.example")
        self.write("Password", PASSWORD)
        self.press("button", "Sign in")
        expect(self.heading()).to_have_text("Incidents")

    def write(self, label: str, text: str) -> None:
        field = self.page.get_by_label(label).and_(self.page.locator("input, textarea"))
        self._hand.write(field.first, text)

    def choose(self, label: str | re.Pattern[str]) -> None:
        self._hand.choose(self.page.get_by_label(label, exact=True))

    def press(self, role: Any, name: str | re.Pattern[str]) -> None:
        self._hand.press(self.page.get_by_role(role, name=name, exact=True).first)

    def heading(self) -> Locator:
        return self.page.get_by_role("heading", level=1)


@dataclass
class Case:
    """The incident as the hub that runs tells others of it."""

    hub: Hub
    sink: Sink
    theirs: str
    """The ref of the other member's own incident."""
    ref: str = ""

    @property
    def path(self) -> str:
        return f"/incidents/{self.ref}/"

    def alerts(self, number: int) -> list[tuple[str, str]]:
        """Who was told of it, and of what; when there are so many."""
        assert eventually(lambda: len(self._arrived()) >= number), self.hub.what_was_said()
        return [(one.endpoint[: len(OTHER)], one.content["type"]) for one in self._arrived()]

    def _arrived(self) -> list[Arrival]:
        return self.sink.about([self.ref])


@pytest.fixture
def case(start_hub: StartHub, sink: Sink) -> Case:
    hub = start_hub(*BASICS)
    hub.api(OWNER).make("sharing-groups/", {"name": GROUP, "members": [OWNER, OTHER]})
    theirs = publish(hub.api(OTHER), THEIRS)
    for slug in (OTHER, OUTSIDER):
        for topic in TOPICS:
            hub.endpoint(slug, sink, topic=topic)
    return Case(hub, sink, theirs)


@pytest.mark.parametrize("name", seldom(WAYS, often=["mouse"]))
def test_an_incident_goes_from_a_link_to_its_tombstone(
    open_browser_at: OpenBrowser, case: Case, name: str
) -> None:
    way = WAYS[name]
    open_browser = partial(open_browser_at, f"http://127.0.0.1:{case.hub.port}")
    lead, analyst = Person(open_browser, way), Person(open_browser, way)

    lead.sign_in(LEAD)
    case.ref = file_from_a_link(lead)
    observe(lead)
    publish_to_the_group(lead)
    assert case.alerts(1) == [(OTHER, "incident.published")]

    analyst.sign_in(ANALYST)
    find(analyst)
    propose_a_link(analyst, case)
    shown = pages(analyst.page)
    assert saying(TITLE, shown) >= {"/incidents/", case.path, f"/incidents/{case.theirs}/"}

    accept_the_link(lead, case)
    withdraw(lead)
    assert case.alerts(2) == [(OTHER, topic) for topic in TOPICS]
    meet_the_tombstone(analyst, case)
    shown = pages(analyst.page)
    assert case.path in saying(REASON, shown)
    assert saying(TITLE, shown) == set()
    admin = Person(open_browser, way)
    admin.sign_in(ADMIN)
    shown = pages(admin.page)
    assert any("/deliveries/" in path for path in shown)
    assert saying(TITLE, shown) == set()


# The owner ----------------------------------------------------------------------------------
def file_from_a_link(lead: Person) -> str:
    """A draft; its ref."""
    lead.press("link", "File an incident")
    lead.write("What do you have at hand?", f"{ARTICLE}?utm_source=x")
    lead.press("button", "Look and begin")
    lead.write("Title", TITLE)
    lead.choose("TLP:AMBER")
    lead.choose(GROUP)
    lead.press("button", "Save the draft")
    lead.page.wait_for_url(REF)
    expect(lead.heading()).to_have_text(TITLE)
    expect(lead.page.locator("#references")).to_contain_text(ARTICLE)
    return lead.page.url.rstrip("/").rpartition("/")[2]


def observe(lead: Person) -> None:
    lead.press("link", "We saw this too")
    lead.write("Platform", "Videosite")
    lead.write("Link", "https://videosite.example/watch/1")
    lead.press("button", "Add the observation")
    expect(lead.page.locator("#observations")).to_contain_text("Videosite")


def publish_to_the_group(lead: Person) -> None:
    lead.press("link", "Publish")
    expect(lead.page.get_by_text(GROUP)).to_be_visible()
    lead.press("button", "Publish")
    expect(lead.page.get_by_text(re.compile("is published.$"))).to_be_visible()


def accept_the_link(lead: Person, case: Case) -> None:
    lead.press("link", "Incidents")
    lead.press("link", TITLE)
    links = lead.page.locator("#links")
    expect(links).to_contain_text(WHY)
    lead.press("button", re.compile(f"^Accept.*Same actor as {case.theirs}$"))
    expect(lead.page.get_by_text("The link is accepted.")).to_be_visible()
    expect(links).to_contain_text("Accepted")


def withdraw(lead: Person) -> None:
    lead.press("link", "Withdraw")
    lead.write("Reason", REASON)
    lead.press("button", "Withdraw the incident")
    expect(lead.page.get_by_role("main")).to_contain_text(REASON)


# The other member ---------------------------------------------------------------------------
def find(analyst: Person) -> None:
    analyst.write("Search", WORD)
    analyst.press("button", "Search")
    expect(analyst.page.locator("[data-row]")).to_have_text([TITLE])
    analyst.press("link", TITLE)
    expect(analyst.page.locator("#observations")).to_contain_text("Videosite")


def propose_a_link(analyst: Person, case: Case) -> None:
    analyst.press("link", "Propose a link")
    analyst.choose(re.compile(r"^\s*Same actor"))
    analyst.write("Why", WHY)
    analyst.write("The other incident", "calls port")
    if not analyst.has_scripts:
        analyst.press("button", "Propose the link")
    analyst.press("button", re.compile(case.theirs))
    analyst.press("button", "Propose the link")
    expect(analyst.page.locator("#links")).to_contain_text(WHY)


def meet_the_tombstone(analyst: Person, case: Case) -> None:
    analyst.press("link", "Incidents")
    analyst.press("link", "Withdrawn")
    analyst.press("link", re.compile(f"^Withdrawn by its owner.*{case.ref}$"))
    expect(analyst.heading()).to_have_text("A withdrawn incident")
    expect(analyst.page.get_by_role("main")).to_contain_text(REASON)


# Every page ---------------------------------------------------------------------------------
def saying(words: str, shown: dict[str, str]) -> set[str]:
    return {path for path, text in shown.items() if words in text}


def pages(page: Page) -> dict[str, str]:
    """All that links lead whoever is signed in here to, and two views of the list; by path."""
    read: dict[str, str] = {}
    waiting = ["/", f"/incidents/?q={WORD}", "/incidents/?status=withdrawn"]
    while waiting:
        path = waiting.pop()
        if path not in read:
            answer = page.request.get(path)
            assert answer.ok, f"{path}: {answer.status}"
            read[path] = html.unescape(answer.text())
            linked = re.findall(r'href="(/[^"#?]*)', read[path])
            waiting += [one for one in linked if not one.startswith(("/api/", "/static/"))]
    return read
