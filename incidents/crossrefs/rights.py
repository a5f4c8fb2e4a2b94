"""Which links many organisations may read, decided on facts read together.

The second statement of `CrossReference.objects.visible_to`, for senders that ask about many pairs
at once; a property test holds it to the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from accounts.models import Member
from incidents.core.models import Incident, Observation, Status
from incidents.core.rights import Pair, Standing, readable_child_pairs
from incidents.core.visibility import readers_of
from incidents.crossrefs.models import CrossReference, Evidence, Origin, State


def fetch_links(ids: Iterable[UUID]) -> dict[UUID, CrossReference]:
    """Links with their ends, who proposed them, and all that speaks for them; two queries."""
    evidence = Evidence.objects.order_by("pk").select_related("from_observation", "to_observation")
    links = (
        CrossReference.objects.filter(pk__in=ids)
        .select_related("from_incident__owner", "to_incident__owner", "organisation")
        .prefetch_related(Prefetch("evidence", evidence))
    )
    found = {link.pk: link for link in links}
    for link in found.values():
        ends = {end.pk: end for end in ends_of(link)}
        for seen in observations_of(link):  # of its ends, which are fetched already
            seen.incident = ends[seen.incident_id]
    return found


def ends_of(link: CrossReference) -> tuple[Incident, Incident]:
    """The incidents that it links."""
    return link.from_incident, link.to_incident


def observations_of(link: CrossReference) -> Iterator[Observation]:
    """The observations on which its evidence rests."""
    return observations_behind(link.evidence.all())


def observations_behind(evidence: Iterable[Evidence]) -> Iterator[Observation]:
    """The observations on which some evidence rests."""
    for one in evidence:
        for observation in (one.from_observation, one.to_observation):
            if observation is not None:
                yield observation


def readers_of_link(link: CrossReference) -> QuerySet[Member]:
    """Active organisations that may read a link that `fetch_links` found; on rows of Member."""
    both = readers_of(link.from_incident).filter(pk__in=readers_of(link.to_incident).values("pk"))
    standings = [
        Standing(pk, True, inside) for pk, inside in both.values_list("pk", "in_community")
    ]
    readable = frozenset((end.pk, one.member_id) for end in ends_of(link) for one in standings)
    children = readable_child_pairs(
        ((seen, one) for seen in observations_of(link) for one in standings), readable=readable
    )
    links = readable_links(
        ((link, one) for one in standings), readable=readable, readable_children=children
    )
    return Member.objects.active().filter(pk__in=[member_id for _, member_id in links])


def readable_links(
    asked: Iterable[tuple[CrossReference, Standing]],
    *,
    readable: frozenset[Pair],
    readable_children: frozenset[Pair],
) -> dict[Pair, tuple[Evidence, ...]]:
    """Those of the pairs of which the organisation may read the link; no query.

    Each with the evidence for it that the organisation may know. `readable` are pairs of the links'
    ends, `readable_children` of the observations behind their evidence; all of it is fetched.
    """
    return {
        (link.pk, one.member_id): evidence
        for link, one in asked
        if link.state != State.REJECTED and _has_both_ends(link, one.member_id, readable)
        for evidence in [_known_to(one.member_id, link, readable_children)]
        if evidence or link.state == State.ACCEPTED or link.origin == Origin.MANUAL
    }


def _has_both_ends(link: CrossReference, member_id: UUID, readable: frozenset[Pair]) -> bool:
    return all(
        end.status != Status.WITHDRAWN and (end.pk, member_id) in readable for end in ends_of(link)
    )


def _known_to(
    member_id: UUID, link: CrossReference, readable_children: frozenset[Pair]
) -> tuple[Evidence, ...]:
    return tuple(
        evidence
        for evidence in link.evidence.all()
        if all(
            (seen.pk, member_id) in readable_children for seen in observations_behind([evidence])
        )
    )
