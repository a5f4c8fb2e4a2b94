"""Who calls, as far as the kit must know it."""

from __future__ import annotations

from typing import Protocol


class Caller(Protocol):
    """What an authentication class leaves on `request.caller`."""

    @property
    def key(self) -> str:
        """Names the credential: `token:…` or `user:…`. Limits and Idempotency-Keys are per key."""
        ...

    @property
    def organisation(self) -> str:
        """Id of the organisation for which the caller acts."""
        ...

    @property
    def scopes(self) -> frozenset[str] | None:
        """What a token may do; None for a person, whom scopes do not limit."""
        ...
