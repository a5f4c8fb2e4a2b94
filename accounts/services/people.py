"""Changes to people's accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django.conf import settings
from django.db import transaction

from accounts.models import Member, Session, User
from accounts.readers import Reader
from accounts.roles import Right, Role, may_act_on, rank_of
from accounts.services.checks import check_choices, check_fields, check_password
from hub.audit.services import THE_HUB, Actor, record
from hub.kit.errors import Absent, Conflict, InvalidInput, NotAllowed
from hub.kit.text import read_name


@transaction.atomic
def create_user(
    *,
    email: str,
    member_id: UUID,
    role: str,
    password: str | None = None,
    name: str = "",
    by: Actor = THE_HUB,
) -> User:
    """Add a person to an organisation; without a password they cannot sign in yet."""
    check_choices("role", [role], Role)
    if User.objects.named(email).exists():
        raise Conflict(f"There is an account for {email} already.")
    user = User(email=User.objects.normalize_email(email), member_id=member_id, role=role)
    user.name = read_name(name, may_be_blank=True, pointer="/name")
    if password is None:
        user.set_unusable_password()
    else:
        check_password(password, user)
        user.set_password(password)
    check_fields(user)
    user.save(force_insert=True)
    record("user.create", by=by, objects=[str(user.pk)], detail={"role": role})
    return user


@transaction.atomic
def create_operator(*, email: str, password: str | None = None, name: str = "") -> User:
    """Make an account that operates the hub and belongs to no organisation.

    Only at the hub's own command line; without a password one is chosen by the link in a mail.
    """
    if User.objects.named(email).exists():
        raise Conflict(f"There is an account for {email} already.")
    user = User(email=User.objects.normalize_email(email), is_staff=True)
    user.name = read_name(name, may_be_blank=True, pointer="/name")
    if password is None:
        user.set_unusable_password()
    else:
        check_password(password, user)
        user.set_password(password)
    check_fields(user)
    user.save(force_insert=True)
    record("operator.create", by=THE_HUB, objects=[str(user.pk)])
    return user


@transaction.atomic
def change_role(*, user_id: UUID, role: str, by: Reader) -> User:
    """Give a person of the reader's organisation another role; it counts from the next request.

    Raises:
        Absent: there is no such person in the organisation.
        NotAllowed: the reader is no administrator, or the person or the new role ranks higher.
        Conflict: it is the reader's own account.
        InvalidInput: there is no such role.
    """
    user = _another(user_id, by)
    check_choices("role", [role], Role)
    require_rank_over(by, role=role)
    return _give_role(user, role, by.actor)


@transaction.atomic
def assign_role(*, user_id: UUID, role: str, by: Actor) -> User:
    """As `change_role`, for the hub's operator, to whom it is open in every organisation.

    Raises Absent for those who belong to none; Conflict, InvalidInput.
    """
    user = _anybody(user_id, by)
    if user.member_id is None:
        raise Absent
    check_choices("role", [role], Role)
    return _give_role(user, role, by)


@transaction.atomic
def end_access(*, user_id: UUID, by: Reader) -> User:
    """Close a person's account: they are signed out everywhere and cannot sign in again.

    What they wrote stays. Raises as `change_role` does.
    """
    return _close(_another(user_id, by), by.actor)


@transaction.atomic
def close_account(*, user_id: UUID, by: Actor) -> User:
    """As `end_access`, for the hub's operator, and of operators too. Raises Absent, Conflict."""
    return _close(_anybody(user_id, by), by)


@transaction.atomic
def restore_access(*, user_id: UUID, by: Reader) -> User:
    """Open a closed account again, with the role and the password it had.

    Raises as `change_role` does.
    """
    return _open(_another(user_id, by), by.actor)


@transaction.atomic
def reopen_account(*, user_id: UUID, by: Actor) -> User:
    """As `restore_access`, for the hub's operator. Raises Absent, Conflict."""
    return _open(_anybody(user_id, by), by)


@transaction.atomic
def change_profile(
    *, user_id: UUID, name: str, locale: str, time_zone: str, display_settings: Mapping[str, Any]
) -> User:
    """Keep how a person is called, and how things are shown to them. Only they themselves do that.

    `display_settings` is added to what is kept already.
    """
    if time_zone not in available_timezones():
        raise InvalidInput(
            f"{time_zone!r} is no time zone such as Europe/Berlin.", pointer="/time_zone"
        )
    if locale not in dict(settings.LANGUAGES):
        raise InvalidInput(f"The hub does not speak {locale!r}.", pointer="/locale")
    user = User.objects.select_for_update(no_key=True, of=("self",)).get(pk=user_id)
    user.name = read_name(name, may_be_blank=True, pointer="/name")
    user.locale, user.time_zone = locale, time_zone
    user.display_settings = {**user.display_settings, **display_settings}
    check_fields(user)
    user.save(update_fields=["name", "locale", "time_zone", "display_settings"])
    by = Actor(member_id=user.member_id, user_id=user.pk)
    record("user.profile", by=by, objects=[str(user.pk)])
    return user


@transaction.atomic
def set_password(
    *, user_id: UUID, password: str, action: str = "password.change", keep_session: str = ""
) -> User:
    """Give a person a new password, which signs them out everywhere else.

    The person was asked for the old one, or came by a link that was sent to their address, which
    `action` tells. `keep_session` is the key of the session they do it in.
    """
    user = User.objects.select_for_update(no_key=True, of=("self",)).get(pk=user_id)
    check_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    Session.objects.filter(user=user).exclude(session_key=keep_session).delete()
    by = Actor(member_id=user.member_id, user_id=user.pk)
    record(action, by=by, objects=[str(user.pk)])
    return user


def require_rank_over(by: Reader, *, user: User | None = None, role: str = "") -> None:
    """Ask `may_act_on` of an account, or of a role that is to be given: every path goes by here.

    Raises NotAllowed.
    """
    by.require(Right.ADMINISTER)
    if by.user is None:
        raise NotAllowed("Accounts are changed by people, not by tokens.")
    if not may_act_on(by.user.rank, user.rank if user else rank_of(role)):
        raise NotAllowed("Nobody changes an account of higher rank than their own.")


def _another(user_id: UUID, by: Reader) -> User:
    """Somebody else of the reader's organisation, locked.

    The organisation's row is locked before, so that of two administrators who take the other's
    role at the same moment only one does: the reader's own account is read again behind it.
    """
    Member.objects.select_for_update(no_key=True).get(pk=by.member.pk)
    if by.user is not None:
        by.user.refresh_from_db(fields=["role", "is_active", "is_staff", "is_superuser"])
    people = User.objects.visible_to(by.member).select_related(None)
    user = people.select_for_update(no_key=True, of=("self",)).filter(pk=user_id).first()
    if user is None:
        raise Absent
    require_rank_over(by, user=user)
    if by.user is not None and user.pk == by.user.pk:
        raise Conflict("This is your own account: ask another administrator.")
    return user


def _anybody(user_id: UUID, by: Actor) -> User:
    """Somebody else, for an operator, locked behind their organisation as `_another` does it."""
    if user_id == by.user_id:
        raise Conflict("This is your own account: ask another operator.")
    member_id = User.objects.filter(pk=user_id).values_list("member_id", flat=True).first()
    if member_id is not None:
        Member.objects.select_for_update(no_key=True).get(pk=member_id)
    rows = User.objects.select_for_update(no_key=True, of=("self",))
    user = rows.filter(pk=user_id).first()
    if user is None:
        raise Absent
    return user


def _give_role(user: User, role: str, actor: Actor) -> User:
    if user.role != role:
        before, user.role = user.role, role
        user.save(update_fields=["role"])
        detail = {"role": role, "before": before}
        record("user.role", by=actor, objects=[str(user.pk)], detail=detail)
    return user


def _close(user: User, actor: Actor) -> User:
    if user.is_active:
        user.is_active = False
        user.save(update_fields=["is_active"])
        Session.objects.filter(user=user).delete()
        record("user.end", by=actor, objects=[str(user.pk)])
    return user


def _open(user: User, actor: Actor) -> User:
    if not user.is_active:
        user.is_active = True
        user.save(update_fields=["is_active"])
        record("user.restore", by=actor, objects=[str(user.pk)])
    return user
