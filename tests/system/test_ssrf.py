"""Webhooks reach no internal address, whoever asks for it, and however it got into the table."""

from __future__ import annotations

import json
import ssl
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohappyeyeballs
import psycopg
import pytest
from django.core.management.base import CommandError

from hub.kit.answers import Answer
from hub.kit.outgoing import Poster
from hub.kit.provisioning import answer_of
from hub.outbox.models import Event
from incidents.alerts.engine.run import deliver_due
from incidents.alerts.models import Attempt, Endpoint
from incidents.alerts.services.endpoints import create_endpoint
from incidents.alerts.services.fan_out import fan_out
from tests import make, receivers, shared_data
from tests.conftest import Login
from tests.posting import Detour
from tests.receivers import Receiver
from tests.system.background import Background
from tests.system.fixtures import StartHub
from tests.system.harness import eventually, publish
from tests.system.sinks import Sink

pytestmark = pytest.mark.system

OWN = Path(__file__).with_name("ssrf_cases.json")
SHARED = "ssrf/ssrf_urls.json"
DECIDED_BY_DNS = "DNS / redirect"
REFUSALS = {"refused_url", "refused_address", "dns"}

Case = Mapping[str, Any]


@dataclass(frozen=True)
class Cases:
    """URLs that may be posted to and URLs that may not."""

    refused_at_once: list[Case]
    refused_when_sending: list[Case]
    """Taken at first, since making an endpoint asks no DNS."""
    allowed: list[Case]


@pytest.fixture(params=["own", "shared"])
def cases(request: pytest.FixtureRequest) -> Cases:
    """Our own list, and the one beside the checkout where it is."""
    if request.param == "own":
        return Cases(**json.loads(OWN.read_text()))
    listed = shared_data.load_json(SHARED)
    by_dns = [case["category"] == DECIDED_BY_DNS for case in listed["refused"]]
    at_once = [case for case, late in zip(listed["refused"], by_dns, strict=True) if not late]
    later = [case for case, late in zip(listed["refused"], by_dns, strict=True) if late]
    return Cases(at_once, later, listed["allowed"])


@pytest.fixture
def detour(monkeypatch: pytest.MonkeyPatch) -> Detour:
    """Connections that would leave the machine end at a server of the test instead."""
    detour = Detour()
    monkeypatch.setattr(aiohappyeyeballs, "start_connection", detour.start_connection)
    return detour


def test_the_api_refuses_what_is_internal_and_takes_what_is_public(
    as_token: Login, cases: Cases
) -> None:
    client = as_token(make.member("acme"), "webhooks:admin")

    def answer(case: Case) -> int:
        return int(
            client.post("/api/v1/endpoints/", {"url": case["url"]}, format="json").status_code
        )

    assert Counter(map(answer, cases.refused_at_once)) == {400: len(cases.refused_at_once)}
    assert Counter(map(answer, cases.allowed)) == {201: len(cases.allowed)}
    assert Counter(map(answer, cases.refused_when_sending)) == {
        201: len(cases.refused_when_sending)
    }
    assert Endpoint.objects.count() == len(cases.allowed) + len(cases.refused_when_sending)


@pytest.mark.django_db
def test_the_command_refuses_what_is_internal_and_takes_what_is_public(cases: Cases) -> None:
    make.member("acme")

    refused = [case["url"] for case in cases.refused_at_once if not taken(case["url"])]
    accepted = [case["url"] for case in cases.allowed if taken(case["url"])]

    assert refused == [case["url"] for case in cases.refused_at_once]
    assert accepted == [case["url"] for case in cases.allowed]


def taken(url: str) -> bool:
    """Whether `manage.py endpoint create` makes it."""
    try:
        answer_of("endpoint", "create", "--member", "acme", f"--url={url}")
    except CommandError:
        return False
    return True


@pytest.mark.django_db(transaction=True)
def test_what_was_forced_into_the_table_is_refused_when_it_is_sent(
    cases: Cases, detour: Detour, tmp_path: Path
) -> None:
    refused = [*cases.refused_at_once, *cases.refused_when_sending]
    trust = receivers.make_trust(tmp_path, "*.member-b.example")
    force_into_the_table(refused)

    deliver_due(post=StubbedPost(refused, trust.client, trust.server, detour))

    attempts = {one.delivery_id: one for one in Attempt.objects.all()}
    assert len(attempts) == len(refused)
    redirecting = [case for case in refused if "redirects_to" in case]
    # A redirect is an answer like any other failure: nobody follows it.
    assert Counter(one.error in REFUSALS for one in attempts.values()) == {
        True: len(refused) - len(redirecting),
        False: len(redirecting),
    }
    assert {one.status for one in attempts.values()} == {None, 302}
    assert {address for wanted in detour.wanted for address in wanted} == {("93.184.215.14", 443)}
    assert len(detour.wanted) == len(redirecting)


@pytest.mark.django_db(transaction=True)
def test_what_is_public_is_sent(cases: Cases, detour: Detour, tmp_path: Path) -> None:
    names = [f"*.member-{letter}.example" for letter in "acde"]
    exact = ["a.b.c.d.member-d.example", "example.com", "example.org", "xn--bcher-kva.example"]
    trust = receivers.make_trust(tmp_path, *names, *exact, addresses=("93.184.215.14",))
    force_into_the_table(cases.allowed)

    outcome = deliver_due(post=StubbedPost(cases.allowed, trust.client, trust.server, detour))

    assert outcome.attempts == len(cases.allowed)
    assert [(one.status, one.error) for one in Attempt.objects.all()] == [(302, "")] * len(
        cases.allowed
    )
    assert len(detour.wanted) == len(cases.allowed)


def test_a_canary_on_loopback_hears_nothing_of_real_processes(
    start_hub: StartHub, sink: Sink, background: Background
) -> None:
    hub = start_hub("web", HUB_WEBHOOK_ALLOW="")
    urls = [url.format(port=sink.port) for url in CANARY_URLS]
    for number in range(len(urls)):
        hub.api("member-1").make("endpoints/", {"url": f"https://{number}.member-a.example/"})
    with psycopg.connect(hub.database_url) as connection:
        ids = [row[0] for row in connection.execute("SELECT id FROM alerts_endpoint")]
        for endpoint, url in zip(ids, urls, strict=True):
            connection.execute("UPDATE alerts_endpoint SET url = %s WHERE id = %s", [url, endpoint])

    hub.start("relay")
    publish(hub.api("filer"), "Not for the inside")

    assert eventually(lambda: len(attempts(hub.database_url)) >= len(urls), seconds=20)
    assert set(attempts(hub.database_url)) == {"refused_url"}
    assert sink.connections == 0


CANARY_URLS = (
    "https://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}/",
    "https://127.1:{port}/",
    "https://2130706433:{port}/",
    "https://0x7f000001:{port}/",
    "https://0177.0.0.1:{port}/",
    "https://0.0.0.0:{port}/",
    "https://[::1]:{port}/",
    "https://[::]:{port}/",
    "https://[::ffff:127.0.0.1]:{port}/",
    "https://[64:ff9b::7f00:1]:{port}/",
    "https://localhost:{port}/",
    "https://localhost.:{port}/",
    "https://a.localhost:{port}/",
    "https://user@127.0.0.1:{port}/",
    "https://example.com@127.0.0.1:{port}/",
    "https://127.0.0.1:{port}\\@example.com/",
    "https://\uff11\uff12\uff17.0.0.1:{port}/",
)


def attempts(database_url: str) -> list[str]:
    """The errors of all attempts that were made."""
    with psycopg.connect(database_url) as connection:
        return [row[0] for row in connection.execute("SELECT error FROM alerts_attempt")]


def force_into_the_table(cases: list[Case]) -> None:
    """Endpoints at these URLs, each owed an alert."""
    member = make.member("acme")
    for number, case in enumerate(cases):
        url = f"https://{number}.member-a.example/"
        made = create_endpoint(member_id=member.pk, url=url)
        Endpoint.objects.filter(pk=made.endpoint.pk).update(url=case["url"])
    incident = make.incident()
    event = Event.objects.get(topic="incident.published", subject_id=incident.pk)
    assert fan_out(event.pk) == len(cases)


REDIRECT = b"HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1/\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True)
class StubbedPost:
    """Posts as in life, but for DNS and for where connections end: at a server that redirects."""

    cases: list[Case]
    client: ssl.SSLContext
    server: ssl.SSLContext
    detour: Detour

    async def __call__(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
        async with (
            Receiver(receivers.answering(REDIRECT), tls=self.server) as receiver,
            Poster(allow=[], resolve=self.resolver(url), trust=self.client) as poster,
        ):
            self.detour.port = receiver.port
            return await poster.post(url, body=body, headers=headers)

    def resolver(self, url: str) -> Any:
        answers = next(
            case.get("resolves_to", ["127.0.0.1"]) for case in self.cases if case["url"] == url
        )

        async def resolve(host: str, port: int) -> list[str]:
            return list(answers)

        return resolve
