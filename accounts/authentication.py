"""How a request says who asks: a bearer token, or the session of a person who signed in."""

from __future__ import annotations

import functools
import hmac
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import cast

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import Q, prefetch_related_objects
from rest_framework.authentication import BaseAuthentication
from rest_framework.authentication import SessionAuthentication as RestSessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request

from accounts.models import ApiToken, Member, User
from accounts.readers import Reader
from accounts.sessions import has_just_proven, note_use
from accounts.tokens import digest, parse_token
from hub.api.client_addresses import client_address
from hub.api.requests import HubRequest
from hub.kit import clock

_TOKEN_COLUMNS = [field.attname for field in ApiToken._meta.concrete_fields]  # noqa: SLF001 - Django's documented API
_MEMBER_COLUMNS = [field.attname for field in Member._meta.concrete_fields]  # noqa: SLF001 - Django's documented API
USE_IS_NOTED_EVERY = timedelta(minutes=1)
REFUSED = "The token is not valid: it may be mistyped, expired or revoked."


@dataclass(frozen=True)
class ReaderCaller:
    """What the API kit must know of a reader; see `hub.api.callers.Caller`."""

    reader: Reader

    @property
    def key(self) -> str:
        token, user = self.reader.token, self.reader.user
        return f"token:{token.pk}" if token else f"user:{user.pk if user else ''}"

    @property
    def organisation(self) -> str:
        return str(self.reader.member.pk)

    @property
    def scopes(self) -> frozenset[str] | None:
        return frozenset(self.reader.token.scopes) if self.reader.token else None


def reader_of(request: HubRequest) -> Reader:
    """Who asks; only for requests that passed authentication."""
    if not isinstance(request.caller, ReaderCaller):
        raise NotAuthenticated
    return request.caller.reader


def _let_in(request: Request, reader: Reader) -> None:
    # What the organisation may read depends on them: once for the request, however often it asks.
    prefetch_related_objects([reader.member], "memberships")
    cast("HubRequest", request).caller = ReaderCaller(reader)


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer dfh_…`: a token, its organisation, and whether both may still act."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiToken] | None:
        scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if not scheme:
            return None
        if scheme.lower() != "bearer":
            raise AuthenticationFailed("Send the header Authorization: Bearer dfh_…")
        token = live_token(text.strip(), address=client_address(request))
        if token is None:
            raise AuthenticationFailed(REFUSED)
        _let_in(request, Reader(token.member, None, token))
        return AnonymousUser(), token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="hub"'


class SessionAuthentication(RestSessionAuthentication):
    """A person who signed in to the pages; writing asks for the CSRF token."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        found = super().authenticate(request)
        if found is None:
            return None
        user = found[0]
        if not isinstance(user, User) or user.member is None or not user.member.is_active:
            raise AuthenticationFailed("Your organisation is not active.")
        page_request = request._request  # noqa: SLF001 - the only way to the session
        note_use(page_request)
        proven = has_just_proven(page_request)
        _let_in(request, Reader(user.member, user, reauthenticated=proven))
        return user, None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="hub"'


def live_token(text: str, *, address: str) -> ApiToken | None:
    """The token if it may be used now from this address; asks for all of it on every request."""
    parts = parse_token(text)
    if parts is None:
        return None
    token = _find(parts.id)
    if token is None or not hmac.compare_digest(bytes(token.digest), digest(parts.secret)):
        return None
    is_live = token.revoked_at is None and token.expires_at > clock.now() and token.member.is_active
    if not is_live or not _may_come_from(address, token.addresses):
        return None
    _note_use(token)
    return token


@functools.cache
def _statement() -> str:
    """Reads a token with its organisation: all columns of the one, then of the other.

    Every request asks it, and Django takes longer to write it than PostgreSQL to answer.
    """
    rows = ApiToken.objects.select_related("member").filter(pk="").order_by()
    return rows.query.sql_with_params()[0]


def _find(token_id: str) -> ApiToken | None:
    with connection.cursor() as cursor:
        cursor.execute(_statement(), [token_id])
        row = cursor.fetchone()
    if row is None:
        return None
    token = ApiToken.from_db(connection.alias, _TOKEN_COLUMNS, row[: len(_TOKEN_COLUMNS)])
    token.member = Member.from_db(connection.alias, _MEMBER_COLUMNS, row[len(_TOKEN_COLUMNS) :])
    return token


def _may_come_from(address: str, networks: list[str]) -> bool:
    if not networks:
        return True
    try:
        source = ip_address(address)
    except ValueError:
        return False
    return any(source in ip_network(network) for network in networks)


def _note_use(token: ApiToken) -> None:
    """Keep the time of the last use, to the minute, so that reading stays reading."""
    now = clock.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_IS_NOTED_EVERY)
    if token.last_used_at is None or token.last_used_at < now - USE_IS_NOTED_EVERY:
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
