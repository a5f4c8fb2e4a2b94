"""Encryption of what must be readable again, under a ring of keys from the environment."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from functools import lru_cache
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

KEY_BYTES: Final = 32

_VERSION: Final = b"\x01"
_KEY_ID_BYTES: Final = 4
_NONCE_BYTES: Final = 12  # what GCM is made for: NIST SP 800-38D, section 5.2.1.1
_HEAD_BYTES: Final = len(_VERSION) + _KEY_ID_BYTES + _NONCE_BYTES
_PAD_BYTES: Final = 32


class CannotDecrypt(ValueError):
    """What was encrypted is damaged, belongs elsewhere, or was made with a key that is missing."""


class _Key(NamedTuple):
    """One key of the ring, and what is derived from it for each purpose."""

    id: bytes
    box: AESGCM
    seal: AESSIV


def _derive(secret: bytes, *, purpose: str, length: int) -> bytes:
    return HKDF(SHA256(), length=length, salt=None, info=purpose.encode()).derive(secret)


@lru_cache(maxsize=8)
def _ring(keys: tuple[str, ...]) -> tuple[_Key, ...]:
    ring = []
    for text in keys:
        try:
            key = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != KEY_BYTES:
            raise ImproperlyConfigured(
                f"HUB_ENCRYPTION_KEYS: each key is the base64 of {KEY_BYTES} random bytes"
            )
        ring.append(
            _Key(
                id=hashlib.sha256(key).digest()[:_KEY_ID_BYTES],
                box=AESGCM(_derive(key, purpose="deepfake-hub encrypt v1", length=32)),
                seal=AESSIV(_derive(key, purpose="deepfake-hub seal v1", length=64)),
            )
        )
    if not ring:
        raise ImproperlyConfigured("HUB_ENCRYPTION_KEYS: at least one key is needed")
    return tuple(ring)


def _keys() -> tuple[_Key, ...]:
    return _ring(tuple(settings.HUB_ENCRYPTION_KEYS))


def encrypt(plaintext: bytes, *, context: str) -> bytes:
    """AES-256-GCM under the first key of the ring, differing each time.

    `context` is `table:column:row`; the result decrypts with the same one only, so it cannot be
    moved to another row. Layout: version (1 byte), key id (4), nonce (12), ciphertext and tag.
    A key serves at most 2**32 encryptions (NIST SP 800-38D, section 8.3): put a new one in front
    long before.
    """
    key = _keys()[0]
    nonce = os.urandom(_NONCE_BYTES)
    return _VERSION + key.id + nonce + key.box.encrypt(nonce, plaintext, context.encode())


def decrypt(data: bytes, *, context: str) -> bytes:
    """Undo `encrypt` with whichever key of the ring it was done.

    Raises CannotDecrypt, in words, for anything else.
    """
    if len(data) < _HEAD_BYTES or not data.startswith(_VERSION):
        raise CannotDecrypt(f"{context}: this was not encrypted by the hub")
    key_id, nonce = data[1:5], data[5:_HEAD_BYTES]
    candidates = [key for key in _keys() if key.id == key_id]
    if not candidates:
        raise CannotDecrypt(
            f"{context}: encrypted with key {key_id.hex()}, which HUB_ENCRYPTION_KEYS lacks"
        )
    for key in candidates:
        try:
            return key.box.decrypt(nonce, data[_HEAD_BYTES:], context.encode())
        except InvalidTag:
            continue
    raise CannotDecrypt(f"{context}: the encrypted data was changed, or moved from another row")


def seal(text: str, *, context: str) -> str:
    """AES-SIV under the first key of the ring, as base64url: the same text, the same token.

    For what a caller carries for us, such as cursors. Texts are padded to full blocks of 32
    bytes, so that the length of a token does not tell how large a number stands in it.
    """
    data = text.encode() + b"\x80"  # ISO/IEC 7816-4 padding
    data += bytes(-len(data) % _PAD_BYTES)
    token = _keys()[0].seal.encrypt(data, [context.encode()])
    return base64.urlsafe_b64encode(token).rstrip(b"=").decode()


def unseal(token: str, *, context: str) -> str:
    """Read a token of `seal`; any key of the ring may have made it.

    Raises ValueError for anything that the hub did not make for this context.
    """
    data = _decode_token(token)
    for key in _keys():
        try:
            padded = key.seal.decrypt(data, [context.encode()])
        except InvalidTag:
            continue
        return padded.rstrip(b"\0")[:-1].decode()
    raise ValueError("The token was not made by this hub for this use")


def _decode_token(token: str) -> bytes:
    try:
        data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        data = b""
    # Base64 has several spellings of the same bytes (unused bits); only ours is accepted.
    if not data or base64.urlsafe_b64encode(data).rstrip(b"=").decode() != token:
        raise ValueError("The token is not base64url as this hub writes it")
    return data


@lru_cache(maxsize=64)
def _pepper(secret: str, purpose: str) -> bytes:
    return _derive(secret.encode(), purpose=f"deepfake-hub pepper {purpose}", length=32)


def pepper(purpose: str) -> bytes:
    """32 secret bytes for keyed hashes of one purpose, derived from `SECRET_KEY`."""
    return _pepper(settings.SECRET_KEY, purpose)
