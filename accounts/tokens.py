"""The form of an API token: `dfh_`, its id, and a secret that ends in a checksum."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
import zlib
from typing import NamedTuple

from hub.kit.crypto import pepper

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
ID_LENGTH = 8
SECRET_LENGTH = 30
CHECKSUM_LENGTH = 6
PATTERN = re.compile(r"dfh_([0-9A-Za-z]{8})_([0-9A-Za-z]{30})([0-9A-Za-z]{6})")


class TokenParts(NamedTuple):
    """A well-formed token, taken apart."""

    id: str
    secret: str


def new_token_text() -> str:
    """A fresh token: 178 bits of secret, and a CRC-32 that lets scanners tell it from noise."""
    body = f"dfh_{_random(ID_LENGTH)}_{_random(SECRET_LENGTH)}"
    return body + _checksum(body)


def parse_token(text: str) -> TokenParts | None:
    """Take a token apart; None for what cannot be one, which saves asking the database."""
    match = PATTERN.fullmatch(text)
    if match is None or _checksum(text[:-CHECKSUM_LENGTH]) != match[3]:
        return None
    return TokenParts(match[1], match[2])


def digest(secret: str) -> bytes:
    """What is stored of the secret: HMAC-SHA-256 under a key that the database does not hold."""
    return hmac.digest(pepper("api-token"), secret.encode(), hashlib.sha256)


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _checksum(body: str) -> str:
    number, text = zlib.crc32(body.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        text = ALPHABET[digit] + text
    return text
