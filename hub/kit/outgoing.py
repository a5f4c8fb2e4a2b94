"""The client that posts webhooks to members: guarded, bounded, and never an error to its caller."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from math import inf
from types import TracebackType
from typing import Final, NamedTuple, Self

import aiohttp
from yarl import URL

from hub.kit.addresses import Network
from hub.kit.answers import Answer, ErrorClass
from hub.kit.connections import (
    AddressRefused,
    BoundedHandler,
    GuardedConnector,
    GuardedResolver,
    Resolve,
    Trail,
    resolve_by_system,
    system_trust,
    trail,
)
from hub.kit.errors import InvalidInput
from hub.kit.webhook_urls import parse_webhook_url

USER_AGENT: Final = "deepfake-hub"

MAX_RETRY_AFTER_SECONDS: Final = 7 * 24 * 3600
"""Longer waits are read as this one; callers have shorter limits of their own."""


@dataclass(frozen=True)
class Limits:
    """What an attempt may take."""

    total_seconds: float = 15
    """From the start of the attempt to the last byte of the answer."""
    connect_seconds: float = 5
    """DNS, TCP and TLS together."""
    resolve_seconds: float = 4
    """DNS alone; less than for connecting, so that the error class tells which it was."""
    answer_bytes: int = 16 * 1024
    """Head and body together; more is not read."""
    kept_bytes: int = 4 * 1024


class _Target(NamedTuple):
    url: URL
    address: str | None


@dataclass
class _Attempt(Trail):
    """As much of an answer as has come so far."""

    status: int | None = None
    body: bytes = b""
    retry_after_seconds: int | None = None


# The first that fits, so the narrower before the wider.
_ERROR_CLASSES: Final = (
    (TimeoutError, ErrorClass.TIMEOUT),
    (aiohttp.ClientConnectorDNSError, ErrorClass.DNS),
    (aiohttp.ClientSSLError, ErrorClass.TLS),
    (aiohttp.ClientConnectorError, ErrorClass.CONNECT),
    (aiohttp.ClientConnectionError, ErrorClass.DISCONNECTED),
    (OSError, ErrorClass.DISCONNECTED),
)


class Poster:
    """Posts bytes to URLs that members gave, and tells how it went.

    Use it as an async context manager, one for each event loop: connections are kept alive for
    15 s. `allow` are networks that may be reached besides public addresses, `resolve` answers
    for DNS, `trust` says whose certificates count. At most `connections` posts run at the same
    time; more wait for their turn, which does not count as their time.
    """

    def __init__(
        self,
        *,
        allow: Sequence[Network],
        resolve: Resolve = resolve_by_system,
        trust: ssl.SSLContext | None = None,
        limits: Limits = Limits(),
        connections: int = 200,
    ) -> None:
        self._allow = tuple(allow)
        self._resolve = resolve
        self._trust = trust
        self._limits = limits
        self._connections = connections
        self._first_timeout = self._timeout(limits.total_seconds)
        self._slots = asyncio.Semaphore(connections)
        self._target_of = lru_cache(maxsize=4096)(self._read_url)

    async def __aenter__(self) -> Self:
        limits = self._limits
        connector = GuardedConnector(
            resolver=GuardedResolver(
                self._resolve, allow=self._allow, seconds=limits.resolve_seconds
            ),
            trust=self._trust or system_trust(),
            answer_bytes=limits.answer_bytes,
            idle_connections=self._connections,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=_NoCookies(),
            trust_env=False,
            auto_decompress=False,
            # The connection counts what it reads; these limits shall not be met before.
            max_line_size=limits.answer_bytes,
            max_field_size=limits.answer_bytes,
            max_headers=limits.answer_bytes,
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post once. Whatever the far end does becomes part of the answer, never an exception."""
        async with self._slots:
            loop = asyncio.get_running_loop()
            started = loop.time()
            attempt = _Attempt()
            before = trail.set(attempt)
            try:
                deadline = started + self._limits.total_seconds
                error = await self._try(url, body, headers, attempt, deadline=deadline)
            finally:
                trail.reset(before)
            return Answer(
                status=attempt.status,
                body=attempt.body,
                duration_ms=round((loop.time() - started) * 1000),
                address=attempt.address,
                error=error,
                retry_after_seconds=attempt.retry_after_seconds,
            )

    def _read_url(self, url: str) -> _Target:
        parsed = parse_webhook_url(url, allow=self._allow)
        literal = None if parsed.literal is None else str(parsed.literal)
        return _Target(URL(parsed.normalised, encoded=True), literal)

    def _timeout(self, seconds: float) -> aiohttp.ClientTimeout:
        return aiohttp.ClientTimeout(
            total=max(seconds, 0.001),  # aiohttp reads 0 and below as no limit at all,
            connect=self._limits.connect_seconds,
            ceil_threshold=inf,  # and rounds what is above this up to whole seconds
        )

    async def _try(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        attempt: _Attempt,
        *,
        deadline: float,
    ) -> ErrorClass | None:
        """Post until it meets a connection that lives."""
        try:
            target = self._target_of(url)
        except InvalidInput:
            return ErrorClass.REFUSED_URL
        attempt.address = target.address
        timeout = self._first_timeout
        while True:
            attempt.protocol = None
            try:
                await self._exchange(target.url, body, headers, attempt, timeout)
            except (aiohttp.ClientError, OSError) as error:
                # A request that met a connection just being closed was most likely not read;
                # should it have been, the receiver knows it by its id. Each round uses up one
                # idle connection, and the deadline stays, so this ends.
                if not _met_a_closing_connection(error, attempt.protocol):
                    return _classify(error, attempt)
                timeout = self._timeout(deadline - asyncio.get_running_loop().time())
            else:
                return None

    async def _exchange(
        self,
        url: URL,
        body: bytes,
        headers: Mapping[str, str],
        attempt: _Attempt,
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp applies it
    ) -> None:
        response = await self._session.post(
            url,
            data=body,
            headers=headers,
            allow_redirects=False,
            timeout=timeout,
        )
        try:
            attempt.status = response.status
            attempt.retry_after_seconds = parse_retry_after(response.headers.get("Retry-After"))
            while chunk := await response.content.readany():
                room = self._limits.kept_bytes - len(attempt.body)
                attempt.body += chunk[:room]
        finally:
            if not response.closed:  # it is, once read to its end
                response.close()  # which hangs up, instead of waiting for the rest


class _NoCookies(aiohttp.DummyCookieJar):
    """Neither keeps nor parses cookies."""

    def update_cookies_from_headers(self, headers: Sequence[str], response_url: URL) -> None:
        pass


def _met_a_closing_connection(error: Exception, protocol: BoundedHandler | None) -> bool:
    return protocol is not None and protocol.went_stale and not isinstance(error, TimeoutError)


def _classify(error: aiohttp.ClientError | OSError, attempt: _Attempt) -> ErrorClass | None:
    """Name the kind of an error; None if it was us who cut the answer off, after its status."""
    if attempt.protocol is not None and attempt.protocol.overflowed:
        return ErrorClass.TOO_LARGE if attempt.status is None else None
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(
        error.os_error, AddressRefused
    ):
        return ErrorClass.REFUSED_ADDRESS
    named = (name for kind, name in _ERROR_CLASSES if isinstance(error, kind))
    return next(named, ErrorClass.PROTOCOL)


def parse_retry_after(text: str | None) -> int | None:
    """Seconds to wait as a Retry-After header says; None if it is absent or says nothing.

    RFC 9110, section 10.2.3: seconds, or a date.
    """
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return min(int(text[:12]), MAX_RETRY_AFTER_SECONDS)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max(0, round((until - datetime.now(UTC)).total_seconds())), MAX_RETRY_AFTER_SECONDS)
