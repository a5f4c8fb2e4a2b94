"""The receivers in `clients/` take what a hub signs, once, and nothing else."""

from __future__ import annotations

import http.client
import json
import os
import re
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from hub.cli.home import CHECKOUT
from hub.cli.ports import free_port
from hub.kit.ids import event_id, uuid7
from hub.kit.signing import decode_secret, sign
from tests.system.fixtures import StartHub
from tests.system.harness import eventually, publish

pytestmark = pytest.mark.system

CLIENTS = CHECKOUT / "clients"
PAGE = CHECKOUT / "docs" / "tutorial" / "your-first-webhook.md"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
"""Of the specification's own examples."""
OTHER_SECRET = f"whsec_{'A' * 43}="
OTHER_SIGNATURE = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="
"""Likewise: well formed, of another message."""
LIMIT_BYTES = 64 * 1024


@dataclass(frozen=True)
class Reply:
    status: int
    text: str


class Receiver:
    """One of the programs, running."""

    def __init__(self, command: list[str], folder: Path, *, secret: str, port: int) -> None:
        self.port = port
        self.inbox = folder / "inbox"
        self.log = folder / "said.txt"
        self._command = command
        self._environment = {
            **os.environ,
            "WEBHOOK_SECRET": secret,
            "INBOX": str(self.inbox),
            "PORT": str(self.port),
        }
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )
        assert eventually(self._listens), self.log.read_text()

    def stop(self) -> int:
        """SIGTERM, and wait; the exit code."""
        self.process.terminate()
        return self.process.wait(timeout=20)

    def said_of(self, name: str) -> list[str]:
        """The lines about one event."""
        return [line for line in self.log.read_text().splitlines() if name in line]

    def kept(self, name: str) -> bytes | None:
        path = self.inbox / f"{name}.json"
        return path.read_bytes() if path.exists() else None

    def post(self, headers: Mapping[str, str], body: bytes, *, method: str = "POST") -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, "/alerts", body, dict(headers))
            response = connection.getresponse()
            return Reply(response.status, response.read().decode())
        finally:
            connection.close()

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


@dataclass(frozen=True)
class Alert:
    """A body that a hub could have sent."""

    id: str
    body: bytes
    at: int
    """When it is sent, in seconds since 1970."""

    def signature(self, secret: str = SECRET) -> str:
        key = decode_secret(secret)
        return sign(key, message_id=self.id, timestamp=self.at, body=self.body)

    def headers(self, signatures: str = "") -> dict[str, str]:
        return {
            "Webhook-Id": self.id,
            "Webhook-Timestamp": str(self.at),
            "Webhook-Signature": signatures or self.signature(),
            "Content-Type": "application/json",
        }


def make_alert(**data: object) -> Alert:
    name = event_id(uuid7())
    incident = {"ref": "DF-7K3Q9MXA", "title": "«Kapitulation» 🇺🇦"}
    content = {"event_id": name, "sequence": 118, "incident": incident, **data}
    body = json.dumps({"type": "incident.published", "data": content}, ensure_ascii=False)
    return Alert(name, body.encode(), int(time.time()))


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What starts the receiver in each language that is installed here."""
    found = {"python": [sys.executable, str(CLIENTS / "python" / "receiver.py")]}
    if node := shutil.which("node"):
        found["node"] = [node, str(CLIENTS / "node" / "receiver.mjs")]
    if go := shutil.which("go"):
        built = tmp_path_factory.mktemp("go") / "receiver"
        subprocess.run([go, "build", "-o", built, CLIENTS / "go" / "receiver.go"], check=True)
        found["go"] = [str(built)]
    return found


@pytest.fixture(scope="module", params=["python", "node", "go"])
def command(request: pytest.FixtureRequest, commands: dict[str, list[str]]) -> list[str]:
    if request.param not in commands:
        pytest.skip(f"{request.param} is not installed")
    return commands[request.param]


@pytest.fixture(scope="module")
def receiver(command: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """One for all tests of a language, which take care to leave it running."""
    folder = tmp_path_factory.mktemp("receiver")
    running = Receiver(command, folder, secret=SECRET, port=free_port())
    yield running
    assert running.stop() == 0


def test_a_signed_event_is_kept_as_it_came_and_told(receiver: Receiver) -> None:
    alert = make_alert()

    reply = receiver.post(alert.headers(), alert.body)

    assert reply == Reply(204, "")
    assert receiver.said_of(alert.id) == [f"incident.published 118 DF-7K3Q9MXA {alert.id}"]
    assert receiver.kept(alert.id) == alert.body


def test_what_is_about_no_incident_is_told_too(receiver: Receiver) -> None:
    name = event_id(uuid7())
    body = b'{"type": "member.joined", "data": {"member": {"slug": "cedar"}}}\n'
    alert = Alert(name, body, int(time.time()))

    reply = receiver.post(alert.headers(), alert.body)

    assert reply.status == 204
    assert receiver.said_of(name) == [f"member.joined - - {name}"]
    assert receiver.kept(name) == alert.body


def test_the_same_event_at_the_same_time_is_told_once(receiver: Receiver) -> None:
    alert = make_alert()

    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(receiver.post, alert.headers(), alert.body) for _ in range(8)]

    assert [one.result().status for one in sent] == [204] * 8
    assert len(receiver.said_of(alert.id)) == 1
    assert receiver.kept(alert.id) == alert.body


def test_one_of_several_signatures_is_enough(receiver: Receiver) -> None:
    during_rotation, among_others = make_alert(), make_alert()
    both = f"{during_rotation.signature(OTHER_SECRET)} {during_rotation.signature()}"
    many = f"{OTHER_SIGNATURE} v1a,c2ln {among_others.signature()} {OTHER_SIGNATURE}"

    statuses = [
        receiver.post(during_rotation.headers(both), during_rotation.body).status,
        receiver.post(among_others.headers(many), among_others.body).status,
    ]

    assert statuses == [204, 204]
    assert receiver.kept(during_rotation.id) == during_rotation.body
    assert receiver.kept(among_others.id) == among_others.body


Forge = Callable[[Alert], tuple[dict[str, str], bytes]]
FORGED: dict[str, Forge] = {
    "tampered": lambda it: (it.headers(), it.body.replace(b"7K3Q9MXA", b"7K3Q9MXB")),
    "empty": lambda it: (it.headers(), b""),
    "other secret": lambda it: (it.headers(it.signature(OTHER_SECRET)), it.body),
    "too old": lambda it: as_signed(it, at=it.at - 301),
    "too new": lambda it: as_signed(it, at=it.at + 310),
    "other time": lambda it: (replace(it, at=it.at - 1).headers(it.signature()), it.body),
    "other id": lambda it: (replace(it, id=f"{it.id}0").headers(it.signature()), it.body),
    "no number": lambda it: (it.headers() | {"Webhook-Timestamp": "hello"}, it.body),
    "no id": lambda it: (without("Webhook-Id", it), it.body),
    "no time": lambda it: (without("Webhook-Timestamp", it), it.body),
    "no signature": lambda it: (without("Webhook-Signature", it), it.body),
    "half a signature": lambda it: (it.headers("v1,"), it.body),
    "other scheme": lambda it: (it.headers(it.signature().replace("v1,", "v2,")), it.body),
    # Rightly signed, but nothing that a hub sends:
    "path for an id": lambda it: as_signed(it, id=f"../{it.id}"),
    "no json": lambda it: as_signed(it, body=b"hello"),
}


def as_signed(alert: Alert, **changes: Any) -> tuple[dict[str, str], bytes]:
    changed = replace(alert, **changes)
    return changed.headers(), changed.body


def without(header: str, alert: Alert) -> dict[str, str]:
    return {name: value for name, value in alert.headers().items() if name != header}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_what_is_not_from_the_hub_is_refused(receiver: Receiver, forge: Forge) -> None:
    alert = make_alert()
    files = list(receiver.inbox.parent.rglob("*"))

    reply = receiver.post(*forge(alert))

    assert reply.status == 400
    assert reply.text.strip()
    assert receiver.said_of(alert.id) == []
    assert list(receiver.inbox.parent.rglob("*")) == files


def test_only_posts_of_a_fair_size_are_read(receiver: Receiver) -> None:
    largest, too_large = make_alert(note="a" * 60_000), make_alert(note="a" * LIMIT_BYTES)

    statuses = [
        receiver.post(largest.headers(), largest.body).status,
        receiver.post(too_large.headers(), too_large.body).status,
        receiver.post({}, b"", method="GET").status,
    ]

    assert statuses == [204, 413, 405]
    assert receiver.kept(too_large.id) is None


def test_what_cannot_be_kept_is_asked_for_again(receiver: Receiver) -> None:
    alert = make_alert()
    aside = receiver.inbox.rename(receiver.inbox.with_name("aside"))

    without_folder = receiver.post(alert.headers(), alert.body)
    aside.rename(receiver.inbox)
    with_folder = receiver.post(alert.headers(), alert.body)

    assert (without_folder.status, with_folder.status) == (503, 204)
    assert str(receiver.inbox) not in without_folder.text
    assert receiver.kept(alert.id) == alert.body


def test_a_restart_forgets_nothing_and_cuts_nothing_off(receiver: Receiver) -> None:
    before, under_way = make_alert(), make_alert()
    receiver.post(before.headers(), before.body)
    connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=20)
    connection.putrequest("POST", "/")
    for name, value in under_way.headers().items():
        connection.putheader(name, value)
    connection.putheader("Content-Length", str(len(under_way.body)))
    connection.endheaders(under_way.body[:20])
    time.sleep(0.2)  # until it reads

    receiver.process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    connection.send(under_way.body[20:])
    finished = connection.getresponse().status
    connection.close()
    code = receiver.process.wait(timeout=20)
    receiver.start()
    again = receiver.post(before.headers(), before.body)

    assert (finished, code, again.status) == (204, 0, 204)
    assert receiver.kept(under_way.id) == under_way.body
    assert len(receiver.said_of(before.id)) == 1


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_abcde"])
def test_without_a_secret_nothing_starts(command: list[str], tmp_path: Path, secret: str) -> None:
    environment = {**os.environ, "WEBHOOK_SECRET": secret, "INBOX": str(tmp_path / "inbox")}

    finished = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=20
    )

    assert finished.returncode == 1
    assert finished.stderr.startswith("WEBHOOK_SECRET must be")
    assert list(tmp_path.iterdir()) == []


def test_a_hub_and_every_receiver_understand_each_other(
    start_hub: StartHub, commands: dict[str, list[str]], tmp_path: Path
) -> None:
    hub = start_hub("web", "relay", "worker")
    member = hub.api("member-1")
    receivers = []
    with ExitStack() as running:
        for language, command in commands.items():
            folder = tmp_path / language
            folder.mkdir()
            port = free_port()
            made = member.make("endpoints/", {"url": f"http://127.0.0.1:{port}/"})
            started = Receiver(command, folder, secret=made["secret"], port=port)
            running.callback(started.stop)
            receivers.append(started)

        ref = publish(hub.api("filer"), "For every language")
        hub.await_quiet()

    (event,) = {path.stem for one in receivers for path in one.inbox.iterdir()}
    line = f"incident.published 1 {ref} {event}"
    assert [one.said_of(event) for one in receivers] == [[line]] * len(commands)
    assert hub.books().states["ok"] == len(commands)


def test_the_page_verifies_by_hand_what_the_receivers_do(tmp_path: Path) -> None:
    shown = re.findall(r"^```python$(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "shown.py").write_text(shown[0])
    is_from_the_hub = runpy.run_path(str(tmp_path / "shown.py"))["is_from_the_hub"]
    alert = make_alert()
    both = f"{alert.signature(OTHER_SECRET)} {alert.signature()}"
    cases = [
        (alert.headers(), alert.body),
        (alert.headers(both), alert.body),
        *(FORGED[name](alert) for name in ("tampered", "other secret", "too old", "other scheme")),
    ]

    told = [
        is_from_the_hub(SECRET, {name.lower(): value for name, value in headers.items()}, body)
        for headers, body in cases
    ]

    assert len(shown) == 1
    assert told == [True, True, False, False, False, False]
