"""What the tests of the operators' pages share: an operator, a hub with something of everything."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.test import Client

from accounts.models import ApiToken, Member, User
from accounts.readers import Reader
from accounts.roles import Role
from hub.audit.services import Actor, record
from incidents.alerts.models import Endpoint
from incidents.core.models import Incident, Observation
from incidents.core.services.filing import withdraw_incident
from incidents.core.services.tagging import merge_tag
from incidents.taxonomy.services import load_vocabularies
from tests import alerting, make
from tests.accounts.signing_in import person, signed_in

SECRET = "Obsidiankestrel"
"""Stands in every text of incidents and observations, and in what was sent and answered of them."""
HOSTILE = "<script>alert(1)</script>\u202e{{ 7*7 }}'\"😀" + "long" * 20
MOST_OF_A_KIND = 3
FREE_TAG = 'tag:"robo call"'


def operator(**fields: Any) -> User:
    """Somebody who operates the hub, with the password of all."""
    return person(None, **fields)


def operating(user: User | None = None) -> Client:
    """A browser in which an operator has just signed in."""
    return signed_in(user or operator())


@dataclass
class Hub:
    """A hub with rows of every kind."""

    member: Member
    people: list[User]
    incident: Incident
    observation: Observation


def a_hub(*, name: str = HOSTILE, rows: int = 1) -> Hub:
    """Make something of everything, each `rows` times, all that people can name called `name`."""
    load_vocabularies()
    made = [_some(name) for _ in range(rows)]
    alerting.fan_out_all()
    alerting.send_all(status=500)
    alerting.fan_out_all()
    merge_tag(tag='tag:"old words"', into=FREE_TAG)
    return made[0]


def _some(name: str) -> Hub:
    owner, other = make.member(), make.member()
    Member.objects.filter(pk=owner.pk).update(name=name[:200])
    admin = Reader(owner, person(owner, role=Role.ADMIN, name=name))
    reader = make.person(other)
    hook = alerting.endpoint(other)
    Endpoint.objects.filter(pk=hook.pk).update(description=name[:200])
    make.invitation(email=f"new-{owner.slug}@x.example", name=name, by=admin)
    token = make.token(owner, "lookup").token
    ApiToken.objects.filter(pk=token.pk).update(name=name[:100])
    incident = make.incident(
        by=admin,
        title=SECRET,
        summary=f"{SECRET} {name}",
        narrative=SECRET,
        script=SECRET,
        tags=[FREE_TAG],
        targets=[{"kind": "person", "name": SECRET}],
        references=[{"url": f"https://news.example/{SECRET}", "kind": "report", "title": SECRET}],
    )
    observation = make.observation(incident, reader, url=f"https://t.example/{SECRET}")
    gone = make.incident(by=admin, title=SECRET, tags=['tag:"old words"'])
    withdraw_incident(incident_id=gone.pk, reason=f"It was {SECRET}.", by=admin)
    make.draft(owner, title=SECRET, tlp="red")
    actor = Actor(member_id=owner.pk, user_id=admin.user.pk if admin.user else None)
    record("incident.hostile", by=actor, objects=[name[:100]], detail={"said": name})
    users = [one.user for one in (admin, reader) if one.user]
    return Hub(owner, users, incident, observation)


class Links(HTMLParser):
    """Collects where a page leads to: links, and the forms that are asked with GET."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        address = values.get("href") if tag == "a" else values.get("formaction")
        if address:
            self.found.add(address)


def links_of(path: str, text: str) -> set[str]:
    """The operators' pages that a page leads to, without the answers to filters."""
    parser = Links()
    parser.feed(text)
    addresses = {urljoin(path, found) for found in parser.found}
    return {one for one in addresses if urlsplit(one).path.startswith("/admin/")}


def every_page(client: Client) -> dict[str, str]:
    """Pages that can be reached from the first one by links, by address: some of each kind."""
    seen: dict[str, str] = {}
    waiting, visited = ["/admin/"], Counter[str]()
    while waiting:
        path = waiting.pop()
        (kind,) = kinds([path])
        if path in seen or visited[kind] >= MOST_OF_A_KIND:
            continue
        visited[kind] += 1
        answer = client.get(path, follow=True)
        assert answer.status_code == 200, path
        seen[path] = answer.content.decode()
        waiting += sorted(links_of(path, seen[path]))
    return seen


def kinds(paths: Any) -> set[str]:
    """Addresses with their ids left out."""
    ids = re.compile(r"/(?:[0-9a-f-]{36}(?:\.[0-9a-f]+)?|\d+|(?<=apitoken/)\w{8})(?=/)")
    return {ids.sub("/…", urlsplit(path).path) for path in paths}


def said(text: str) -> str:
    """The words of a page, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())
