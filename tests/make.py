"""Objects for tests, made through the services that make them in life where there are any."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from accounts.models import COMMUNITY_KINDS, Invitation, Member, MemberKind, TokenScope, User
from accounts.readers import Reader
from accounts.roles import Role
from accounts.services.invitations import IssuedInvitation, invite
from accounts.services.tokens import IssuedToken, issue_token
from hub.outbox.models import Chore
from incidents.core.models import Incident, Observation
from incidents.core.services.filing import create_incident, publish_incident
from incidents.core.services.observing import add_observation
from incidents.crossrefs.models import CrossReference
from incidents.crossrefs.services.deciding import propose_link
from incidents.crossrefs.services.suggesting import SUGGEST, suggest_links
from incidents.sharing.models import Membership, SharingGroup

_numbers = itertools.count(1)


def member(slug: str = "", *, kind: str = MemberKind.SIGNATORY, **fields: Any) -> Member:
    """An active organisation, made without telling anyone."""
    slug = slug or f"member-{next(_numbers)}"
    fields.setdefault("in_community", kind in COMMUNITY_KINDS)
    return Member.objects.create(slug=slug, name=slug.title(), kind=kind, **fields)


def user(of: Member | None = None, *, role: str = Role.LEAD, **fields: Any) -> User:
    """A person who can act for an organisation."""
    number = next(_numbers)
    fields.setdefault("email", f"person-{number}@{(of.slug if of else 'hub')}.example")
    fields.setdefault("is_staff", of is None)
    return User.objects.create(member=of, role=role, **fields)


def person(of: Member, *, role: str = Role.LEAD, reauthenticated: bool = False) -> Reader:
    """A reader who is a new person of the organisation."""
    return Reader(of, user(of, role=role), reauthenticated=reauthenticated)


def token(of: Member, *scopes: str) -> IssuedToken:
    """A token of the organisation; with every scope if none is named."""
    return issue_token(member_id=of.pk, name="test", scopes=scopes or list(TokenScope.values))


def invitation(*, email: str, name: str, by: Reader) -> IssuedInvitation:
    """An offer of an account, under any name: what the service refuses is put in the row."""
    issued = invite(email=email, role=Role.VIEWER, by=by)
    Invitation.objects.filter(pk=issued.invitation.pk).update(name=name)
    issued.invitation.refresh_from_db()
    return issued


def system(of: Member, *scopes: str) -> Reader:
    """A reader that is a token of the organisation."""
    return Reader(of, None, token(of, *scopes).token)


def group(owner: Member, *members: Member, **fields: Any) -> SharingGroup:
    """A sharing group with these members."""
    made = SharingGroup.objects.create(owner=owner, name=f"Group {next(_numbers)}", **fields)
    Membership.objects.bulk_create(Membership(group=made, member=one) for one in members)
    return made


def audience(*named: Member | SharingGroup | User) -> list[dict[str, str]]:
    """An audience as the API writes it."""
    written = []
    for one in named:
        if isinstance(one, Member):
            written.append({"member": one.slug})
        elif isinstance(one, SharingGroup):
            written.append({"group": str(one.pk)})
        else:
            written.append({"user": str(one.pk)})
    return written


def incident(
    owner: Member | None = None,
    *,
    by: Reader | None = None,
    publish: bool = True,
    tlp: str = "green",
    shared_with: Sequence[Member | SharingGroup | User] = (),
    observations: Sequence[Mapping[str, Any]] = (),
    **fields: Any,
) -> Incident:
    """A published incident, filed by a lead of its owner unless `by` says otherwise."""
    by = by or person(owner or member())
    document = {"title": "A cloned voice", "tlp": tlp, "audiences": audience(*shared_with)}
    return create_incident(
        fields=document | fields, by=by, publish=publish, observations=observations
    )


def draft(owner: Member | None = None, **fields: Any) -> Incident:
    """An incident that is not published yet."""
    return incident(owner, publish=False, **fields)


def publish(draft: Incident, by: Reader) -> Incident:
    """The draft, published."""
    return publish_incident(incident_id=draft.pk, by=by)


def observation(of: Incident, by: Reader, **fields: Any) -> Observation:
    """An observation of the incident."""
    return add_observation(incident_id=of.pk, fields={"platform": "Telegram"} | fields, by=by)


def link(
    one: Incident, other: Incident, by: Reader, *, kind: str = "related", **words: Any
) -> CrossReference:
    """A link from one to the other: accepted if both are the reader's own, else proposed."""
    return propose_link(from_ref=one.ref, to_ref=other.ref, link_type=kind, by=by, **words)


def suggestions() -> int:
    """Have the hub look for links, as it does after each event; how many it suggests."""
    waiting = Chore.objects.filter(consumer=SUGGEST).order_by("pk")
    return sum(suggest_links(pk) for pk in list(waiting.values_list("event_id", flat=True)))
