"""What the hub encrypts comes back in its own place, under any key of the ring."""

from __future__ import annotations

import base64
import hashlib

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from hub.kit import crypto
from hub.kit.crypto import CannotDecrypt

OLD = base64.b64encode(b"o" * 32).decode()
NEW = base64.b64encode(b"n" * 32).decode()


@given(plaintext=st.binary(max_size=300), context=st.text(max_size=30))
def test_what_was_encrypted_comes_back(plaintext: bytes, context: str) -> None:
    data = crypto.encrypt(plaintext, context=context)

    assert crypto.decrypt(data, context=context) == plaintext


def test_the_layout_is_version_key_nonce_ciphertext(settings: Settings) -> None:
    settings.HUB_ENCRYPTION_KEYS = [NEW, OLD]

    data = crypto.encrypt(b"secret", context="a:b:1")

    assert data[:1] == b"\x01"
    assert data[1:5] == hashlib.sha256(b"n" * 32).digest()[:4]
    assert len(data) == 1 + 4 + 12 + len(b"secret") + 16


def test_the_same_text_never_looks_the_same() -> None:
    assert crypto.encrypt(b"x", context="c") != crypto.encrypt(b"x", context="c")


def test_an_old_key_still_decrypts_and_a_new_one_encrypts(settings: Settings) -> None:
    settings.HUB_ENCRYPTION_KEYS = [OLD]
    before = crypto.encrypt(b"before", context="c")

    settings.HUB_ENCRYPTION_KEYS = [NEW, OLD]
    after = crypto.encrypt(b"after", context="c")

    assert crypto.decrypt(before, context="c") == b"before"
    settings.HUB_ENCRYPTION_KEYS = [NEW]
    assert crypto.decrypt(after, context="c") == b"after"


def test_a_key_that_is_gone_is_named(settings: Settings) -> None:
    settings.HUB_ENCRYPTION_KEYS = [OLD]
    data = crypto.encrypt(b"x", context="endpoint:secret:1")
    settings.HUB_ENCRYPTION_KEYS = [NEW]

    with pytest.raises(CannotDecrypt) as caught:
        crypto.decrypt(data, context="endpoint:secret:1")

    key_id = hashlib.sha256(b"o" * 32).hexdigest()[:8]
    assert str(caught.value) == (
        f"endpoint:secret:1: encrypted with key {key_id}, which HUB_ENCRYPTION_KEYS lacks"
    )


def test_data_moved_to_another_row_does_not_decrypt() -> None:
    data = crypto.encrypt(b"x", context="endpoint:secret:1")

    with pytest.raises(CannotDecrypt, match="was changed, or moved from another row"):
        crypto.decrypt(data, context="endpoint:secret:2")


@pytest.mark.parametrize("position", [5, 16, 17, -1])
def test_changed_data_does_not_decrypt(position: int) -> None:
    data = bytearray(crypto.encrypt(b"some text", context="c"))
    data[position] ^= 1

    with pytest.raises(CannotDecrypt, match="was changed"):
        crypto.decrypt(bytes(data), context="c")


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x01" * 16, b"\x02" + bytes(40), bytes(40)])
def test_data_that_is_not_ours_does_not_decrypt(data: bytes) -> None:
    with pytest.raises(CannotDecrypt, match="was not encrypted by the hub"):
        crypto.decrypt(data, context="c")


@given(text=st.text(max_size=100), context=st.text(max_size=30))
def test_what_was_sealed_comes_back(text: str, context: str) -> None:
    token = crypto.seal(text, context=context)

    assert crypto.unseal(token, context=context) == text
    assert crypto.seal(text, context=context) == token


def test_a_token_tells_nothing_by_its_length() -> None:
    lengths = {len(crypto.seal(str(10**digits), context="c")) for digits in range(19)}

    assert lengths == {64}


def test_a_token_is_safe_in_a_url() -> None:
    tokens = "".join(crypto.seal(str(number), context="c") for number in range(50))

    assert tokens.replace("-", "").replace("_", "").isalnum()
    assert tokens.isascii()


def test_tokens_live_through_a_change_of_keys(settings: Settings) -> None:
    settings.HUB_ENCRYPTION_KEYS = [OLD]
    token = crypto.seal("42", context="c")

    settings.HUB_ENCRYPTION_KEYS = [NEW, OLD]

    assert crypto.unseal(token, context="c") == "42"
    assert crypto.seal("42", context="c") != token


def test_a_token_for_another_use_is_refused() -> None:
    token = crypto.seal("42", context="feed:acme")

    with pytest.raises(ValueError, match="not made by this hub for this use"):
        crypto.unseal(token, context="feed:other")


@pytest.mark.parametrize(
    "token",
    ["", "A", "AAAA", "AA", "AB", "####", "AAA=", "é", "A" * 64, "+/+/", "AAAA\n", "=" * 4, "\0"],
)
def test_a_token_that_is_not_ours_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="The token"):
        crypto.unseal(token, context="c")


def test_a_token_spelt_in_another_way_is_refused(settings: Settings) -> None:
    settings.HUB_ENCRYPTION_KEYS = [OLD]
    token = crypto.seal("x" * 32, context="c")  # 80 bytes: the last letter has unused bits
    assert token[-1] in "AEIMQUYcgkosw048"
    twin = token[:-1] + chr(ord(token[-1]) + 1)

    with pytest.raises(ValueError, match="base64url as this hub writes it"):
        crypto.unseal(twin, context="c")


@pytest.mark.parametrize(
    "keys", [[""], ["x"], [base64.b64encode(b"x" * 31).decode()], ["é" * 44], [OLD, "broken"]]
)
def test_a_ring_with_a_bad_key_is_refused_without_showing_it(
    settings: Settings, keys: list[str]
) -> None:
    settings.HUB_ENCRYPTION_KEYS = keys

    with pytest.raises(ImproperlyConfigured) as caught:
        crypto.encrypt(b"", context="c")

    assert str(caught.value) == "HUB_ENCRYPTION_KEYS: each key is the base64 of 32 random bytes"


def test_a_ring_without_keys_is_refused(settings: Settings) -> None:
    settings.HUB_ENCRYPTION_KEYS = []

    with pytest.raises(ImproperlyConfigured, match="at least one key is needed"):
        crypto.seal("x", context="c")


def test_a_pepper_belongs_to_one_purpose_and_one_secret(settings: Settings) -> None:
    settings.SECRET_KEY = "one"
    tokens, other = crypto.pepper("tokens"), crypto.pepper("other")

    settings.SECRET_KEY = "two"

    assert len(tokens) == 32
    assert len({tokens, other, crypto.pepper("tokens")}) == 3
    settings.SECRET_KEY = "one"
    assert crypto.pepper("tokens") == tokens
