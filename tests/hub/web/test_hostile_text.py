"""Whatever people, receivers and browsers write, every page shows it as text, to every role."""

from __future__ import annotations

import copy
import re
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django import DjangoDbBlocker

from accounts.models import User
from accounts.roles import Role
from accounts.session_store import BEGAN
from hub.kit import clock
from incidents.alerts.delivery_log import as_text
from incidents.core.unsaved import UnsavedWork
from incidents.crossrefs.models import CrossReference, State
from tests.full_size import seldom
from tests.hostile import (
    AGENT,
    ALL,
    ANSWER,
    EMAIL,
    FREE,
    NAME,
    ROLES,
    STRINGS,
    WORD,
    Page,
    World,
    build,
    filled,
)

pytestmark = pytest.mark.django_db

VISITORS: Final = (*ROLES, "nobody")
OFTEN: Final = (Role.ADMIN, "observer", "operator", "nobody")
"""Between them they open every page; the other roles see less of the same."""
PART: Final = {"HX-Request": "true"}
LEFT: Final = ("/sign-out/", "/design/")
ALIKE: Final = 2
"""So many pages of one kind are looked at."""
IDS: Final = re.compile(
    r"(?<=/)(?:DF-\w{8}|[0-9a-f-]{36}(?:\.[0-9a-f]+)?|\d+|(?<=(?:apitoken|n/tokens)/)\w{8})(?=/)"
)
ONLY_POSTED: Final = frozenset({
    "theme", "sessions_end", "session_end", "person_end", "person_restore", "invitation_again",
    "invitation_withdraw", "crossref_accept", "crossref_reject",
})  # fmt: skip
ELSEWHERE: Final = frozenset({
    "home", "design", "endpoint_enable", "admin:accounts_member_restore_row",
    "admin:accounts_user_restore_row", "admin:alerts_endpoint_resume_row",
    "admin:alerts_delivery_retry", "admin:alerts_delivery_cancel",
})  # fmt: skip
"""What leads to other pages, what is no part of a hub, and the same pages as others."""


@dataclass
class Visit:
    """All that somebody is shown, and how they come to it."""

    client: Client
    pages: list[Page] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    statuses: dict[str, int] = field(default_factory=dict)
    forms: dict[tuple[str, frozenset[str]], Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "\n".join(page.text for page in self.pages)

    def walk(self, start: str) -> None:
        """Follow every link, and what htmx would ask for, to some pages of each kind."""
        waiting, met, kinds = deque([(start, False)]), {start}, Counter[str]()
        while waiting:
            address, is_part = waiting.popleft()
            kind = f"{_kind(address)} {is_part}"
            kinds[kind] += 1
            if kinds[kind] > ALIKE:
                continue
            page = self.get(address, headers=PART if is_part else None)
            links = [(urljoin(page.address, link), False) for link in page.links]
            parts = [(urljoin(page.address, part), True) for part in page.parts]
            for link, is_part in links + parts:
                plain = link.partition("#")[0]
                if plain not in met and urlsplit(plain).path not in LEFT:
                    met.add(plain)
                    waiting.append((plain, is_part))

    def get(self, address: str, **options: Any) -> Page:
        return self._see(address, self.client.get(address, **options))

    def post(self, address: str, fields: list[tuple[str, str]]) -> None:
        """Send a form, look at what comes of it, and leave no trace."""
        with transaction.atomic():
            before = copy.deepcopy(self.client.cookies)
            sent = {name: [value for key, value in fields if key == name] for name, _ in fields}
            response = self.client.post(address, sent)
            self._see(f"POST {address}", response)
            if response.has_header("Location"):
                self.get(urljoin(address, response["Location"]))
            self.client.cookies = before
            transaction.set_rollback(True)

    def send_all_forms(self) -> None:
        for form in list(self.forms.values()):
            for wholly in (False, True):
                self.post(form.action, list(filled(form, wholly=wholly)))

    def _see(self, asked: str, response: Any) -> Page:
        address = response.wsgi_request.get_full_path()
        is_html = response.headers.get("Content-Type", "").startswith("text/html")
        page = Page(address, response.content.decode() if is_html else "")
        if response.has_header("Location"):
            page.links.append(response["Location"])
        self.pages.append(page)
        self.statuses[asked] = response.status_code
        match = response.resolver_match
        if match is not None and response.status_code in {200, 204}:
            self.names.add(match.view_name)
        for form in page.forms:
            if form.method == "post":
                action = urljoin(address, form.action)
                form.action = action
                names = frozenset(one.name for one in form.fields)
                self.forms.setdefault((_kind(action), names), form)
        return page


def _kind(address: str) -> str:
    """Addresses that differ in ids and values are alike."""
    return IDS.sub("…", urlsplit(address).path)


@pytest.fixture(scope="module")
def visits(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, chaos: bool
) -> dict[str, Visit]:
    """Of everybody, made once, in a transaction that leaves nothing."""
    with django_db_blocker.unblock(), transaction.atomic():
        world = build()
        found = {who: _visit(world, who) for who in (VISITORS if chaos else OFTEN)}
        transaction.set_rollback(True)
    return found


def _visit(world: World, who: str) -> Visit:
    visit = Visit(_browser(world.users.get(who)))
    if who == "operator":
        opened = {"reason": NAME}
        url = reverse("admin:incidents_incident_open_row", args=[world.published.pk])
        visit.client.post(url, opened)
        visit.walk("/admin/")
    else:
        visit.walk("/")
    for address in _unlinked(world, who):
        visit.get(address)
    if who == "nobody":
        _lose_a_session(visit, world)
    if who in {Role.ADMIN, "operator", "nobody"}:
        visit.send_all_forms()
    return visit


def _browser(user: User | None) -> Client:
    """Of somebody who has just given their password, by the name of whose browser means harm."""
    client = Client(raise_request_exception=False, headers={"User-Agent": AGENT})
    if user is not None:
        client.force_login(user)
        session = client.session
        proof = {"method": "password", "at": time.time()}
        session["account_authentication_methods"] = [proof]
        session["account_authentication_methods_user"] = str(user.pk)
        session[BEGAN] = {"at": clock.now().isoformat(), "address": "::1", "browser": AGENT}
        session.save()
    return client


def _unlinked(world: World, who: str) -> Iterator[str]:
    """Pages to which no link leads, and hostile addresses."""
    yield f"/{NAME.replace('/', '')}/"
    hostile = urlencode(dict.fromkeys(("q", "tag", "severity", "ordering", "cursor"), NAME))
    if who == "operator":
        for name in ("why", "incidents_incident_changelist", "accounts_user_changelist"):
            names = ("ref", "email", "member", "owner", "tlp", "after", "observation")
            yield reverse(f"admin:{name}", query=dict.fromkeys(names, NAME))
        yield reverse("admin:taxonomy_tagalias_merge", query={"tag": NAME, "into": NAME})
        yield reverse("admin:incidents_incident_change", args=[world.published.pk])
        yield reverse("admin:free_tags", query={"typed": NAME, "after": NAME})
        return
    if who == "nobody":
        yield reverse("account_login", query={"next": f"/{NAME}"})
        yield reverse("account_reset_password")
        yield reverse("account_reset_password_done")
        user = world.users[Role.VIEWER]
        key = default_token_generator.make_token(user)
        key_url = [user_pk_to_url_str(user), key]
        yield (reset := reverse("account_reset_password_from_key", args=key_url))
        yield reset.replace(key, "set-password")
        assert world.invitation is not None
        yield reverse("invitation", args=[world.invitation.text])
        return
    ref = world.published.ref
    yield reverse("account_reauthenticate", query={"next": f"/{NAME}"})
    yield reverse("account_logout")
    yield f"{reverse('incident_list')}?{hostile}"
    yield f"{reverse('incident_list')}?{urlencode({'tag': NAME, 'platform': NAME})}"
    yield f"{reverse('saved_filter_new')}?{urlencode({'q': FREE})}"
    yield f"{reverse('tag_suggestions')}?q=free"
    yield f"{reverse('incident_duplicates')}?incident={world.draft.ref}"
    yield reverse("incident_publish", args=[world.draft.ref])
    yield reverse("crossref_new", args=[ref], query={"other": NAME, "explanation": NAME})
    for incident in world.incidents:
        yield reverse("incident", args=[incident.ref])
    for link in CrossReference.objects.filter(state=State.ACCEPTED):
        yield reverse("crossref_delete", args=[link.pk])
    for work in UnsavedWork.objects.filter(user=world.users[who], incident=None):
        yield f"{reverse('incident_new')}?form={work.pk}"


def _lose_a_session(visit: Visit, world: World) -> None:
    """Send a form without being signed in: what it holds is carried on the page that asks."""
    for address in (
        f"{reverse('incident_new')}?form={world.form}",
        reverse("incident_withdraw", args=[world.published.ref]),
    ):
        carried = [("title", ALL), ("reason", f"{ALL} {WORD}"), (NAME, NAME)]
        visit.post(address, carried)


def named_pages(
    patterns: list[URLPattern | URLResolver], space: str = "", above: str = ""
) -> Iterator[str]:
    """All pages by name; the API and what machines ask have none."""
    for pattern in patterns:
        path = above + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{pattern.namespace}:" if pattern.namespace else space
            yield from named_pages(pattern.url_patterns, inner, path)
        elif pattern.name and not path.startswith("api/"):
            yield f"{space}{pattern.name}"


# What must hold -----------------------------------------------------------------------------
@pytest.mark.parametrize("who", seldom(VISITORS, often=OFTEN))
def test_nothing_comes_out_of_hostile_text(visits: dict[str, Visit], who: str) -> None:
    wrong = {page.address: page.wrong for page in visits[who].pages if page.wrong}

    assert wrong == {}
    assert [asked for asked, code in visits[who].statuses.items() if code >= 500] == []


def test_every_page_was_seen(visits: dict[str, Visit]) -> None:
    seen = {name for visit in visits.values() for name in visit.names}

    unseen = set(named_pages(get_resolver().url_patterns)) - seen

    assert unseen - ONLY_POSTED - ELSEWHERE == set()


READ: Final = {
    *(f"{what} {NAME}" for what in ("member own", "published", "theirs", "alias", "publisher")),
    *(f"{what} {NAME}" for what in ("reference", "tool", "distributed on", "election", "filter")),
    *(f"{what} {NAME}" for what in ("seen", "seen by us", "handle", "carrier", "region")),
    *(f"published {text}" for text in STRINGS.values()),
    *(f"{what} {ALL}" for what in ("proposed", "linked", "summary", "script", "later")),
    *(f"redacted {NAME}", f"free {FREE}", f"reason {ALL} {WORD[:1000]}", WORD),
}
"""What everybody reads who may read incidents at all."""
FILED: Final = {f"typed {NAME}", f"typed {ALL}", f"typed reference {NAME}", f"draft {NAME}"}
OWNED: Final = {f"group {NAME}", f"hidden group {NAME}", f"amber {NAME}", f"hushed {NAME}"}
ADMINISTERED: Final = {f"{what} {NAME}" for what in ("token", "endpoint")} | {EMAIL}
SAID: Final = {
    Role.VIEWER: READ | OWNED | {f"viewer {NAME}", f"red {NAME}"},
    Role.ANALYST: READ | OWNED | FILED,
    Role.LEAD: READ | OWNED | FILED | {f"red {NAME}"},
    Role.ADMIN: READ | OWNED | FILED | ADMINISTERED | {as_text(ANSWER)},
    "observer": READ | {f"red {NAME}", f"amber {NAME}", f"member watch {NAME}"},
    "operator": ADMINISTERED | {f"object {NAME}", f"published {NAME}", f"summary {ALL}", FREE},
    "nobody": {f"invited {NAME}"},
}


@pytest.mark.parametrize("who", seldom(VISITORS, often=OFTEN))
def test_hostile_text_is_there_to_be_read(visits: dict[str, Visit], who: str) -> None:
    text = visits[who].text

    assert [said for said in SAID[who] if said not in text] == []
