"""Changes to organisations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from accounts.models import COMMUNITY_KINDS, Member, MemberKind, MemberRole, MemberStatus, Session
from accounts.services.checks import check_choices, check_fields
from hub.audit.services import THE_HUB, Actor, record
from hub.kit.errors import Conflict, InvalidInput
from hub.kit.text import read_name
from hub.outbox.services import record_event

CHANGEABLE: Final = frozenset(
    {"name", "kind", "in_community", "roles", "jurisdictions", "domains", "signed_on"}
)
TELLING: Final = frozenset({"kind", "in_community"})
"""What decides over what an organisation reads: the log keeps what it was."""


@transaction.atomic
def create_member(
    *,
    slug: str,
    name: str,
    kind: str = MemberKind.SIGNATORY,
    roles: Sequence[str] = (),
    jurisdictions: Sequence[str] = (),
    domains: Sequence[str] = (),
    signed_on: date | None = None,
    in_community: bool | None = None,
    by: Actor = THE_HUB,
) -> Member:
    """Admit an organisation, active at once, and tell the others.

    Without `in_community` its kind decides; a fact-checker may be admitted to the community.

    Raises:
        InvalidInput: a value is none of those allowed.
        Conflict: the slug is taken; organisations are public to each other, so this tells nothing.
    """
    check_choices("kind", [kind], MemberKind)
    check_choices("role", roles, MemberRole)
    in_community = kind in COMMUNITY_KINDS if in_community is None else in_community
    _check_community(kind, in_community=in_community)
    if Member.objects.filter(slug=slug).exists():
        raise Conflict(f"There is a member {slug!r} already: choose another slug.")
    member = Member(
        slug=slug,
        name=read_name(name, pointer="/name"),
        kind=kind,
        in_community=in_community,
        roles=list(roles),
        jurisdictions=list(jurisdictions),
        domains=list(domains),
        signed_on=signed_on,
    )
    check_fields(member)
    member.save(force_insert=True)
    record("member.create", by=by, objects=[slug])
    record_event(
        "member.joined",
        subject_id=member.pk,
        stream_id=member.pk,
        version=1,
        mark="clear",
        actor_id=member.pk,
    )
    return member


@transaction.atomic
def change_member(*, member_id: UUID, changes: Mapping[str, Any], by: Actor) -> Member:
    """Change the facts of an organisation; its short name stays as it is.

    What follows from its kind and its place in the community, for what it reads, does so at once.

    Raises InvalidInput, with every error found, at its pointer.
    """
    member = Member.objects.select_for_update(no_key=True).get(pk=member_id)
    changed = {
        name: value
        for name, value in changes.items()
        if name in CHANGEABLE and getattr(member, name) != value
    }
    if not changed:
        return member
    if "name" in changed:
        changed["name"] = read_name(changed["name"], pointer="/name")
    before = {name: getattr(member, name) for name in TELLING & changed.keys()}
    for name, value in changed.items():
        setattr(member, name, value)
    check_choices("kind", [member.kind], MemberKind)
    check_choices("roles", member.roles, MemberRole)
    _check_community(member.kind, in_community=member.in_community)
    check_fields(member)
    member.save(update_fields=sorted(changed))
    detail = {"fields": sorted(changed), "before": before}
    record("member.change", by=by, objects=[member.slug], detail=detail)
    return member


def _check_community(kind: str, *, in_community: bool) -> None:
    """As the constraints of the table have it."""
    if kind in COMMUNITY_KINDS and not in_community:
        raise InvalidInput(
            "Signatories and members belong to the community.", pointer="/in_community"
        )
    if in_community and kind not in {*COMMUNITY_KINDS, MemberKind.FACT_CHECKER}:
        raise InvalidInput(
            "Of all others only fact-checkers are admitted to the community.",
            pointer="/in_community",
        )


@transaction.atomic
def change_member_status(*, member_id: UUID, status: str, by: Actor = THE_HUB) -> Member:
    """Suspend, end or resume a membership; reading and acting follow at once.

    Whoever leaves or is suspended is announced once to those who are active at this moment; coming
    back is announced as joining.
    """
    check_choices("status", [status], MemberStatus)
    member = Member.objects.select_for_update(no_key=True).get(pk=member_id)
    was_active = member.is_active
    if member.status == status:
        return member
    member.status = status
    member.save(update_fields=["status"])
    if not member.is_active:
        # They would come to life again with the organisation.
        Session.objects.filter(user__member=member).delete()
    record("member.status", by=by, objects=[member.slug], detail={"status": status})
    if was_active != member.is_active:
        others = Member.objects.active().exclude(pk=member.pk).values_list("pk", flat=True)
        record_event(
            "member.joined" if member.is_active else "member.left",
            subject_id=member.pk,
            stream_id=member.pk,
            version=1,
            mark="clear",
            actor_id=member.pk,
            recipients=None if member.is_active else list(others),
        )
    return member
