"""Making and ending of API tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from uuid import UUID

from django.db import transaction

from accounts.models import ApiToken, TokenScope
from accounts.readers import Reader
from accounts.roles import Right
from accounts.services.checks import check_choices, check_fields
from accounts.tokens import digest, new_token_text, parse_token
from hub.audit.services import THE_HUB, Actor, record
from hub.kit import clock
from hub.kit.errors import Absent, InvalidInput, ReauthenticationRequired
from hub.kit.text import read_name

LONGEST_TOKEN_LIFE = timedelta(days=365)


@dataclass(frozen=True)
class IssuedToken:
    """A token with its text, which is known only now."""

    token: ApiToken
    text: str


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
    check_choices("scope", scopes, TokenScope)
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
        name=read_name(name, pointer="/name"),
        digest=digest(parts.secret),
        scopes=list(dict.fromkeys(scopes)),
        addresses=[_network(address) for address in addresses],
        expires_at=expires_at or latest,
        created_by_id=by.user_id,
    )
    check_fields(token)
    token.save(force_insert=True)
    record("token.create", by=by, objects=[token.id], detail={"scopes": token.scopes})
    return IssuedToken(token, text)


def create_token(
    *, name: str, scopes: Sequence[str], expires_at: datetime | None = None, by: Reader
) -> IssuedToken:
    """Make a token for the reader's organisation, as one of its administrators.

    Raises:
        NotAllowed: the reader is no administrator.
        ReauthenticationRequired: they have not just proven who they are.
        InvalidInput: a value is none of those allowed.
    """
    by.require(Right.ADMINISTER)
    if not by.reauthenticated:
        raise ReauthenticationRequired
    return issue_token(
        member_id=by.member.pk, name=name, scopes=scopes, expires_at=expires_at, by=by.actor
    )


def end_token(*, token_id: str, by: Reader) -> ApiToken:
    """Revoke a token of the reader's organisation, as one of its administrators.

    Raises Absent, NotAllowed.
    """
    by.require(Right.ADMINISTER)
    if not ApiToken.objects.visible_to(by.member).filter(pk=token_id).exists():
        raise Absent
    return revoke_token(token_id=token_id, by=by.actor)


@transaction.atomic
def revoke_token(*, token_id: str, by: Actor = THE_HUB) -> ApiToken:
    """End a token now; asked on every request, so the next one is refused."""
    token = ApiToken.objects.select_for_update(no_key=True).get(pk=token_id)
    if token.revoked_at is None:
        token.revoked_at = clock.now()
        token.save(update_fields=["revoked_at"])
        record("token.revoke", by=by, objects=[token.id])
    return token


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError as error:
        raise InvalidInput(
            f"{text!r} is no IP address or network such as 192.0.2.0/24.", pointer="/addresses"
        ) from error
