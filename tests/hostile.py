"""A hub in which everything that people can name or write is hostile, and a parser that notices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

from django.db import models

from accounts.models import ApiToken, Invitation, Member, User
from accounts.readers import Reader
from accounts.roles import Role
from accounts.services.invitations import IssuedInvitation
from hub.audit.services import Actor, record
from incidents.alerts.engine.record import record_results
from incidents.core.models import Incident, SavedFilter
from incidents.core.services.correcting import redact_incident
from incidents.core.services.filing import withdraw_incident
from incidents.core.services.tagging import merge_tag
from incidents.core.services.unsaved import keep_unsaved
from incidents.sharing.models import SharingGroup
from incidents.taxonomy.models import Election
from incidents.taxonomy.services import load_vocabularies
from tests import alerting, make

CANARY: Final = "x-canary"
"""What the hostile texts would make: elements and attributes of this name."""
STRINGS: Final = {
    "script": f"<script>alert(1)</script><{CANARY}>",
    "attribute": f"\"'><{CANARY} {CANARY}=1> {CANARY}=\"1\" onload='alert(1)'",
    "template": '{{ 7|add:6 }}{% now "Y" %}{# gone #}',
    "direction": "\u202egnp.exe\u202c \u2066fdp",
    "ends": f"</script></title></textarea></select></template>--><{CANARY}>",
    "entities": f"&lt;{CANARY}&gt;&#60;{CANARY}&#62;",
    "emoji": "👩🏽\u200d🚀🏴\u200d☠️",
    "arabic": "مقطع مزيّف",
    "address": "javascript:alert(1)//",
}
ALL: Final = " ".join(STRINGS.values())
NAME: Final = f"\"'><{CANARY} {CANARY}=1></script>{{{{ 7|add:6 }}}}\u202e😀م &lt;"
"""The worst of them, for what is short."""
FREE: Final = f"'><{CANARY}></script>{{{{7}}}}م&lt;"
"""Of these a tag consists, which takes no quotation mark and nothing that is not seen."""
WORD: Final = "w" * 3_000
URL: Final = f"https://news.example/?a='><{CANARY}>&lt;{{{{7}}}}"
EMAIL: Final = f'"<{CANARY}>{{{{7}}}}"@hostile.example'
AGENT: Final = f'"><{CANARY}\u202e>{{{{7}}}}'.encode().decode("latin-1")
ANSWER: Final = f"{ALL}\x00\x1b[31m\x07\x9b".encode()
ROLES: Final = (*Role, "observer", "operator")


def named(what: str) -> str:
    """The hostile name of something, to be found again."""
    return f"{what} {NAME}"


@dataclass
class World:
    """What there is, as far as tests go to it by name."""

    users: dict[str, User] = field(default_factory=dict)
    incidents: list[Incident] = field(default_factory=list)
    draft: Incident = field(default_factory=Incident)
    published: Incident = field(default_factory=Incident)
    invitation: IssuedInvitation | None = None
    form: str = ""
    """The key of a form in which each of the roles that may file has typed."""


def build() -> World:
    """Make something of everything through the services; names they refuse are put in the rows."""
    load_vocabularies()
    world = World()
    own, other, observer = (
        make.member(slug, kind=kind, jurisdictions=["US"])
        for slug, kind in (("own", "signatory"), ("other", "member"), ("watch", "regulator"))
    )
    for one in (own, other, observer):
        _set(one, name=named(f"member {one.slug}"))
    for role in Role:
        world.users[role] = make.user(own, role=role, name=named(role))
    world.users["observer"] = make.user(observer, name=named("observer"))
    world.users["operator"] = make.user(None, name=named("operator"))
    make.user(own, role=Role.VIEWER, email=EMAIL)
    admin = Reader(own, world.users[Role.ADMIN], reauthenticated=True)
    lead = make.person(other, reauthenticated=True)
    group = make.group(own, other, description=ALL)
    hidden = make.group(other, own, membership_hidden=True)
    _set(group, name=named("group"))
    _set(hidden, name=named("hidden group"))
    Election.objects.create(
        key="xx-2026", name=named("election"), kind="national", country="US", source=URL,
        **dict.fromkeys(("polling_from", "polling_to", "watch_from"), date(2026, 11, 3)),
    )  # fmt: skip
    _organisation(world, admin)
    for one in (own, other):
        hook = alerting.endpoint(one, url=f"https://hooks.example.com/<{CANARY}>?{{{{7}}}}")
        _set(hook, description=named("endpoint"))
    _file(world, admin, lead, [group, hidden])
    _type(world)
    _alert()
    actor = Actor(member_id=own.pk, user_id=admin.user.pk if admin.user else None)
    record("hostile", by=actor, objects=[named("object")], detail={"said": ALL})
    return world


def _set(row: models.Model, **values: Any) -> None:
    type(row)._default_manager.filter(pk=row.pk).update(**values)
    row.refresh_from_db()


def _organisation(world: World, admin: Reader) -> None:
    invited, again = (
        make.invitation(email=f"{what}@own.example", name=named("invited"), by=admin)
        for what in ("invited", "again")
    )
    world.invitation = invited
    Invitation.objects.filter(pk=again.invitation.pk).update(email=EMAIL)
    token = make.token(admin.member).token
    ApiToken.objects.filter(pk=token.pk).update(name=named("token"))
    asked = {"q": f'"{FREE}"', "tag": f'tag:"{FREE}"', "platform": f'"{FREE}"'}
    for user in (None, *world.users.values()):
        member = user.member if user else admin.member
        if member is not None:
            SavedFilter.objects.create(member=member, user=user, name=named("filter"), query=asked)


def _said(what: str) -> dict[str, Any]:
    """Everything that an incident can say."""
    return {
        "title": named(what),
        "summary": f"summary {ALL} {WORD}",
        "narrative": f"narrative {ALL} {WORD}",
        "script": f"script {ALL} {WORD}",
        "tags": [f'tag:"free {FREE}"'],
        "targets": [
            {"kind": "person", "name": named("target"), "aliases": [named("alias")]},
            *({"kind": "person", "name": f"{what} {text}"} for text in STRINGS.values()),
        ],
        "references": [
            {
                "url": URL,
                "kind": "report",
                "title": named("reference"),
                "publisher": {"name": named("publisher"), "domain": named("domain")},
                "variants": [f"{URL}&b=1"],
            },
            {"url": f"https://news.example/{WORD[:1_800]}"},
        ],
        "fingerprints": [{"algorithm": "sha256", "value": "a" * 64}],
        "created": {"tool": named("tool")},
        "distributed": {"platform": named("distributed on")},
        "elections": ["xx-2026"],
    }


def _seen(what: str) -> dict[str, Any]:
    """Everything that an observation can say."""
    return {
        "platform": f"{what} {NAME}",
        "url": URL,
        "account": {"handle": named("handle")},
        "phone": {"number": "+16035550100", "carrier": named("carrier"), "region": named("region")},
    }


def _file(world: World, admin: Reader, lead: Reader, groups: list[SharingGroup]) -> None:
    said = _said("published")
    world.published = make.incident(by=admin, tlp="clear", **said)
    theirs = make.incident(by=lead, **_said("theirs") | {"tlp": "clear"})
    amber = make.audience(admin.member, *groups[:1], Member.objects.get(slug="watch"))
    make.incident(by=admin, **_said("amber") | {"tlp": "amber", "audiences": amber})
    hushed = make.audience(*groups)
    make.incident(by=admin, **_said("hushed") | {"tlp": "amber", "audiences": hushed})
    named_ = make.audience(world.users[Role.VIEWER], world.users["observer"])
    make.incident(by=admin, **_said("red") | {"tlp": "red", "audiences": named_})
    alerting.change(world.published, admin, narrative=f"later {ALL}", title=named("published"))
    make.observation(world.published, lead, **_seen("seen"))
    make.observation(theirs, admin, **_seen("seen by us"))
    make.link(world.published, theirs, lead, explanation=f"proposed {ALL}")
    other = make.incident(by=admin, **_said("another") | {"tlp": "clear"})
    make.link(world.published, other, admin, kind="precedes", explanation=f"linked {ALL}")
    redact_incident(
        incident_id=other.pk, texts=["tool " + NAME], reason=named("redacted"), by=admin
    )
    for by in (admin, lead):
        gone = make.incident(by=by, **_said("gone") | {"tlp": "clear"})
        withdraw_incident(incident_id=gone.pk, reason=f"reason {ALL} {WORD[:1000]}", by=by)
    make.incident(by=admin, title="x", tags=[f'tag:"old {FREE}"'])
    merge_tag(tag=f'tag:"old {FREE}"', into=f'tag:"free {FREE}"')
    world.draft = make.incident(by=admin, publish=False, **_said("draft"))
    alerting.do_chores()
    _put_address(world.published)
    world.incidents = list(Incident.objects.exclude(title="x"))


def _put_address(incident: Incident) -> None:
    """A reference that no service takes: a script for an address."""
    incident.refresh_from_db()
    script = {"url": f"javascript:alert(1)//{NAME}", "kind": "other", "title": "a script"}
    incident.references.append(script)
    incident.save(update_fields=["references"])


def _type(world: World) -> None:
    """What stands unsaved in forms."""
    world.form = str(uuid4())
    for role in (Role.ANALYST, Role.LEAD, Role.ADMIN):
        user = world.users[role]
        assert user.member is not None
        typed = {
            "title": [named("typed")],
            "summary": [f"typed {ALL}"],
            "script": [_said("")["script"]],
            "tags": [f'tag:"{FREE}"'],
            "revision": [NAME],
            "conflicts": [NAME],
            "references-TOTAL_FORMS": ["1"],
            "references-0-url": [URL],
            "references-0-title": [named("typed reference")],
            "references-0-rest": [NAME],
            named("field"): [ALL],
        }
        for incident in (None, world.draft):
            keep_unsaved(
                key=uuid4(), incident=incident, typed=typed, window=uuid4(), seen=0,
                by=Reader(user.member, user),
            )  # fmt: skip


def _alert() -> None:
    """Receivers answer with what they please."""
    alerting.fan_out_all()
    how = alerting.answer(500, body=ANSWER)
    sent = [alerting.result(one, how) for one in alerting.claim_all()]
    record_results(sent, run_id=alerting.RUN)
    alerting.place_all()


# Reading ------------------------------------------------------------------------------------
LEADING: Final = frozenset(
    {"href", "src", "action", "formaction", "poster", "data", "xlink:href"}
    | {"hx-get", "hx-post", "hx-put", "hx-delete", "hx-push-url"}
)
"""Attributes that hold addresses."""
SPOKEN: Final = frozenset({"value", "title", "alt", "placeholder", "aria-label", "content"})
"""Attributes that hold what is shown or read out."""


@dataclass
class Field:
    """A field of a form, as it stands in a page."""

    name: str
    type: str
    value: str


@dataclass
class Form:
    action: str
    method: str
    fields: list[Field] = field(default_factory=list)


class Page(HTMLParser):
    """What a page says, where it leads, and what is wrong with it."""

    def __init__(self, address: str, html: str) -> None:
        super().__init__()
        self.address = address
        self.words: list[str] = []
        self.links: list[str] = []
        self.parts: list[str] = []
        """Addresses that htmx asks for."""
        self.forms: list[Form] = []
        self.wrong: list[str] = []
        self._within: list[str] = []
        self._form: Form | None = None
        self.feed(html)
        self.close()
        self.text = "\n".join(self.words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.wrong += [f"<{tag} {given}>"] * (tag == CANARY)
        self.wrong += [f"<{tag} {name}>" for name in given if _is_hostile(name)]
        if tag == "script" and not (given.get("src") or given.get("type") == "application/json"):
            self.wrong += [f"<script {given}>"]
        for name in LEADING & given.keys():
            self._lead(tag, name, given)
        self.words += [given[name] for name in SPOKEN & given.keys()]
        self._read_form(tag, given)
        self._within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        if self._within and self._within[-1] == "script" and data.strip():
            self.wrong += [f"<script>{data[:80]}"]
        self.words.append(data)

    def _lead(self, tag: str, name: str, given: dict[str, str]) -> None:
        address = given[name]
        parts = urlsplit(urljoin("http://testserver/", address))
        is_ours = parts.netloc == "testserver" and parts.scheme == "http"
        if is_ours and not any(sign in address for sign in "\\\t\n"):
            if name == "href" and tag == "a":
                self.links.append(address)
            elif name == "hx-get":
                self.parts.append(address)
        elif not (tag == "a" and name == "href" and _leads_out_safely(parts.scheme, given)):
            self.wrong.append(f"<{tag} {name}={address!r} rel={given.get('rel')!r}>")

    def _read_form(self, tag: str, given: dict[str, str]) -> None:
        if tag == "form":
            action = given.get("action") or self.address
            self._form = Form(action, given.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None and given.get("name"):
            kind = given.get("type", tag)
            if kind not in {"checkbox", "radio"} or "checked" in given:
                value = given.get("value", "")
                self._form.fields.append(Field(given["name"], kind, value))


def _is_hostile(attribute: str) -> bool:
    return attribute.startswith(("on", "style", "srcdoc", "hx-on", "hx-vals")) or (
        CANARY in attribute or any(sign in attribute for sign in "\"'<&{")
    )


def _leads_out_safely(scheme: str, given: dict[str, str]) -> bool:
    needed = {"noopener", "noreferrer"}
    return scheme in {"http", "https"} and needed <= set(given.get("rel", "").split())


def filled(form: Form, *, wholly: bool) -> Iterator[tuple[str, str]]:
    """What somebody sends who types hostile texts; `wholly`, in every other place too."""
    for one in form.fields:
        if one.name == "csrfmiddlewaretoken":
            continue
        is_typed = one.type in {"text", "search", "url", "email", "tel", "textarea", "password"}
        yield one.name, named(one.name) if is_typed or wholly else one.value
