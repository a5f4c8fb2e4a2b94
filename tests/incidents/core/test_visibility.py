"""The rule of who may read what, in SQL both ways round, against the policy's table in Python."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Member, MemberKind, MemberStatus, User
from accounts.readers import Reader
from accounts.roles import Role
from hub.kit import clock
from incidents.core.indexing import write_audience, write_child_audience
from incidents.core.models import Incident, Observation, Status
from incidents.core.named import Named
from incidents.core.rights import Standing, readable_child_pairs, readable_pairs
from incidents.core.visibility import persons_of, readers_of, readers_of_child
from incidents.sharing.marks import Tlp, stricter, strictness
from incidents.sharing.models import SharingGroup
from tests import make

KINDS = [
    (MemberKind.SIGNATORY, MemberStatus.ACTIVE, True),
    (MemberKind.MEMBER, MemberStatus.ACTIVE, True),
    (MemberKind.FACT_CHECKER, MemberStatus.ACTIVE, True),
    (MemberKind.FACT_CHECKER, MemberStatus.ACTIVE, False),
    (MemberKind.REGULATOR, MemberStatus.ACTIVE, False),
    (MemberKind.SIGNATORY, MemberStatus.SUSPENDED, True),
]


@dataclass
class World:
    """Organisations of every kind with people of every role, and groups across them."""

    members: list[Member]
    users: list[User]
    groups: list[SharingGroup]
    in_group: list[set[UUID]]

    def readers(self) -> Iterator[Reader]:
        for member in self.members:
            yield Reader(member, None)
        for user in self.users:
            assert user.member is not None
            yield Reader(user.member, user)


@pytest.fixture
def world(db: None) -> World:
    members = [
        make.member(kind=kind, status=status, in_community=inside) for kind, status, inside in KINDS
    ]
    users = [make.user(member, role=role) for member in members for role in Role]
    users.append(make.user(members[0], role=Role.ADMIN, is_active=False))
    groups = [
        make.group(members[0], members[1], members[4]),
        make.group(members[1], members[2], members[3], members[5]),
        make.group(members[2]),
    ]
    in_group = [set(group.members.values_list("pk", flat=True)) for group in groups]
    return World(members, users, groups, in_group)


@dataclass(frozen=True)
class Plan:
    """One incident to be put into a world, by positions in its lists."""

    owner: int
    author: int
    status: str
    tlp: str
    members: frozenset[int]
    groups: frozenset[int]
    users: frozenset[int]


plans = st.builds(
    Plan,
    owner=st.integers(0, 5),
    author=st.integers(0, 24),
    status=st.sampled_from(Status.values),
    tlp=st.sampled_from(Tlp.values),
    members=st.frozensets(st.integers(0, 5), max_size=3),
    groups=st.frozensets(st.integers(0, 2), max_size=2),
    users=st.frozensets(st.integers(0, 24), max_size=3),
)


def named_in(plan: Any, world: World) -> list[Named]:
    if plan.tlp == Tlp.RED:
        return [
            Named("user", str(world.users[i].pk), world.users[i].pk) for i in sorted(plan.users)
        ]
    return [
        Named("member", world.members[i].slug, world.members[i].pk) for i in sorted(plan.members)
    ] + [Named("group", str(world.groups[i].pk), world.groups[i].pk) for i in sorted(plan.groups)]


def put(plan: Plan, world: World) -> Incident:
    named = named_in(plan, world)
    owner = world.members[plan.owner]
    moment = clock.now()
    incident = Incident.objects.create(
        owner=owner,
        author=world.users[plan.author],
        changed_by=owner,
        title="planned",
        status=plan.status,
        tlp=plan.tlp,
        audiences=[one.written for one in named],
        published_at=None if plan.status == Status.DRAFT else moment,
        withdrawn_at=moment if plan.status == Status.WITHDRAWN else None,
    )
    write_audience(incident, named)
    return incident


def names(plan: Any, member: Member, world: World) -> bool:
    """Whether the audience names the organisation, itself or by a group."""
    by_group = any(member.pk in world.in_group[i] for i in plan.groups)
    return by_group or any(world.members[i] == member for i in plan.members)


def may_read(plan: Plan, reader: Reader, world: World) -> bool:
    """The policy's table, line by line, in plain Python."""
    member, user = reader.member, reader.user
    if member.status != MemberStatus.ACTIVE:
        return False
    owns = world.members[plan.owner] == member
    if plan.tlp == Tlp.RED:
        if user is None or not user.is_active:
            return False
        is_author = world.users[plan.author] == user
        leads = owns and user.role in {Role.LEAD, Role.ADMIN}
        is_named = plan.status != Status.DRAFT and any(world.users[i] == user for i in plan.users)
        return is_author or leads or is_named
    if owns:
        return True
    if plan.status == Status.DRAFT:
        return False
    return admits(plan, plan.tlp, member, world)


def admits(plan: Any, mark: str, member: Member, world: World) -> bool:
    has_audience = bool(plan.members or plan.groups)
    is_named = names(plan, member, world)
    if mark == Tlp.CLEAR:
        return not has_audience or is_named
    if mark == Tlp.GREEN:
        return member.in_community and (not has_audience or is_named)
    if mark == Tlp.AMBER:
        return is_named
    return is_named and member.in_community


worlds_in_bulk = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""Each example holds many records, since every reader asks for all of them in one query."""


@worlds_in_bulk
@given(several=st.lists(plans, min_size=1, max_size=25))
def test_both_statements_of_who_may_read_agree_with_the_policy(
    several: list[Plan], world: World
) -> None:
    with transaction.atomic():
        incidents = [put(plan, world) for plan in several]

        visible = {
            (reader.member.pk, reader.user and reader.user.pk, pk)
            for reader in world.readers()
            for pk in Incident.objects.visible_to(reader).values_list("pk", flat=True)
        }

        expected = {
            (reader.member.pk, reader.user and reader.user.pk, incident.pk)
            for reader in world.readers()
            for plan, incident in zip(several, incidents, strict=True)
            if may_read(plan, reader, world)
        }
        assert visible == expected
        assert {
            (member.pk, None, incident.pk)
            for incident in incidents
            for member in readers_of(incident)
        } == {line for line in expected if line[1] is None}
        assert {
            (user.member_id, user.pk, incident.pk)
            for incident in incidents
            for user in persons_of(incident)
        } == {line for line in expected if line[1] and line[2] in _red(incidents)}
        asked = [(incident, one) for incident in incidents for one in standings(world)]
        assert readable_pairs(asked) == {
            (pk, member) for member, user, pk in expected if user is None
        }
        transaction.set_rollback(True)


def standings(world: World) -> list[Standing]:
    return [Standing(one.pk, one.is_active, one.in_community) for one in world.members]


def _red(incidents: list[Incident]) -> set[UUID]:
    return {incident.pk for incident in incidents if incident.tlp == Tlp.RED}


@dataclass(frozen=True)
class ChildPlan:
    """One observation to be put on an incident."""

    author: int
    tlp: str
    follows: bool
    members: frozenset[int]
    groups: frozenset[int]
    users: frozenset[int]


child_plans = st.builds(
    ChildPlan,
    author=st.integers(0, 24),
    tlp=st.sampled_from(Tlp.values),
    follows=st.booleans(),
    members=st.frozensets(st.integers(0, 5), max_size=2),
    groups=st.frozensets(st.integers(0, 2), max_size=1),
    users=st.frozensets(st.integers(0, 24), max_size=2),
)


def may_read_child(child: ChildPlan, parent: Plan, reader: Reader, world: World) -> bool:
    """The policy's paragraph on children, in plain Python."""
    if not may_read(parent, reader, world):
        return False
    owns = world.members[parent.owner] == reader.member
    if parent.status == Status.WITHDRAWN and not owns:
        return False
    author = world.users[child.author]
    follows = child.follows and strictness(parent.tlp) >= strictness(child.tlp)
    mark = stricter(child.tlp, parent.tlp)
    if mark == Tlp.RED:
        user = reader.user
        if user is None or not user.is_active:
            return False
        leads = author.member == reader.member and user.role in {Role.LEAD, Role.ADMIN}
        is_named = child.tlp == Tlp.RED and any(world.users[i] == user for i in child.users)
        return user == author or leads or is_named or follows
    own = owns or author.member == reader.member
    if child.tlp == Tlp.RED:
        return own or follows
    return own or follows or admits(child, mark, reader.member, world)


@worlds_in_bulk
@given(several=st.lists(st.tuples(plans, child_plans), min_size=1, max_size=25))
def test_both_statements_of_who_may_read_a_part_agree_with_the_policy(
    several: list[tuple[Plan, ChildPlan]], world: World
) -> None:
    with transaction.atomic():
        observations = [put_child(put(parent, world), child, world) for parent, child in several]

        visible = {
            (reader.member.pk, reader.user and reader.user.pk, pk)
            for reader in world.readers()
            for pk in Observation.objects.visible_to(reader).values_list("pk", flat=True)
        }

        expected = {
            (reader.member.pk, reader.user and reader.user.pk, observation.pk)
            for reader in world.readers()
            for (parent, child), observation in zip(several, observations, strict=True)
            if may_read_child(child, parent, reader, world)
        }
        assert visible == expected
        assert {
            (member.pk, None, observation.pk)
            for observation in observations
            for member in readers_of_child(
                observation, incident_readers=readers_of(observation.incident)
            )
        } == {line for line in expected if line[1] is None}
        parents = {observation.incident for observation in observations}
        readable = readable_pairs((row, one) for row in parents for one in standings(world))
        asked = [(row, one) for row in observations for one in standings(world)]
        assert readable_child_pairs(asked, readable=readable) == {
            (pk, member) for member, user, pk in expected if user is None
        }
        transaction.set_rollback(True)


def put_child(incident: Incident, plan: ChildPlan, world: World) -> Observation:
    author, named = world.users[plan.author], named_in(plan, world)
    assert author.member is not None
    observation = Observation.objects.create(
        incident=incident,
        organisation=author.member,
        author=author,
        tlp=plan.tlp,
        platform="planned",
        audiences=[one.written for one in named],
        follows_incident=plan.follows,
    )
    write_child_audience(observation, named)
    return observation
