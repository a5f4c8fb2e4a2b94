"""Signatures of webhooks as the Standard Webhooks specification 1.0 makes them (scheme v1)."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from typing import Final

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - says which kind of secret follows
SECRET_BYTES: Final = 32
SECRET_BYTES_ALLOWED: Final = range(24, 65)
"""24 to 64 bytes: specification, section "Signature scheme"."""


def new_secret() -> bytes:
    """A fresh random secret."""
    return secrets.token_bytes(SECRET_BYTES)


def encode_secret(secret: bytes) -> str:
    """Write a secret as its owner is shown it: `whsec_` and base64."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def decode_secret(text: str) -> bytes:
    """Read a secret; the prefix may be missing, as in the reference libraries.

    Raises ValueError, which does not repeat the text, for anything else.
    """
    try:
        secret = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) not in SECRET_BYTES_ALLOWED:
        raise ValueError(f"A secret is {SECRET_PREFIX!r} and the base64 of 24 to 64 bytes")
    return secret


def sign(secret: bytes, *, message_id: str, timestamp: int, body: bytes) -> str:
    """One signature, `v1,` and base64, over `id.timestamp.body`; timestamp in seconds since 1970.

    While a secret is rotated the header carries one for each secret, with a space between them.
    """
    content = b"%b.%d.%b" % (message_id.encode(), timestamp, body)
    digest = hmac.digest(secret, content, "sha256")
    return "v1," + binascii.b2a_base64(digest, newline=False).decode()
