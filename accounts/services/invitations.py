"""Invitations: an address is offered an account, and whoever reads its mail takes it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from accounts.models import Invitation, Member, User
from accounts.readers import Reader
from accounts.roles import Right, Role
from accounts.services.checks import check_choices, check_fields
from accounts.services.people import create_user, require_rank_over
from hub.audit.services import Actor, record
from hub.kit import clock
from hub.kit.crypto import pepper
from hub.kit.errors import Absent, Conflict
from hub.kit.text import read_name

LIFE: Final = timedelta(days=7)
SECRET_BYTES: Final = 32


@dataclass(frozen=True)
class IssuedInvitation:
    """An invitation with the text of its link, which is known only now."""

    invitation: Invitation
    text: str


@transaction.atomic
def invite(*, email: str, role: str, name: str = "", by: Reader) -> IssuedInvitation:
    """Offer an address an account in the reader's organisation, for a week.

    An invitation that waits already is made anew, and its old link ends. Whether the address has
    an account elsewhere is not said: its holder learns it when they follow the link.

    Raises:
        NotAllowed: the reader is no administrator, or ranks below the role.
        Conflict: the address belongs to somebody of the organisation.
        InvalidInput: it is no address, there is no such role, or the name is none.
    """
    check_choices("role", [role], Role)
    require_rank_over(by, role=role)
    member = Member.objects.select_for_update(no_key=True).get(pk=by.member.pk)
    return _offer(member, email, role, name, by.actor)


@transaction.atomic
def invite_administrator(
    *, member_id: UUID, email: str, name: str = "", by: Actor
) -> IssuedInvitation:
    """Offer an address the account of an organisation's first administrator.

    For the hub's operator, as long as the organisation has nobody who could invite: from then on
    its own administrators say who reads what others share with it.

    Raises:
        Conflict: it has an administrator, is not active, or the address belongs to it already.
        InvalidInput: it is no address.
    """
    member = Member.objects.select_for_update(no_key=True).get(pk=member_id)
    if not member.is_active:
        raise Conflict("The organisation is not active: nobody could sign in.")
    if has_administrator(member):
        raise Conflict("The organisation has an administrator already, who invites the others.")
    return _offer(member, email, Role.ADMIN, name, by)


@transaction.atomic
def invite_again(*, invitation_id: UUID, by: Reader) -> IssuedInvitation:
    """Make an invitation anew that waits for its answer. Raises Absent, and as `invite` does."""
    by.require(Right.ADMINISTER)
    waiting = Invitation.objects.visible_to(by.member).filter(pk=invitation_id).first()
    if waiting is None:
        raise Absent
    return invite(email=waiting.email, role=waiting.role, name=waiting.name, by=by)


@transaction.atomic
def withdraw_invitation(*, invitation_id: UUID, by: Reader) -> None:
    """End an invitation that waits. Raises Absent, NotAllowed."""
    by.require(Right.ADMINISTER)
    rows = Invitation.objects.visible_to(by.member).select_for_update(no_key=True)
    invitation = rows.filter(pk=invitation_id).first()
    if invitation is None:
        raise Absent
    require_rank_over(by, role=invitation.role)
    _withdraw(invitation, by.actor)


@transaction.atomic
def revoke_invitation(*, invitation_id: UUID, by: Actor) -> None:
    """As `withdraw_invitation`, for the hub's operator, in whatever organisation.

    Raises Conflict when it has been accepted or withdrawn.
    """
    invitation = Invitation.objects.select_for_update(no_key=True).get(pk=invitation_id)
    if invitation.accepted_at or invitation.withdrawn_at:
        raise Conflict("The invitation has been accepted or withdrawn already.")
    _withdraw(invitation, by)


@transaction.atomic
def accept_invitation(*, text: str, password: str, name: str = "") -> User:
    """Make the account that was offered, for whoever has the link, which ends with it.

    Raises:
        Absent: the link was never made, or has ended.
        Conflict: the address has an account by now; its holder may know.
        InvalidInput: the password is too weak.
    """
    locked = Invitation.objects.select_for_update(no_key=True, of=("self",))
    invitation = _found(locked.select_related("member").filter(digest=_digest(text)).first())
    user = create_user(
        email=invitation.email,
        member_id=invitation.member_id,
        role=invitation.role,
        password=password,
        name=name or invitation.name,
        by=Actor(member_id=invitation.member_id),
    )
    invitation.accepted_at = clock.now()
    invitation.save(update_fields=["accepted_at"])
    by = Actor(member_id=user.member_id, user_id=user.pk)
    record("invitation.accept", by=by, objects=[str(invitation.pk), str(user.pk)])
    return user


def has_administrator(member: Member) -> bool:
    """Whether somebody of an active organisation can invite the others."""
    return User.objects.visible_to(member).filter(role=Role.ADMIN, is_active=True).exists()


def open_invitation(text: str) -> Invitation:
    """The invitation behind a link. Raises Absent for one that was never made, or has ended."""
    rows = Invitation.objects.select_related("member").filter(digest=_digest(text))
    return _found(rows.first())


def _offer(member: Member, email: str, role: str, name: str, actor: Actor) -> IssuedInvitation:
    email = User.objects.normalize_email(email)
    if User.objects.visible_to(member).filter(email__iexact=email).exists():
        whose = f"{_whose(member, actor)} organisation"
        raise Conflict(f"{email} has an account in {whose} already.", pointer="/email")
    text = secrets.token_urlsafe(SECRET_BYTES)
    waiting = Invitation.objects.visible_to(member).filter(email__iexact=email).first()
    invitation = waiting or Invitation(member=member, email=email)
    invitation.role = role
    invitation.name = read_name(name, may_be_blank=True, pointer="/name")
    invitation.digest = _digest(text)
    invitation.created_by_id = actor.user_id
    invitation.expires_at = clock.now() + LIFE
    check_fields(invitation)
    invitation.save()
    detail = {"role": str(role), "again": waiting is not None}
    record("invitation.create", by=actor, objects=[str(invitation.pk)], detail=detail)
    return IssuedInvitation(invitation, text)


def _whose(member: Member, actor: Actor) -> str:
    return "your" if actor.member_id == member.pk else "this"


def _withdraw(invitation: Invitation, actor: Actor) -> None:
    invitation.withdrawn_at = clock.now()
    invitation.save(update_fields=["withdrawn_at"])
    record("invitation.withdraw", by=actor, objects=[str(invitation.pk)])


def _found(invitation: Invitation | None) -> Invitation:
    if invitation is None or not invitation.is_open:
        raise Absent
    return invitation


def _digest(text: str) -> bytes:
    return hmac.digest(pepper("invitation"), text.encode(), hashlib.sha256)
