"""The demonstration's receivers take what verifies and refuse everything else."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from hub.cli.demo.receivers import Receiver
from hub.kit import signing

SECRET = signing.new_secret()
EVENT = "evt_0192f0c1a0b07000800000000000000a"


def body(*, sequence: int = 1, event: str = EVENT) -> bytes:
    content = {
        "type": "incident.published",
        "timestamp": datetime.now(UTC).isoformat(),
        "data": {"event_id": event, "sequence": sequence, "incident": {"ref": "DF-7K3Q9MXA"}},
    }
    return json.dumps(content).encode()


def post(receiver: Receiver, sent: bytes, *, secret: bytes = SECRET) -> int:
    now = int(time.time())
    signature = signing.sign(secret, message_id=EVENT, timestamp=now, body=sent)
    connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=5)
    connection.request(
        "POST",
        "/alerts",
        sent,
        {
            "webhook-id": EVENT,
            "webhook-timestamp": str(now),
            "webhook-signature": signature,
        },
    )
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    listening = Receiver()
    listening.trust(signing.encode_secret(SECRET))
    yield listening
    listening.close()


def test_an_alert_that_verifies_is_kept_with_its_time(receiver: Receiver) -> None:
    status = post(receiver, body())

    [alert] = receiver.alerts()
    assert status == 204
    assert (alert.id, alert.topic, alert.name, alert.sequence) == (
        EVENT,
        "incident.published",
        "DF-7K3Q9MXA",
        1,
    )
    assert 0 <= alert.seconds < 5
    assert receiver.alert("incident.published", "DF-7K3Q9MXA") == alert
    assert receiver.alert("incident.withdrawn", "DF-7K3Q9MXA") is None
    assert receiver.refused == []


@pytest.mark.parametrize(
    ("sent", "secret", "why"),
    [
        (body(), signing.new_secret(), "No matching signature found"),
        (b"no json", SECRET, "Expecting value: line 1 column 1 (char 0)"),
        (body(event="evt_" + "0" * 32), SECRET, "The body names another event than webhook-id"),
    ],
    ids=["another secret", "no JSON", "another event"],
)
def test_what_does_not_verify_is_refused(
    receiver: Receiver, sent: bytes, secret: bytes, why: str
) -> None:
    status = post(receiver, sent, secret=secret)

    assert status == 400
    assert receiver.refused == [why]
    assert receiver.alerts() == []


def test_an_alert_that_comes_again_counts_once(receiver: Receiver) -> None:
    sent = body()

    statuses = [post(receiver, sent), post(receiver, sent)]

    assert statuses == [204, 204]
    assert (len(receiver.alerts()), receiver.repeated, receiver.refused) == (1, 1, [])


def test_an_alert_that_comes_again_with_other_bytes_is_noticed(receiver: Receiver) -> None:
    post(receiver, body(sequence=1))

    post(receiver, body(sequence=2))

    assert receiver.refused == [f"{EVENT} came again with other bytes"]


def test_nothing_is_taken_before_the_secret_is_known() -> None:
    listening = Receiver()

    status = post(listening, body())
    listening.close()

    assert status == 400
    assert listening.refused == ["No secret is known yet"]
