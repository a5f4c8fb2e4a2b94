"""What an observer meets who follows every link of the pages, and sends every form."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin, urlsplit

from django.db import connection, reset_queries
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hub.kit.ids import new_ref, uuid7
from tests.two_worlds.renaming import Renamer
from tests.two_worlds.tracing import UNCOMPARED_HEADERS, Line
from tests.two_worlds.worlds import World

SOUGHT: Final = ("draft", "red", "grouped", "withdrawn", "own")
"""Hidden incidents that are asked for by name; the others are hidden for similar reasons."""
ELSEWHERE: Final = ("/api/", "/static/", "/admin/", "/theme/", "/sign-out/", "/design/")
"""Not followed: other tests ask the API, files are no pages, and the observer stays signed in."""
ENDS_SESSIONS: Final = re.compile(r"/sessions/|/organisation/people/|/account/password/")
MADE_ANEW: Final = re.compile(
    r'nonce="[^"]+"'
    r"|nonce-[\w+/=-]+"
    r'|name="csrfmiddlewaretoken" value="\w+"'
    r'|"X-CSRFToken": ?"\w+"'
    r"|csrftoken=\w+"
    r'|(?<=<code id="cursor">)[\w-]+'
    r"|<time\b.*?</time>"
    r"|\d{4}-\d\d-\d\dT[\d:.]+Z"
    r'|<section class="card" id="alerts".*?</section>'
    r"|\b\d\d:\d\d(?::\d\d)?\b",
    re.DOTALL,
)
"""What each answer makes anew, or reads off the clock.

Besides, an owner is told who was alerted of its incident: of endpoints that are hidden otherwise.
"""
ALERTS: Final = re.compile(r"^/incidents/[^/]+/alerts/")
"""The pages that tell an owner so."""


@dataclass
class Form:
    """A form as it stands in a page, with what stands in its fields."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)


class Page(HTMLParser):
    """The links and forms of a page; of htmx the addresses that it would ask for."""

    def __init__(self, address: str, html: str) -> None:
        super().__init__()
        self.address = address
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select = ""
        self._textarea = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        for name in ("href", "hx-get"):
            if given.get(name) and tag != "link":
                self.links.append(urljoin(self.address, given[name]))
        if tag == "form":
            action = urljoin(self.address, given.get("action") or self.address)
            self._form = Form(action, given.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None:
            self._read_field(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea and self._form is not None:
            self._form.fields[self._textarea] = [data.removeprefix("\n")]

    def _read_field(self, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._textarea = name
            self._fill(name, "")
        elif tag == "option" and "selected" in given:
            self._fill(self._select, given.get("value", ""))
        elif tag == "input" and name:
            is_choice = given.get("type") in {"checkbox", "radio"}
            if not is_choice or "checked" in given:
                self._fill(name, given.get("value", ""))

    def _fill(self, name: str, value: str) -> None:
        if self._form is not None and name != "csrfmiddlewaretoken":
            self._form.fields.setdefault(name, []).append(value)


@dataclass
class Browsing:
    """One observer's way through the pages of one world."""

    client: Client
    renamer: Renamer
    questions_a_path: int
    """A list leads to itself in many orders; so many of them are looked at."""
    lines: list[Line] = field(default_factory=list)
    forms: dict[str, Form] = field(default_factory=dict)

    def walk(self) -> None:
        """Follow every link from the first page on, then send every form that was met."""
        waiting = deque(["/"])
        met = {"/"}
        asked: Counter[str] = Counter()
        while waiting:
            address = waiting.popleft()
            path = urlsplit(address).path
            asked[self.renamer.rename(path)] += 1
            if asked[self.renamer.rename(path)] > self.questions_a_path:
                continue
            for link in self._followed(self.visit("GET", address)):
                if link not in met:
                    met.add(link)
                    waiting.append(link)
        for form in list(self.forms.values()):
            self.visit("POST", form.action, form.fields)

    def look_for(self, world: World, patterns: list[str]) -> None:
        """Ask each page that names something for what is hidden, and for what never was."""
        hidden = world.hidden
        refs = [*(hidden.refs[label] for label in SOUGHT), new_ref()]
        others = [
            *hidden.groups[:1], *hidden.endpoints, *hidden.observations[:1], *hidden.users,
            *hidden.filters[:2], *hidden.links[:1], str(uuid7()),
        ]  # fmt: skip
        for pattern in patterns:
            for name in refs if "ref:" in pattern else others:
                address = "/" + re.sub(r"<[^>]*ref>", name, pattern)
                address = re.sub(r"<[^>]+>", name, address)
                self.visit("GET", address)
                self.visit("POST", address, {"reason": ["Not ours."]})

    def visit(self, method: str, address: str, fields: dict[str, list[str]] | None = None) -> Page:
        """The page that answers, to go on from; its bytes are kept, renamed."""
        reset_queries()
        with CaptureQueriesContext(connection) as captured:
            if method == "GET":
                response = self.client.get(address)
            else:
                response = self.client.post(address, fields or {})
        html = bytes(response.content).decode()
        headers = sorted(
            f"{name}: {self._alike(value)}"
            for name, value in response.headers.items()
            if name.lower() not in UNCOMPARED_HEADERS | {"content-length"}
        )
        asked = self._alike(f"{method} {address} {fields or ''}")
        line = Line(asked, response.status_code, tuple(headers), self._alike(html), len(captured))
        self.lines.append(line)
        is_html = response.headers.get("Content-Type", "").startswith("text/html")
        page = Page(address, html if is_html else "")
        if "Location" in response.headers:
            page.links.append(urljoin(address, response.headers["Location"]))
        self._keep_forms(page)
        return page

    def _followed(self, page: Page) -> Iterator[str]:
        for link in page.links:
            parts = urlsplit(link)
            if parts.netloc or parts.scheme or not parts.path.startswith("/"):
                continue
            if not parts.path.startswith(ELSEWHERE) and not ALERTS.match(parts.path):
                yield f"{parts.path}?{parts.query}" if parts.query else parts.path

    def _keep_forms(self, page: Page) -> None:
        for form in page.forms:
            path = urlsplit(form.action).path
            is_left_out = path.startswith(ELSEWHERE) or ENDS_SESSIONS.search(path)
            if form.method == "post" and not is_left_out:
                self.forms.setdefault(form.action, form)

    def _alike(self, text: str) -> str:
        return self.renamer.rename(MADE_ANEW.sub("…", text))
