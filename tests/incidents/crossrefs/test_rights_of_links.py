"""Who may read a link, in SQL for one reader, and on facts for many: the same rule."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.readers import Reader
from hub.kit import clock
from incidents.core.models import Status
from incidents.core.rights import Pair, Standing, readable_child_pairs, readable_pairs
from incidents.crossrefs.models import CrossReference, Evidence, Origin, State
from incidents.crossrefs.rights import (
    ends_of,
    fetch_links,
    observations_of,
    readable_links,
    readers_of_link,
)
from incidents.sharing.marks import Tlp
from tests import make
from tests.incidents.core.test_visibility import (
    ChildPlan,
    Plan,
    World,
    child_plans,
    plans,
    put,
    put_child,
    standings,
    world,
    worlds_in_bulk,
)

__all__ = ["world"]  # a fixture

Behind = tuple[ChildPlan | None, ChildPlan | None]
"""The observations that some evidence rests on, at either end."""


@dataclass(frozen=True)
class LinkPlan:
    """A link to be put into a world."""

    ends: tuple[Plan, Plan]
    state: str
    is_manual: bool
    evidence: tuple[Behind, ...]


maybe_child = st.none() | child_plans
open_plans = st.builds(
    Plan,
    owner=st.integers(0, 5),
    author=st.integers(0, 24),
    status=st.sampled_from([Status.PUBLISHED, Status.PUBLISHED, Status.WITHDRAWN, Status.DRAFT]),
    tlp=st.sampled_from([Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER]),
    members=st.frozensets(st.integers(0, 5), max_size=2),
    groups=st.frozensets(st.integers(0, 2), max_size=1),
    users=st.just(frozenset[int]()),
)
"""More often readable than any, so that evidence matters."""
link_plans = st.builds(
    LinkPlan,
    ends=st.tuples(plans | open_plans, plans | open_plans),
    state=st.sampled_from(State.values),
    is_manual=st.booleans(),
    evidence=st.lists(st.tuples(maybe_child, maybe_child), max_size=3).map(tuple),
)


def put_link(plan: LinkPlan, world: World) -> CrossReference:
    ends = [put(end, world) for end in plan.ends]
    link = CrossReference.objects.create(
        from_incident=ends[0],
        to_incident=ends[1],
        type="same_media",
        origin=Origin.MANUAL if plan.is_manual else Origin.URL,
        organisation=ends[0].owner if plan.is_manual else None,
        state=plan.state,
        decided_at=None if plan.state == State.SUGGESTED else clock.now(),
    )
    for behind in plan.evidence:
        seen = [
            put_child(end, child, world) if child else None
            for end, child in zip(ends, behind, strict=True)
        ]
        Evidence.objects.create(
            crossref=link, origin=Origin.URL, score=0.5, from_observation=seen[0],
            to_observation=seen[1],
        )  # fmt: skip
    return link


def asked_on_facts(
    links: dict[UUID, CrossReference], members: list[Standing]
) -> dict[Pair, tuple[Evidence, ...]]:
    """What the batch statement says of all links and all organisations."""
    pairs = [(link, one) for link in links.values() for one in members]
    readable = readable_pairs((end, one) for link, one in pairs for end in ends_of(link))
    children = readable_child_pairs(
        ((seen, one) for link, one in pairs for seen in observations_of(link)), readable=readable
    )
    return readable_links(pairs, readable=readable, readable_children=children)


@worlds_in_bulk
@given(several=st.lists(link_plans, min_size=1, max_size=20))
def test_all_statements_of_who_may_read_a_link_agree(several: list[LinkPlan], world: World) -> None:
    with transaction.atomic():
        for plan in several:
            put_link(plan, world)
        links = fetch_links(CrossReference.objects.values_list("pk", flat=True))

        found = asked_on_facts(links, standings(world))

        readers = [Reader(member, None) for member in world.members]
        assert found.keys() == {
            (pk, reader.member.pk)
            for reader in readers
            for pk in CrossReference.objects.visible_to(reader).values_list("pk", flat=True)
        }
        assert found.keys() == {
            (pk, member.pk) for pk, link in links.items() for member in readers_of_link(link)
        }
        for reader in readers:
            known = set(Evidence.objects.visible_to(reader).values_list("pk", flat=True))
            shown = {
                evidence.pk
                for (_, member_id), several_of in found.items()
                if member_id == reader.member.pk
                for evidence in several_of
            }
            assert shown <= known
            of_visible = {
                evidence.pk
                for (link_id, member_id) in found
                if member_id == reader.member.pk
                for evidence in links[link_id].evidence.all()
            }
            assert shown == known & of_visible
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 4])
def test_links_with_all_that_speaks_for_them_cost_two_queries(number: int) -> None:
    lead = make.person(make.member())
    ends = [make.incident(by=lead) for _ in range(2)]
    seen = [make.observation(end, lead) for end in ends]
    for place in range(number):
        link = CrossReference.objects.create(
            from_incident=ends[0], to_incident=ends[1], type="same_media", origin=Origin.URL,
            basis=str(place),
        )  # fmt: skip
        Evidence.objects.create(
            crossref=link, origin=Origin.URL, score=0.9, from_observation=seen[0],
            to_observation=seen[1],
        )  # fmt: skip
    ids = list(CrossReference.objects.values_list("pk", flat=True))

    with CaptureQueriesContext(connection) as captured:
        links = fetch_links(ids)
        rests_on = {
            (seen.incident.ref, link.from_incident.owner.slug)
            for link in links.values()
            for seen in observations_of(link)
        }

    assert len(captured) == 2
    assert len(links) == number
    assert {ref for ref, _ in rests_on} == {end.ref for end in ends}
