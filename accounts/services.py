"""Changes to organisations, their people and their tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from ipaddress import ip_network
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import models, transaction

from accounts.models import (
    COMMUNITY_KINDS,
    ApiToken,
    Member,
    MemberKind,
    MemberRole,
    MemberStatus,
    TokenScope,
    User,
)
from accounts.roles import Role
from accounts.tokens import digest, new_token_text, parse_token
from hub.audit.services import THE_HUB, Actor, record
from hub.kit import clock
from hub.kit.errors import Conflict, FieldError, InvalidInput
from hub.outbox.services import record_event

LONGEST_TOKEN_LIFE = timedelta(days=365)


@dataclass(frozen=True)
class IssuedToken:
    """A token with its text, which is known only now."""

    token: ApiToken
    text: str


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
    _check_choices("kind", [kind], MemberKind)
    _check_choices("role", roles, MemberRole)
    if Member.objects.filter(slug=slug).exists():
        raise Conflict(f"There is a member {slug!r} already: choose another slug.")
    member = Member(
        slug=slug,
        name=name,
        kind=kind,
        in_community=kind in COMMUNITY_KINDS if in_community is None else in_community,
        roles=list(roles),
        jurisdictions=list(jurisdictions),
        domains=list(domains),
        signed_on=signed_on,
    )
    _clean(member)
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
def change_member_status(*, member_id: UUID, status: str, by: Actor = THE_HUB) -> Member:
    """Suspend, end or resume a membership; reading and acting follow at once.

    Whoever leaves or is suspended is announced once to those who are active at this moment; coming
    back is announced as joining.
    """
    _check_choices("status", [status], MemberStatus)
    member = Member.objects.select_for_update(no_key=True).get(pk=member_id)
    was_active = member.is_active
    if member.status == status:
        return member
    member.status = status
    member.save(update_fields=["status"])
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
    _check_choices("role", [role], Role)
    if User.objects.filter(email__iexact=email).exists():
        raise Conflict(f"There is an account for {email} already.")
    user = User(email=User.objects.normalize_email(email), member_id=member_id, role=role)
    user.name = name
    if password is None:
        user.set_unusable_password()
    else:
        _check_password(password, user)
        user.set_password(password)
    _clean(user)
    user.save(force_insert=True)
    record("user.create", by=by, objects=[str(user.pk)], detail={"role": role})
    return user


@transaction.atomic
def issue_token(
    *,
    member_id: UUID,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime | None = None,
    addresses: Sequence[str] = (),
    by: Actor = THE_HUB,
) -> IssuedToken:
    """Make a token for an organisation; its text is returned this once and never stored.

    `addresses` are the IP networks it may be used from, all when empty. Lives at most 365 days.
    """
    _check_choices("scope", scopes, TokenScope)
    if not scopes:
        raise InvalidInput(
            "Name at least one scope: " + ", ".join(TokenScope.values) + ".", pointer="/scope"
        )
    latest = clock.now() + LONGEST_TOKEN_LIFE
    if expires_at is not None and not clock.now() < expires_at <= latest:
        raise InvalidInput("A token lives at most 365 days from now.", pointer="/expires_at")
    text = new_token_text()
    parts = parse_token(text)
    assert parts is not None  # noqa: S101 - we have just made it
    token = ApiToken(
        id=parts.id,
        member_id=member_id,
        name=name,
        digest=digest(parts.secret),
        scopes=list(dict.fromkeys(scopes)),
        addresses=[_network(address) for address in addresses],
        expires_at=expires_at or latest,
        created_by_id=by.user_id,
    )
    _clean(token)
    token.save(force_insert=True)
    record("token.create", by=by, objects=[token.id], detail={"scopes": token.scopes})
    return IssuedToken(token, text)


@transaction.atomic
def revoke_token(*, token_id: str, by: Actor = THE_HUB) -> ApiToken:
    """End a token now; asked on every request, so the next one is refused."""
    token = ApiToken.objects.select_for_update(no_key=True).get(pk=token_id)
    if token.revoked_at is None:
        token.revoked_at = clock.now()
        token.save(update_fields=["revoked_at"])
        record("token.revoke", by=by, objects=[token.id])
    return token


def _check_choices(name: str, given: Sequence[str], allowed: type) -> None:
    values = [str(choice.value) for choice in allowed]  # type: ignore[attr-defined] # an Enum
    errors = [
        FieldError(f"/{name}", "unknown_value", f"{value!r} is none of {', '.join(values)}.")
        for value in given
        if value not in values
    ]
    if errors:
        raise InvalidInput(errors[0].detail, errors=errors)


def _clean(row: models.Model) -> None:
    """Ask the model's own validators; uniqueness is left to the database and the caller."""
    try:
        row.clean_fields()
    except ValidationError as error:
        errors = [
            FieldError(f"/{field}", "invalid", " ".join(messages))
            for field, messages in error.message_dict.items()
        ]
        raise InvalidInput(f"{errors[0].pointer[1:]}: {errors[0].detail}", errors=errors) from error


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages), pointer="/password") from error


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError as error:
        raise InvalidInput(
            f"{text!r} is no IP address or network such as 192.0.2.0/24.", pointer="/addresses"
        ) from error
