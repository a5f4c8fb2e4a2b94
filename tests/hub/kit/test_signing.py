"""Signatures are those of the Standard Webhooks specification, byte for byte."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import standardwebhooks
import svix.webhooks
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from hub.kit import signing

PUBLISHED_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PUBLISHED_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
UNICODE_BODY = (
    '{"type":"incident.created","data":{"title":"Zelenskyj-Video \u2013 «Kapitulation» 🇺🇦"}}'
)
MOMENT = datetime(2026, 11, 22, 20, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("secret", "message_id", "timestamp", "body", "signature"),
    [
        pytest.param(
            PUBLISHED_SECRET,
            PUBLISHED_ID,
            1614265330,
            b'{"test": 2432232314}',
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            id="the vector in every reference library",
        ),
        pytest.param(
            PUBLISHED_SECRET,
            PUBLISHED_ID,
            1614265330,
            b"a" * 262144,
            "v1,Mw4Pe2WgApuT7NSqnSq0PQPV9gbLdggCl9B865x5Xh0=",
            id="256 KiB, of the C# library",
        ),
        pytest.param(
            PUBLISHED_SECRET,
            "msg_fixture1",
            1700000000,
            UNICODE_BODY.encode(),
            "v1,w3pkbG5QabKmAAFj0dtbqdtlhSGos8BlDQKuKjJNHdw=",
            id="UTF-8",
        ),
        pytest.param(
            "whsec_gFZOkD48tXy55K4FRNJ1BuPfnR9U/+AG",
            "msg_fixture3",
            1700000002,
            b'{"test": 2432232314}',
            "v1,Q1pQsy9iQBOKuYpiPAtaLThtcqLRi60ahbd/5CPJWDE=",
            id="the shortest secret",
        ),
        pytest.param(
            PUBLISHED_SECRET,
            "msg_fixture4",
            1700000003,
            b'{"a":1}\n',
            "v1,8yVP+6cTvtK7Qes++R5ubThMkW7vu1d4ik/eMhbjncM=",
            id="a line break at the end counts",
        ),
    ],
)
def test_known_signatures_come_out(
    secret: str, message_id: str, timestamp: int, body: bytes, signature: str
) -> None:
    key = signing.decode_secret(secret)

    assert signing.sign(key, message_id=message_id, timestamp=timestamp, body=body) == signature


def signed_headers(secret: bytes, body: bytes) -> dict[str, str]:
    timestamp = int(MOMENT.timestamp())
    return {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signing.sign(
            secret, message_id="evt_1", timestamp=timestamp, body=body
        ),
    }


@pytest.mark.parametrize("verifier", [standardwebhooks.Webhook, svix.webhooks.Webhook])
@time_machine.travel(MOMENT, tick=False)
def test_two_libraries_accept_a_fresh_signature(verifier: Callable[[str], Any]) -> None:
    secret = signing.new_secret()
    body = '{"title":"Ein Vidéo"}'.encode()

    # Both raise for a signature that is not right.
    verifier(signing.encode_secret(secret)).verify(body, signed_headers(secret, body))


@pytest.mark.parametrize(
    ("verifier", "error"),
    [
        (standardwebhooks.Webhook, standardwebhooks.WebhookVerificationError),
        (svix.webhooks.Webhook, svix.webhooks.WebhookVerificationError),
    ],
)
@time_machine.travel(MOMENT, tick=False)
def test_two_libraries_refuse_a_changed_body(
    verifier: Callable[[str], Any], error: type[Exception]
) -> None:
    secret = signing.new_secret()
    headers = signed_headers(secret, b"{}")

    with pytest.raises(error):
        verifier(signing.encode_secret(secret)).verify(b"[]", headers)


@pytest.mark.parametrize("verifier", [standardwebhooks.Webhook, svix.webhooks.Webhook])
@time_machine.travel(MOMENT, tick=False)
def test_during_a_rotation_either_secret_verifies(verifier: Callable[[str], Any]) -> None:
    old, new = signing.new_secret(), signing.new_secret()
    headers = signed_headers(new, b"{}")
    headers["webhook-signature"] += " " + signed_headers(old, b"{}")["webhook-signature"]

    for secret in (old, new):
        verifier(signing.encode_secret(secret)).verify(b"{}", headers)


def test_a_new_secret_has_32_random_bytes() -> None:
    first, second = signing.new_secret(), signing.new_secret()

    assert len(first) == len(second) == 32
    assert first != second


@given(st.binary(min_size=24, max_size=64))
def test_a_secret_is_read_as_it_was_written(secret: bytes) -> None:
    text = signing.encode_secret(secret)

    assert text.startswith("whsec_")
    assert signing.decode_secret(text) == secret
    assert signing.decode_secret(text.removeprefix("whsec_")) == secret


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whsec_",
        "whsec_!!!",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
        "whsec_" + base64.b64encode(bytes(23)).decode(),
        "whsec_" + base64.b64encode(bytes(65)).decode(),
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSé",
    ],
)
def test_what_is_no_secret_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError, match="base64 of 24 to 64 bytes") as caught:
        signing.decode_secret(text)

    assert str(caught.value) == "A secret is 'whsec_' and the base64 of 24 to 64 bytes"
