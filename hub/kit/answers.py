"""What comes of posting a webhook: the far end's answer, or why there is none.

Apart from the client, whose libraries take long to load, for those who only speak of answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ErrorClass(StrEnum):
    """Why there is no whole answer."""

    REFUSED_URL = "refused_url"  # the rules of `hub.kit.webhook_urls` do not allow it
    REFUSED_ADDRESS = "refused_address"  # the name resolves to an address that is not public
    DNS = "dns"  # the name does not resolve, or not in time
    CONNECT = "connect"  # nobody answers at the address
    TLS = "tls"  # no encrypted connection, or not with the right certificate
    TIMEOUT = "timeout"  # connecting, or all together, took too long
    DISCONNECTED = "disconnected"  # hung up before it answered
    TOO_LARGE = "too_large"  # the head alone is above the limit
    PROTOCOL = "protocol"  # what came back is not a whole HTTP/1.1 answer


@dataclass(frozen=True)
class Answer:
    """What came of one post."""

    status: int | None
    """None if no head of an answer came; redirects are told here, never followed."""
    body: bytes
    """The first 4 KiB, as they came: not decompressed, not decoded, not to be trusted."""
    duration_ms: int
    address: str | None
    """The address connected to, or tried; None if none might be, and of a refused name."""
    error: ErrorClass | None
    """None if the answer is whole, or above the limit: the far end has said what it thinks."""
    retry_after_seconds: int | None

    @property
    def succeeded(self) -> bool:
        """True if the far end took it: a whole answer with a status of 2xx."""
        return self.error is None and self.status is not None and 200 <= self.status <= 299
