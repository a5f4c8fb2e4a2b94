"""The receiver in docs/reference/webhooks.md does what the page says."""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from hub.kit import signing
from incidents.alerts.engine.posting import signed_headers

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "webhooks.md"
SECRET = signing.new_secret()
FIRST, SECOND, THIRD = (UUID(int=number) for number in (1, 2, 3))


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """The names that the page's code defines, and an open store."""
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, str(PAGE), "exec"), names)  # noqa: S102 - our own page
    with contextlib.closing(names["open_store"](tmp_path / "alerts.db")) as store:
        yield names | {"store": store}


def alert(*, version: int, sequence: int, topic: str = "incident.updated", **more: Any) -> bytes:
    data = {"sequence": sequence, "version": version, "incident": {"ref": "DF-1", **more}}
    return json.dumps({"type": topic, "data": data}).encode()


def sent(receiver: dict[str, Any], event: UUID, body: bytes, **changed: str) -> int:
    headers = signed_headers(event, body, SECRET) | changed
    secret = signing.encode_secret(SECRET)
    status: int = receiver["receive"](receiver["store"], secret, headers, body)
    return status


def kept(receiver: dict[str, Any]) -> list[tuple[Any, ...]]:
    rows = receiver["store"].execute("SELECT name, version, sequence, body FROM kept")
    return [(*row[:3], row[3] and json.loads(row[3])) for row in rows]


def test_what_is_signed_is_kept_once(receiver: dict[str, Any]) -> None:
    body = alert(version=1, sequence=1, title="A")

    answers = [sent(receiver, FIRST, body), sent(receiver, FIRST, body)]

    assert answers == [204, 204]
    assert kept(receiver) == [("DF-1", 1, 1, {"ref": "DF-1", "title": "A"})]


def test_what_is_not_the_hubs_or_old_is_refused_and_not_kept(receiver: dict[str, Any]) -> None:
    body = alert(version=1, sequence=1)
    hour_ago = int(time.time()) - 3600
    message_id = signed_headers(FIRST, body, SECRET)["webhook-id"]
    replayed = signing.sign(SECRET, message_id=message_id, timestamp=hour_ago, body=body)

    answers = [
        sent(receiver, FIRST, body, **{"webhook-signature": "v1,AAAA"}),
        sent(
            receiver,
            FIRST,
            body,
            **{"webhook-timestamp": str(hour_ago), "webhook-signature": replayed},
        ),
    ]

    assert answers == [400, 400]
    assert kept(receiver) == []


def test_of_one_incident_the_newest_stays_whatever_the_order(receiver: dict[str, Any]) -> None:
    for event, version, sequence in ((SECOND, 2, 3), (FIRST, 1, 4), (THIRD, 2, 2)):
        body = alert(version=version, sequence=sequence)
        assert sent(receiver, event, body) == 204

    assert kept(receiver) == [("DF-1", 2, 3, {"ref": "DF-1"})]


def test_a_recall_removes_what_was_kept(receiver: dict[str, Any]) -> None:
    sent(receiver, FIRST, alert(version=1, sequence=1, title="A"))

    sent(receiver, SECOND, alert(version=1, sequence=2, topic="incident.revoked"))

    assert kept(receiver) == [("DF-1", 1, 2, None)]
