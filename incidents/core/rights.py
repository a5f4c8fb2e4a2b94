"""Who may read what, for many organisations and records at once, decided on facts read together.

The third statement of the table in `incidents.core.visibility`, for senders that ask about
thousands of pairs a second; a property test holds it to the other two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from incidents.core.audiences import Audience, AudienceQuerySet, ChildAudience
from incidents.core.models import Child, Incident, Status
from incidents.sharing.marks import OPEN_MARKS, Tlp, stricter, strictness

Pair = tuple[UUID, UUID]
"""A record and an organisation, by their ids."""


class Standing(NamedTuple):
    """What policy asks of an organisation."""

    member_id: UUID
    is_active: bool
    in_community: bool


def readable_pairs(asked: Iterable[tuple[Incident, Standing]]) -> frozenset[Pair]:
    """Those of the pairs of which the organisation may read the incident; one query at most."""
    open_to_question = [
        (incident, one) for incident, one in asked if one.is_active and incident.tlp != Tlp.RED
    ]
    named = _named_pairs(
        Audience.objects.all(),
        key="incident_id",
        asked=[(row.pk, one.member_id) for row, one in open_to_question if row.audiences],
    )
    return frozenset(
        (incident.pk, one.member_id)
        for incident, one in open_to_question
        if incident.owner_id == one.member_id
        or (
            incident.status != Status.DRAFT
            and _admits(
                incident.tlp,
                one,
                is_narrowed=bool(incident.audiences),
                is_named=(incident.pk, one.member_id) in named,
            )
        )
    )


def readable_child_pairs(
    asked: Iterable[tuple[Child, Standing]], *, readable: frozenset[Pair]
) -> frozenset[Pair]:
    """Those of the pairs of which the organisation may read the child; one query at most.

    `readable` are pairs of their incidents; `incident` of each child must be fetched already.
    """
    open_to_question = [
        (child, one) for child, one in asked if (child.incident_id, one.member_id) in readable
    ]
    named = _named_pairs(
        ChildAudience.objects.all(),
        key="child_id",
        asked=[(row.pk, one.member_id) for row, one in open_to_question if row.audiences],
    )
    return frozenset(
        (child.pk, one.member_id)
        for child, one in open_to_question
        if _admits_to_child(child, one, is_named=(child.pk, one.member_id) in named)
    )


def _admits(mark: str, one: Standing, *, is_narrowed: bool, is_named: bool) -> bool:
    """Whether a mark with these audiences admits an active organisation that is not the owner."""
    if mark in OPEN_MARKS:
        is_open_to = mark == Tlp.CLEAR or one.in_community
        return is_open_to and (is_named or not is_narrowed)
    return is_named and (mark == Tlp.AMBER or (mark == Tlp.AMBER_STRICT and one.in_community))


def _admits_to_child(child: Child, one: Standing, *, is_named: bool) -> bool:
    incident = child.incident
    mark = stricter(child.tlp, incident.tlp)
    if mark == Tlp.RED:
        return False
    if incident.status == Status.WITHDRAWN:
        return one.member_id == incident.owner_id
    if child.follows_incident and strictness(incident.tlp) >= strictness(child.tlp):
        return True
    return one.member_id in {child.organisation_id, incident.owner_id} or _admits(
        mark, one, is_narrowed=bool(child.audiences), is_named=is_named
    )


def _named_pairs(
    rows: AudienceQuerySet, *, key: str, asked: Sequence[Pair]
) -> set[tuple[UUID, UUID | None]]:
    """Records and the organisations that they name, themselves or by one of their groups."""
    if not asked:
        return set()
    member_ids = {member_id for _, member_id in asked}
    of_asked = rows.filter(**{f"{key}__in": {record_id for record_id, _ in asked}})
    by_name = of_asked.filter(member__in=member_ids).values_list(key, "member_id")
    by_group = of_asked.filter(group__memberships__member__in=member_ids)
    return set(by_name.union(by_group.values_list(key, "group__memberships__member_id")))
