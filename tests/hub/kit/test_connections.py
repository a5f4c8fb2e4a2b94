"""What a name leads to is decided once, by address, and certificates are checked by name."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from pathlib import Path
from typing import Any

import aiohappyeyeballs
import pytest

from hub.kit.answers import Answer, ErrorClass
from hub.kit.connections import BoundedHandler, system_trust
from hub.kit.outgoing import Poster
from tests import receivers
from tests.posting import NAME, PUBLIC, SHORT, URL, Detour, StubResolver, post_by_detour
from tests.receivers import Receiver, Script, Trust


def test_the_connection_goes_to_the_address_checked_under_the_hosts_name(
    detour: Detour, tmp_path: Path
) -> None:
    names: list[str] = []

    def note_name(connection: ssl.SSLObject, name: str, context: ssl.SSLContext) -> None:
        names.append(name)

    trust = receivers.make_trust(tmp_path, NAME)
    trust.server.sni_callback = note_name
    resolver = StubResolver([[PUBLIC]])

    [answer] = post_by_detour(URL, resolver, detour=detour, trust=trust)

    assert (answer.status, answer.error) == (200, None)
    assert detour.wanted == [[(PUBLIC, 443)]]
    assert resolver.asked == [(NAME, 443)]
    assert names == [NAME]
    assert answer.address == "127.0.0.1"  # where the detour led: the address of the connection


def test_all_addresses_of_a_name_are_offered_once(detour: Detour, trust: Trust) -> None:
    resolver = StubResolver([["2606:2800:21f::1", PUBLIC, f"::ffff:{PUBLIC}", PUBLIC]])

    [answer] = post_by_detour(f"https://{NAME}:8443/", resolver, detour=detour, trust=trust)

    assert answer.succeeded is True
    assert detour.wanted == [[("2606:2800:21f::1", 8443), (PUBLIC, 8443)]]


def test_a_kept_connection_asks_dns_no_more(detour: Detour, trust: Trust) -> None:
    resolver = StubResolver([[PUBLIC]])

    answers = post_by_detour(URL, resolver, detour=detour, trust=trust, times=3)

    assert [answer.succeeded for answer in answers] == [True, True, True]
    assert len(resolver.asked) == len(detour.wanted) == 1


def test_a_name_that_turns_inwards_is_refused_when_it_is_connected_to_anew(
    detour: Detour, trust: Trust
) -> None:
    resolver = StubResolver([[PUBLIC], ["127.0.0.1"]])
    script = receivers.answering(
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )

    answers = post_by_detour(URL, resolver, detour=detour, trust=trust, script=script, times=2)

    assert [answer.error for answer in answers] == [None, ErrorClass.REFUSED_ADDRESS]
    assert detour.wanted == [[(PUBLIC, 443)]]
    assert len(resolver.asked) == 2


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        [PUBLIC, "127.0.0.1"],
        ["10.0.0.1", PUBLIC],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["fe80::1%eth0"],
        [PUBLIC, "2002:7f00:1::"],
    ],
)
def test_a_name_with_any_address_that_is_not_public_is_refused(
    addresses: list[str], detour: Detour, trust: Trust, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        [answer] = post_by_detour(URL, StubResolver([addresses]), detour=detour, trust=trust)

    assert (answer.status, answer.error) == (None, ErrorClass.REFUSED_ADDRESS)
    assert answer.address is None
    assert detour.wanted == []
    assert [record.message for record in caplog.records] == ["Webhook address refused"]


def test_no_socket_of_loopback_sees_a_refused_post() -> None:
    resolver = StubResolver([["127.0.0.1"]])

    async def run() -> tuple[list[ErrorClass | None], int]:
        async with (
            Receiver(receivers.serve_well) as canary,
            Poster(allow=[], resolve=resolver, limits=SHORT) as poster,
        ):
            urls = [
                f"https://{NAME}:{canary.port}/",
                f"https://127.0.0.1:{canary.port}/",
                f"https://[::ffff:127.0.0.1]:{canary.port}/",
                f"http://127.0.0.1:{canary.port}/",
                f"https://2130706433:{canary.port}/",
                f"https://localhost:{canary.port}/",
            ]
            answers = [await poster.post(url, body=b"", headers={}) for url in urls]
            return [answer.error for answer in answers], canary.connections

    errors, connections = asyncio.run(run())

    assert errors == [ErrorClass.REFUSED_ADDRESS] + [ErrorClass.REFUSED_URL] * 5
    assert connections == 0


def test_a_name_may_lead_into_an_allowed_network(detour: Detour, trust: Trust) -> None:
    resolver = StubResolver([["10.1.2.3", PUBLIC]])

    [answer] = post_by_detour(URL, resolver, detour=detour, trust=trust, allow=["10.1.0.0/16"])

    assert answer.succeeded is True
    assert detour.wanted == [[("10.1.2.3", 443), (PUBLIC, 443)]]


def test_a_literal_address_is_connected_to_without_dns(detour: Detour, trust: Trust) -> None:
    resolver = StubResolver([[]])

    [answer] = post_by_detour(f"https://{PUBLIC}/hook", resolver, detour=detour, trust=trust)

    assert answer.succeeded is True
    assert detour.wanted == [[(PUBLIC, 443)]]
    assert resolver.asked == []


@pytest.mark.parametrize(
    "found", [[], ["not an address"], OSError("no such name"), TimeoutError("gave up")]
)
def test_a_name_that_does_not_resolve_is_told(
    found: list[str] | OSError, detour: Detour, trust: Trust
) -> None:
    [answer] = post_by_detour(URL, StubResolver([found]), detour=detour, trust=trust)

    assert (answer.status, answer.error, answer.address) == (None, ErrorClass.DNS, None)
    assert detour.wanted == []


def test_dns_that_does_not_answer_is_left_in_time(trust: Trust) -> None:
    async def never(host: str, port: int) -> list[str]:
        await asyncio.sleep(3600)
        return []

    async def run() -> Answer:
        async with Poster(allow=[], resolve=never, limits=SHORT) as poster:
            return await poster.post(URL, body=b"", headers={})

    answer = asyncio.run(run())

    assert answer.error == ErrorClass.DNS
    assert 150 <= answer.duration_ms < 400


def test_nobody_at_the_address_of_a_name_is_told_with_it(
    monkeypatch: pytest.MonkeyPatch, trust: Trust
) -> None:
    async def refuse(*args: Any, **options: Any) -> socket.socket:
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(aiohappyeyeballs, "start_connection", refuse)

    [answer] = post_by_detour(URL, StubResolver([[PUBLIC, "1.1.1.1"]]), trust=trust)

    assert (answer.status, answer.error, answer.address) == (None, ErrorClass.CONNECT, PUBLIC)


def test_a_certificate_for_another_name_is_not_accepted(detour: Detour, trust: Trust) -> None:
    [answer] = post_by_detour(
        "https://other.example/", StubResolver([[PUBLIC]]), detour=detour, trust=trust
    )

    assert (answer.status, answer.error, answer.address) == (None, ErrorClass.TLS, PUBLIC)


def test_a_certificate_of_an_unknown_authority_is_not_accepted(
    detour: Detour, trust: Trust
) -> None:
    untrusting = Trust(trust.server, ssl.create_default_context())

    [answer] = post_by_detour(URL, StubResolver([[PUBLIC]]), detour=detour, trust=untrusting)

    assert (answer.status, answer.error) == (None, ErrorClass.TLS)


def plain(script: Script, detour: Detour) -> Answer:
    """Post by TLS to a receiver that does not speak it."""

    async def run() -> Answer:
        async with (
            Receiver(script) as receiver,
            Poster(allow=[], resolve=StubResolver([[PUBLIC]]), limits=SHORT) as poster,
        ):
            detour.port = receiver.port
            return await poster.post(URL, body=b"", headers={})

    return asyncio.run(run())


def test_plain_http_where_tls_should_be_is_told(detour: Detour) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(receivers.OK)
        await reader.read()

    assert plain(greet, detour).error == ErrorClass.TLS


def test_a_stalled_handshake_is_left_in_time(detour: Detour) -> None:
    answer = plain(receivers.say_nothing, detour)

    assert (answer.status, answer.error) == (None, ErrorClass.TIMEOUT)
    assert 350 <= answer.duration_ms < 800


@pytest.mark.parametrize(
    "script",
    [
        receivers.flooding(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536),
        receivers.answering(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + b"x" * 99999),
    ],
)
def test_the_limit_holds_under_tls_too(script: Script, detour: Detour, trust: Trust) -> None:
    [answer] = post_by_detour(
        URL, StubResolver([[PUBLIC]]), detour=detour, trust=trust, script=script
    )

    assert (answer.status, answer.error, answer.body) == (200, None, b"x" * 4096)


def test_a_connection_that_was_lost_at_once_has_no_address() -> None:
    class Gone(asyncio.Transport):
        def get_extra_info(self, name: str, default: Any = None) -> Any:
            return default

    async def run() -> str | None:
        handler = BoundedHandler(asyncio.get_running_loop(), limit=10)
        handler.connection_made(Gone())
        return handler.address

    assert asyncio.run(run()) is None


def test_the_systems_authorities_are_loaded_once_and_hold() -> None:
    context = system_trust()

    assert context is system_trust()
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname is True
