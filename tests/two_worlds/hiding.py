"""What is added to a world without its observers noticing: nasty cases, and others by chance."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from rest_framework.test import APIClient

from accounts.models import User
from accounts.readers import Reader
from hub.kit.errors import Conflict, InvalidInput
from hub.kit.ids import event_id
from hub.outbox.models import Event
from incidents.alerts.services.endpoints import (
    create_endpoint,
    delete_endpoint,
    disable_endpoint,
)
from incidents.core.models import Incident, SavedFilter, Status
from incidents.core.services.filing import publish_incident, withdraw_incident
from incidents.crossrefs.models import CrossReference
from incidents.crossrefs.services.deciding import accept_link
from incidents.sharing.models import SharingGroup
from incidents.sharing.services import create_group, delete_group, update_group
from tests import make
from tests.two_worlds.questions import HIDDEN_PLATFORM, HIDDEN_WORDS
from tests.two_worlds.worlds import HOOK, OTHERS, QUIET, SAID, Hidden, Unseen, World

HIDDEN_TAG = 'tag:"seen by nobody"'
COMMUNITY = ("acme", "bolt", "cryo")
MANY = 123_456_789

ELSEWHERE = Unseen(
    taken_back=SAID | {"severity": "critical", "tags": [HIDDEN_TAG], "summary": "Hidden"},
    speaker="cryo",
)
"""Of what is unseen in both worlds, the one has this and the other something else."""

JUMP = """
SELECT setval(quote_ident(sequencename)::regclass, %s, %s) FROM pg_sequences
WHERE schemaname = current_schema()
  AND sequencename ~ '^(incidents|sharing|alerts|outbox|audit|api)_'
"""


def count_from(start: int, *, used: bool) -> None:
    """Let every number that the database gives go on from there.

    Numbers are not given back by a rollback, so each world says where its own begin.
    """
    with connection.cursor() as cursor:
        cursor.execute(JUMP, [start, used])


@dataclass
class Hider:
    """Adds to a world what its observers must not notice."""

    world: World
    rng: random.Random
    incidents: list[Incident] = field(default_factory=list)
    groups: list[SharingGroup] = field(default_factory=list)
    persons: list[User] = field(default_factory=list)

    # The nasty cases --------------------------------------------------------------------------

    def hide(self) -> Hidden:
        """Add one of each kind, and return their names."""
        count_from(MANY, used=True)
        groups = [self._group("Partners"), self._group("Deep")]
        self.persons = [make.user(self.world.members[slug]) for slug in COMMUNITY]
        gone = make.user(self.world.members["acme"], is_active=False)
        make.member("gone-org", status="suspended")
        make.member("soon-org", status="invited")
        incidents = self._one_of_each(groups[0])
        observations = [
            make.observation(
                self.world.seen[label], self._lead("bolt"), platform=HIDDEN_PLATFORM, **fields
            ).pk
            for label, fields in (
                ("clear", {"tlp": "red", "audiences": make.audience(self.persons[0])}),
                ("clear", {"tlp": "amber", "audiences": self.world.named("fact")}),
            )
        ]
        events = list(Event.objects.order_by("-id")[:3])
        Event.objects.filter(pk=events[0].pk).update(position=MANY)
        endpoint = create_endpoint(member_id=self.world.members["bolt"].pk, url=HOOK).endpoint
        self._ask_as_another()
        self.change_who_else_reads()
        self.change_members_of_quiet()
        make.suggestions()
        return Hidden(
            refs={label: incident.ref for label, incident in incidents.items()},
            groups=[str(group.pk) for group in groups],
            endpoints=[str(endpoint.pk)],
            events=[event_id(event.pk) for event in events],
            observations=[str(pk) for pk in observations],
            users=[str(gone.pk)],
            filters=self._filters(),
            links=self._links(incidents),
        )

    def _one_of_each(self, group: SharingGroup) -> dict[str, Incident]:
        to_fact = self.world.named("fact")
        made = {
            "draft": self._file("acme", publish=False, tlp="clear"),
            "amber": self._file("cryo", tlp="amber", audiences=self.world.named("bolt")),
            "strict": self._file("bolt", tlp="amber+strict", audiences=self._strict_audience()),
            "red": self._file("acme", tlp="red", audiences=make.audience(self.persons[1])),
            "narrowed": self._file("cryo", tlp="clear", audiences=to_fact),
            "grouped": self._file("bolt", tlp="green", audiences=make.audience(group)),
            "withdrawn": self._file("acme", tlp="amber", audiences=to_fact),
            "own": self._own() or self._file("acme", tlp="red"),
        }
        gone = made["withdrawn"]
        withdraw_incident(incident_id=gone.pk, reason="A mistake.", by=self._lead("acme"))
        return made

    def _filters(self) -> list[str]:
        """A colleague's own, and what others keep, by the names that the observers choose."""
        members, query = self.world.members, {"q": "hidden"}
        whose = (
            {"member": self.world.me, "user": self._lead(self.world.me.slug).user},
            {"member": members["acme"], "user": None},
            {"member": members["acme"], "user": self.persons[0]},
        )
        made = [SavedFilter.objects.create(name="Mine", query=query, **one) for one in whose]
        return [str(one.pk) for one in made]

    def _links(self, incidents: dict[str, Incident]) -> list[str]:
        """Over a hidden incident two that all see hang together; two calls from one number."""
        seen, bridge, cryo = self.world.seen, incidents["amber"], self._lead("cryo")
        made = [make.link(bridge, seen[label], cryo) for label in ("clear", "lost", "green")]
        accept_link(link_id=made[-1].pk, by=cryo)
        call = {"platform": HIDDEN_PLATFORM, "phone": {"number": "+16035550100"}}
        to_fact = {"tlp": "amber", "audiences": self.world.named("fact")}
        for label in ("clear", "by group"):
            make.observation(seen[label], self._lead("bolt"), **call, **to_fact)
        make.suggestions()
        assert CrossReference.objects.filter(origin="phone").count() == 1
        return [str(link.pk) for link in made]

    def link_something(self) -> None:
        """With what all see, or among what nobody sees."""
        incident = self._pick(Status.DRAFT, Status.PUBLISHED)
        if incident is not None:
            other = self._one_of([self.world.seen["clear"], *self.incidents])
            with contextlib.suppress(Conflict, InvalidInput):  # linked so already, or itself
                kind = self._one_of(["same_actor", "precedes"])
                make.link(incident, other, self._lead(incident.owner.slug), kind=kind)

    def _strict_audience(self) -> list[dict[str, str]]:
        """An observer may be named on amber+strict, which has no effect."""
        outside = [] if self.world.me.in_community else [self.world.me.slug]
        return self.world.named("cryo", *outside)

    def _own(self) -> Incident | None:
        """Red of the observers' own organisation, if that is hidden from them."""
        world = self.world
        if world.observers.read_own_red or not world.me.in_community:
            return None
        return self._file(world.me.slug, tlp="red", audiences=make.audience(self.persons[0]))

    def _ask_as_another(self) -> None:
        """Use up the limits, and the Idempotency-Keys that the observers are going to use."""
        for token in self.world.programs.values():
            client = APIClient()
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {token.text}")
            for path in ("incidents/", "sharing-groups/", "endpoints/"):
                client.post(
                    f"/api/v1/{path}",
                    data=json.dumps({"title": 1}),
                    content_type="application/json",
                    headers={"Idempotency-Key": "a-key"},
                )

    # By chance --------------------------------------------------------------------------------

    def act(self, times: int) -> None:
        """Do so many things, chosen by chance, whose traces are all hidden."""
        for _ in range(times):
            self.rng.choice(self._acts())()
        make.suggestions()

    def _acts(self) -> list[Callable[[], object]]:
        acts: list[Callable[[], object]] = [
            self.file_something, self.file_something, self.change_something, self.publish_a_draft,
            self.withdraw_something, self.observe_something, self.make_a_group,
            self.change_a_group, self.change_members_of_quiet, self.change_what_was_lost,
            self.change_who_else_reads, self.make_endpoints, self.add_a_person,
            self.link_something,
        ]  # fmt: skip
        if not self.world.me.in_community:
            acts.append(lambda: self._file(self._one_of(COMMUNITY), tlp="green"))
        return acts

    def file_something(self) -> None:
        owner = self._one_of(COMMUNITY)
        mark = self._one_of(["clear", "green", "amber", "amber+strict", "red"])
        publish = self.rng.random() < 0.7
        self._file(owner, tlp=mark, audiences=self._audience(mark, owner), publish=publish)

    def change_something(self) -> None:
        incident = self._pick(Status.DRAFT, Status.PUBLISHED)
        if incident is None:
            return
        mark = self._one_of(["green", "amber", "amber+strict", "red"])
        by = self._lead(incident.owner.slug)
        changes: dict[str, Any] = self._one_of(
            [
                {"title": "Another title"},
                {"tags": [HIDDEN_TAG, *SAID["tags"]]},
                {"tlp": mark, "audiences": self._audience(mark, incident.owner.slug)},
            ]
        )
        self.world.change(incident, by, **changes)

    def publish_a_draft(self) -> None:
        incident = self._pick(Status.DRAFT)
        if incident is not None and incident.audiences:
            publish_incident(incident_id=incident.pk, by=self._lead(incident.owner.slug))

    def withdraw_something(self) -> None:
        incident = self._pick(Status.PUBLISHED)
        if incident is not None:
            by = self._lead(incident.owner.slug)
            withdraw_incident(incident_id=incident.pk, reason="Wrong.", by=by)

    def observe_something(self) -> None:
        incident = self._pick(Status.PUBLISHED)
        if incident is not None:
            make.observation(incident, self._lead(incident.owner.slug), url="https://x.example/1")
        make.observation(
            self.world.seen["clear"],
            self._lead("acme"),
            tlp="amber",
            audiences=self.world.named("bolt"),
        )

    def make_a_group(self) -> None:
        name = self._one_of(["Own", "Mine", "Ours", "Deep"]) + f" {self.rng.random()}"
        self._group(name)

    def change_a_group(self) -> None:
        group = self._one_of(self.groups)
        if len(self.groups) > 3:
            delete_group(group_id=group.pk, by=self._lead("bolt"))
            self.groups.remove(group)
            return
        members = self._some(OTHERS)
        update_group(
            group_id=group.pk, by=self._lead("bolt"), members=members, description="Changed."
        )

    def change_members_of_quiet(self) -> None:
        members = [*QUIET, *self._some(["fact", "civic"])]
        quiet = self.world.groups["Quiet"]
        update_group(group_id=quiet.pk, by=self._lead("acme"), members=members)

    def change_what_was_lost(self) -> None:
        lost, by = self.world.seen["lost"], self._lead("cryo")
        lost.refresh_from_db()
        if lost.audiences:
            self.world.change(lost, by, title=f"Changed {self.rng.random()}")
            make.observation(lost, self._lead("bolt"))

    def change_who_else_reads(self) -> None:
        """The owner alone knows whom else it names, and that it named them."""
        readers = self.world.named("xeno", "hush", "regulator", *self._some(["cryo", "fact"]))
        self.world.change(self.world.seen["amber"], self._lead("bolt"), audiences=readers)

    def make_endpoints(self) -> None:
        member = self.world.members[self._one_of(OTHERS)]
        made = create_endpoint(member_id=member.pk, url=HOOK).endpoint
        if self.rng.random() < 0.5:
            delete_endpoint(endpoint_id=made.pk, by=self._lead(member.slug).actor)
        else:
            disable_endpoint(endpoint_id=made.pk, reason="It answered 410 Gone.")
        make.token(member, "feed:read")

    def add_a_person(self) -> None:
        self.persons.append(make.user(self.world.members[self._one_of(COMMUNITY)]))

    # What they are made of --------------------------------------------------------------------

    def _file(self, owner: str, **fields: Any) -> Incident:
        said = SAID | {"tags": [*SAID["tags"], HIDDEN_TAG], "title": "Hidden", "summary": "Hidden"}
        said |= HIDDEN_WORDS
        incident = make.incident(by=self._lead(owner), **(said | fields))
        self.incidents.append(incident)
        return incident

    def _group(self, name: str) -> SharingGroup:
        hidden = self.rng.random() < 0.5
        group = create_group(
            name=name, members=["fact"], membership_hidden=hidden, by=self._lead("bolt")
        )
        self.groups.append(group)
        return group

    def _lead(self, slug: str) -> Reader:
        return self.world.leads[slug]

    def _audience(self, mark: str, owner: str) -> list[dict[str, str]]:
        if mark == "red":
            return make.audience(self._one_of(self.persons))
        named = self.world.named(*(one for one in self._some(OTHERS) if one != owner))
        groups = [group for group in self.groups if owner == "bolt"]
        return named + make.audience(*groups[:1]) or self.world.named("fact")

    def _pick(self, *statuses: str) -> Incident | None:
        """One of the hidden incidents in such a state, as it is now; not of the observers' own."""
        for incident in self.incidents:
            incident.refresh_from_db()
        fitting = [
            incident
            for incident in self.incidents
            if incident.status in statuses and incident.owner_id != self.world.me.pk
        ]
        return self._one_of(fitting) if fitting else None

    def _some(self, items: Any) -> list[Any]:
        chosen = list(items)
        return self.rng.sample(chosen, self.rng.randint(1, len(chosen) - 1))

    def _one_of(self, items: Any) -> Any:
        return self.rng.choice(list(items))
