"""A world as its observers can see it, built step by step through the services."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.db.models import F
from rest_framework.test import APIClient

from accounts.models import ApiToken, Member, User
from accounts.readers import Reader
from accounts.roles import Role
from accounts.services.members import change_member_status, create_member
from accounts.services.tokens import IssuedToken
from hub.kit import clock
from hub.kit.answers import Answer as Posted
from hub.kit.errors import InvalidInput
from hub.kit.ids import event_id, new_ref, uuid7
from hub.outbox.models import Event
from hub.outbox.services import place_events
from incidents.alerts.engine.claim import Sending, claim
from incidents.alerts.engine.posting import Result, attempt
from incidents.alerts.engine.record import record_results
from incidents.alerts.models import Delivery, Endpoint
from incidents.alerts.services.endpoints import create_endpoint
from incidents.alerts.services.fan_out import fan_out
from incidents.core.models import Incident, Observation, SavedFilter
from incidents.core.services.correcting import MERGED, merge_incident
from incidents.core.services.filing import tag_incident, update_incident, withdraw_incident
from incidents.crossrefs.models import CrossReference
from incidents.crossrefs.services.deciding import accept_link
from incidents.sharing.models import SharingGroup
from incidents.sharing.services import create_group
from incidents.taxonomy.models import Election
from tests import make
from tests.full_size import LOT

OTHERS = {
    "acme": "signatory",
    "bolt": "member",
    "cryo": "signatory",
    "fact": "fact_checker",
    "civic": "civil_society",
}
"""Organisations that no observer belongs to; what is hidden is theirs, and goes to them alone."""

OBSERVING = {"xeno": "signatory", "hush": "member", "regulator": "regulator"}

QUIET = ["hush", "bolt", "cryo"]
"""Who is in the group whose membership is hidden."""

HOOK = "https://hooks.xeno.example.org/alerts"

SAID: dict[str, Any] = {
    "tags": ['tag:"cloned voice"'],
    "elections": ["xx-2026"],
    "references": [{"url": "https://news.example.org/a?utm_source=x", "title": "An article"}],
    "fingerprints": [{"algorithm": "sha256", "value": "a" * 64}],
    "targets": [{"name": "A candidate", "kind": "candidate"}],
    "media_kinds": ["audio"],
    "manipulation": ["voice_clone"],
    "goals": ["mockery"],
    "harms": ["fraud"],
    "countries": ["US"],
    "languages": ["en"],
}
"""What an incident says that everybody sees; hidden ones say the same."""


TOKEN = None
"""In the place of a role: a token with every scope."""


@dataclass(frozen=True)
class Observers:
    """Whose answers are compared: those of one organisation from whom the same is hidden."""

    organisation: str
    roles: tuple[Role | None, ...] = (TOKEN,)

    @property
    def read_own_red(self) -> bool:
        """Whether all that their organisation marks red is open to them."""
        return set(self.roles) <= {Role.LEAD, Role.ADMIN}

    @staticmethod
    def called(name: str, among: Mapping[str, Observers]) -> Observers:
        """Those of this name; by `LOT` a single one, another each time."""
        if name != LOT:
            return among[name]
        several = random.choice(list(among.values()))
        return Observers(several.organisation, (random.choice(several.roles),))


class Hidden(NamedTuple):
    """Names of what the observers must not know of; in a world without it, of nothing."""

    refs: Mapping[str, str]
    groups: list[str]
    endpoints: list[str]
    events: list[str]
    observations: list[str]
    users: list[str]
    filters: list[str]
    links: list[str]


@dataclass(frozen=True)
class Unseen:
    """What is there in every world, and is not to be seen in any."""

    taken_back: Mapping[str, Any] = field(default_factory=dict)
    """What an incident said before it was withdrawn."""
    speaker: str = "bolt"
    """Who of the hidden group says something inside it."""


HIDDEN_REFS = ("draft", "amber", "strict", "red", "narrowed", "grouped", "withdrawn", "own")


def nothing_hidden() -> Hidden:
    """As many names as there would be, of nothing."""
    return Hidden(
        refs={label: new_ref() for label in HIDDEN_REFS},
        groups=[str(uuid7()), str(uuid7())],
        endpoints=[str(uuid7())],
        events=[event_id(uuid7()) for _ in range(3)],
        observations=[str(uuid7()), str(uuid7())],
        users=[str(uuid7())],
        filters=[str(uuid7()), str(uuid7()), str(uuid7())],
        links=[str(uuid7()), str(uuid7()), str(uuid7())],
    )


@dataclass
class World:
    """Everything that there is, by the names that the steps give it."""

    observers: Observers
    unseen: Unseen = field(default_factory=Unseen)
    members: dict[str, Member] = field(default_factory=dict)
    leads: dict[str, Reader] = field(default_factory=dict)
    groups: dict[str, SharingGroup] = field(default_factory=dict)
    seen: dict[str, Incident] = field(default_factory=dict)
    observations: list[Observation] = field(default_factory=list)
    endpoint: Endpoint | None = None
    users: dict[Role, User] = field(default_factory=dict)
    hidden: Hidden = field(default_factory=nothing_hidden)
    posted: list[tuple[str, bytes]] = field(default_factory=list)
    programs: dict[str, IssuedToken] = field(default_factory=dict)
    """Another token of the observers' organisation, and one of others; both have been used."""

    @property
    def me(self) -> Member:
        """The organisation of the observers."""
        return self.members[self.observers.organisation]

    def client(self, role: Role | None) -> tuple[APIClient, str]:
        """A client that acts as one of the observers, and the id of its token if it has one."""
        client = APIClient(raise_request_exception=False)
        if role is not None:
            client.force_login(self.users[role])
            return client, ""
        issued = make.token(self.me)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {issued.text}")
        return client, issued.token.pk

    def file(self, label: str, owner: str, **fields: Any) -> Incident:
        incident = make.incident(by=self.leads[owner], **{"title": label, **fields})
        self.seen[label] = incident
        return incident

    def change(self, incident: Incident, by: Reader, **changes: Any) -> None:
        incident.refresh_from_db()
        update_incident(
            incident_id=incident.pk, changes=changes, by=by, expected_revision=incident.revision
        )

    def named(self, *labels: str) -> list[dict[str, str]]:
        """An audience of these organisations or groups."""
        return make.audience(*(self.members.get(one) or self.groups[one] for one in labels))


# The steps ------------------------------------------------------------------------------------


def found(world: World) -> None:
    """Organisations with a lead each, groups, an election, the observers and an endpoint."""
    for slug, kind in (OTHERS | OBSERVING).items():
        world.members[slug] = make.member(slug, kind=kind)
        lead = make.user(world.members[slug], email=f"first@{slug}.example")
        world.leads[slug] = Reader(world.members[slug], lead, reauthenticated=True)
    for role in filter(None, world.observers.roles):
        world.users[role] = make.user(world.me, role=role, email=f"{role}@xeno.example")
    Election.objects.create(
        key="xx-2026",
        name="An election",
        kind="national",
        country="US",
        polling_from=date(2026, 11, 3),
        polling_to=date(2026, 11, 3),
        watch_from=date(2026, 9, 4),
    )
    world.groups["Partners"] = create_group(
        name="Partners", members=["xeno", "bolt"], by=world.leads["acme"]
    )
    world.groups["Quiet"] = create_group(
        name="Quiet", members=QUIET, membership_hidden=True, by=world.leads["acme"]
    )
    world.endpoint = create_endpoint(member_id=world.me.pk, url=HOOK).endpoint
    SavedFilter.objects.create(member=world.me, name="All", query={"status": "published"})
    world.programs = {slug: make.token(world.members[slug]) for slug in ("acme", world.me.slug)}
    ApiToken.objects.update(last_used_at=clock.now())


def file_what_all_see(world: World) -> None:
    world.file("green", "acme", tlp="green", **SAID)
    world.file("clear", "cryo", tlp="clear", severity="high", **SAID)
    world.file("lost", "cryo", tlp="clear", **SAID)
    world.change(world.seen["green"], world.leads["acme"], summary="More is known.")


def file_for_some(world: World) -> None:
    by_name = world.named("xeno", "hush", "regulator")
    by_group = world.named("Partners", "Quiet", "regulator")
    world.file("amber", "bolt", tlp="amber", audiences=by_name)
    world.file("by group", "acme", tlp="amber", audiences=by_group)
    world.file("narrowed", "bolt", tlp="clear", audiences=by_name)
    world.file("quiet", "acme", tlp="green", audiences=world.named("Quiet"))


def take_and_give(world: World) -> None:
    """One incident is lost, another granted, a third withdrawn."""
    world.change(world.seen["lost"], world.leads["cryo"], audiences=world.named("bolt"))
    granted = world.file("granted", "bolt", tlp="amber", audiences=world.named("cryo"))
    everyone = world.named("cryo", "xeno", "hush", "regulator")
    world.change(granted, world.leads["bolt"], audiences=everyone)
    withdrawn = world.file("withdrawn", "acme", tlp="clear", **world.unseen.taken_back)
    withdraw_incident(incident_id=withdrawn.pk, reason="Satire.", by=world.leads["acme"])


def replace(world: World) -> None:
    """Two incidents are merged into others, the one into what is hidden, if there is that."""
    acme = world.leads["acme"]
    replaced = world.file("replaced", "acme", tlp="clear", **SAID)
    merge_incident(incident_id=replaced.pk, into=world.seen["clear"].ref, by=acme)
    replaced = world.file("replaced unseen", "acme", tlp="clear", **SAID)
    try:
        merge_incident(incident_id=replaced.pk, into=world.hidden.refs["red"], by=acme)
    except InvalidInput:
        withdraw_incident(incident_id=replaced.pk, reason=MERGED, by=acme)


def file_own(world: World) -> None:
    """What the observers' organisation files; those outside the community file nothing."""
    slug = world.observers.organisation
    if not world.me.in_community:
        return
    world.groups["Own"] = create_group(name="Own", members=["acme"], by=world.leads[slug])
    world.file("own draft", slug, publish=False, **SAID)
    world.file("own", slug, tlp="clear", **SAID)
    world.file("own amber", slug, tlp="amber", audiences=world.named("acme", "Own"))
    if slug in QUIET:
        world.file("own quiet", slug, tlp="green", audiences=world.named("Quiet"))


def observe(world: World) -> None:
    for label, by, fields in (
        ("green", "bolt", {"url": "https://video.example.org/1"}),
        ("clear", "acme", {"tlp": "clear"}),
        ("own", "acme", {"tlp": "amber"}),
        ("amber", "bolt", {}),
        ("quiet", world.unseen.speaker, {}),
        ("own quiet", world.unseen.speaker, {}),
    ):
        if label in world.seen:
            made = make.observation(world.seen[label], world.leads[by], **fields)
            world.observations.append(made)


def link(world: World) -> None:
    """One suggestion is accepted; others propose, one of them from a group that hides it."""
    seen, leads = world.seen, world.leads
    make.suggestions()
    between = {seen["clear"].pk, seen["green"].pk}
    suggested = CrossReference.objects.get(from_incident__in=between, to_incident__in=between)
    accept_link(link_id=suggested.pk, by=leads["acme"])
    words = {"kind": "variant_of", "explanation": "The same voice."}
    make.link(seen["green"], seen["granted"], leads["bolt"], **words)
    make.link(seen["amber"], seen["narrowed"], leads["bolt"])
    make.link(seen["quiet"], seen["clear"], leads[world.unseen.speaker], kind="precedes")


def come_and_go(world: World) -> None:
    create_member(slug="newcomer", name="Newcomer")
    leaver = create_member(slug="leaver", name="Leaver")
    change_member_status(member_id=leaver.pk, status="suspended")


def change_again(world: World) -> None:
    green, lead = world.seen["green"], world.leads["acme"]
    green.refresh_from_db()
    tags = ['tag:"cloned voice"', 'tag:"seen by all"']
    tag_incident(incident_id=green.pk, tags=tags, by=lead, expected_revision=green.revision)
    world.change(world.seen["amber"], world.leads["bolt"], tlp="amber", severity="critical")
    clear = world.seen["clear"]
    make.observation(clear, world.leads["bolt"], platform="A forum")


def deliver(world: World) -> None:
    """Do what relay and workers do until nothing is left; keep what the observers are sent."""
    make.suggestions()
    # The transaction of the test is still open: what it wrote counts as committed long ago.
    Event.objects.filter(position=None).update(xid=0)
    place_events()
    for event in Event.objects.waiting():
        fan_out(event.pk)
    while _deliver_some(world):
        # What stood aside for another of its incident would come back in a second.
        Delivery.objects.filter(state="pending").update(next_at=F("created_at"))


STEPS: tuple[Callable[[World], None], ...] = (
    found,
    file_what_all_see,
    deliver,
    file_for_some,
    take_and_give,
    replace,
    file_own,
    observe,
    link,
    deliver,
    come_and_go,
    change_again,
    deliver,
)


def _deliver_some(world: World) -> bool:
    run_id = uuid4()
    claimed = claim(limit=1000, run_id=run_id, start=UUID(int=0))
    if claimed.sendings:
        results = [_posted(world, sending) for sending in claimed.sendings]
        record_results(results, run_id=run_id)
    return bool(claimed.sendings) or claimed.is_progress


def _posted(world: World, sending: Sending) -> Result:
    is_mine = world.endpoint is not None and sending.endpoint_id == world.endpoint.pk

    async def post(url: str, *, body: bytes, headers: Mapping[str, str]) -> Posted:
        if is_mine:
            world.posted.append((headers["webhook-id"], body))
        return Posted(
            status=204,
            body=b"",
            duration_ms=5,
            address="192.0.2.1",
            error=None,
            retry_after_seconds=None,
        )

    return asyncio.run(attempt(sending, post))
