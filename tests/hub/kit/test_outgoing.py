"""A post leads only where it may, ends in time, and tells what the far end did."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest
import time_machine

from hub.kit.answers import Answer, ErrorClass
from hub.kit.outgoing import Poster, parse_retry_after
from tests import receivers
from tests.posting import LOOPBACK, SHORT, post_to
from tests.receivers import Receiver, Request


def test_the_request_is_what_was_given_and_little_else() -> None:
    seen: list[Request] = []

    answer = post_to(receivers.answering(receivers.OK, seen=seen))

    assert (answer.status, answer.body, answer.error) == (200, b"ok", None)
    assert answer.address == "127.0.0.1"
    assert answer.succeeded is True
    assert 0 <= answer.duration_ms < 600
    [request] = seen
    assert request.line == "POST /hook HTTP/1.1"
    assert request.body == b'{"a":1}'
    assert request.headers.pop("host").startswith("127.0.0.1:")
    assert request.headers == {
        "accept": "*/*",
        "accept-encoding": "identity",
        "content-length": "7",
        "content-type": "application/octet-stream",
        "user-agent": "deepfake-hub",
        "webhook-id": "evt_1",
    }


@pytest.mark.parametrize(
    ("head", "status", "succeeded"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, True),
        (b"HTTP/1.0 200 OK\r\n\r\n", 200, True),
        (b"HTTP/1.1 299 Whatever\r\nConnection: close\r\n\r\n", 299, True),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n",
            202,
            True,
        ),
        (b"HTTP/1.1 300 Choose\r\nContent-Length: 0\r\n\r\n", 300, False),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", 304, False),
        (b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", 410, False),
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", 503, False),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nx", 101, False),
    ],
)
def test_an_answer_is_told_by_its_status(head: bytes, status: int, succeeded: bool) -> None:
    answer = post_to(receivers.answering(head))

    assert (answer.status, answer.error) == (status, None)
    assert answer.succeeded is succeeded


def test_a_body_without_a_length_ends_with_the_connection() -> None:
    answer = post_to(receivers.answering(b"HTTP/1.0 200 OK\r\n\r\nall of it"))

    assert (answer.body, answer.error) == (b"all of it", None)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    async def run() -> tuple[Answer, int]:
        async with Receiver(receivers.serve_well) as canary:
            head = f"HTTP/1.1 {status} Go\r\nLocation: {canary.url}\r\nContent-Length: 0\r\n\r\n"
            async with Receiver(receivers.answering(head.encode())) as receiver:
                answer = await post(receiver.url)
            return answer, canary.connections

    answer, followed = asyncio.run(run())

    assert (answer.status, answer.error, answer.succeeded) == (status, None, False)
    assert followed == 0


def test_cookies_are_not_kept() -> None:
    seen: list[Request] = []
    head = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 0\r\n\r\n"

    async def run() -> None:
        async with (
            Receiver(receivers.answering(head, head, seen=seen)) as receiver,
            Poster(allow=LOOPBACK) as poster,
        ):
            await poster.post(receiver.url, body=b"", headers={})
            await poster.post(receiver.url, body=b"", headers={})

    asyncio.run(run())

    assert len(seen) == 2
    assert "cookie" not in seen[1].headers


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> tuple[Answer, int]:
        async with (
            Receiver(receivers.serve_well) as proxy,
            Receiver(receivers.serve_well) as receiver,
        ):
            monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
            monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{proxy.port}")
            return await post(receiver.url), proxy.connections

    answer, asked = asyncio.run(run())

    assert answer.succeeded is True
    assert asked == 0


async def post(url: str) -> Answer:
    async with Poster(allow=LOOPBACK) as poster:
        return await poster.post(url, body=b"{}", headers={})


def test_nobody_at_the_address_is_told_with_it() -> None:
    async def run() -> Answer:
        async with Receiver(receivers.serve_well) as receiver:
            url = receiver.url
        return await post(url)

    answer = asyncio.run(run())

    assert (answer.status, answer.error, answer.address) == (None, ErrorClass.CONNECT, "127.0.0.1")


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "https://10.0.0.1/", "http://example.com/", "nonsense"]
)
def test_a_url_against_the_rules_is_refused_without_a_connection(url: str) -> None:
    async def run() -> Answer:
        async with Poster(allow=[]) as poster:
            return await poster.post(url, body=b"", headers={})

    answer = asyncio.run(run())

    assert (answer.status, answer.error) == (None, ErrorClass.REFUSED_URL)
    assert (answer.address, answer.succeeded) == (None, False)


def test_a_connection_serves_again() -> None:
    async def run() -> int:
        async with Receiver(receivers.serve_well) as receiver, Poster(allow=LOOPBACK) as poster:
            for _ in range(3):
                answer = await poster.post(receiver.url, body=b"{}", headers={})
                assert answer.address == "127.0.0.1"
            return receiver.connections

    assert asyncio.run(run()) == 1


def test_a_connection_closed_meanwhile_costs_no_attempt() -> None:
    seen: list[Request] = []

    async def run() -> tuple[list[Answer], int]:
        # Every second request on a connection is read, and meets a closed door.
        script = receivers.answering(receivers.OK, b"", seen=seen)
        async with Receiver(script) as receiver, Poster(allow=LOOPBACK, limits=SHORT) as poster:
            answers = [await poster.post(receiver.url, body=b"{}", headers={}) for _ in range(3)]
            return answers, receiver.connections

    answers, connections = asyncio.run(run())

    assert [answer.succeeded for answer in answers] == [True, True, True]
    assert connections == 3


def test_a_receiver_that_went_away_is_not_tried_for_ever() -> None:
    async def run() -> Answer:
        async with (
            Receiver(receivers.answering(receivers.OK, b"")) as receiver,
            Poster(allow=LOOPBACK, limits=SHORT) as poster,
        ):
            await poster.post(receiver.url, body=b"{}", headers={})
            receiver.stop_listening()
            return await poster.post(receiver.url, body=b"{}", headers={})

    answer = asyncio.run(run())

    assert (answer.status, answer.error) == (None, ErrorClass.CONNECT)


def test_silence_on_an_old_connection_is_a_timeout_and_not_tried_again() -> None:
    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await receivers.answering(receivers.OK)(reader, writer)
        await asyncio.sleep(3600)

    async def run() -> tuple[Answer, int]:
        async with (
            Receiver(answer_once) as receiver,
            Poster(allow=LOOPBACK, limits=SHORT) as poster,
        ):
            await poster.post(receiver.url, body=b"{}", headers={})
            answer = await poster.post(receiver.url, body=b"{}", headers={})
            return answer, receiver.connections

    answer, connections = asyncio.run(run())

    assert answer.error == ErrorClass.TIMEOUT
    assert connections == 1


def test_a_second_try_has_no_more_time_than_the_first_left() -> None:
    connections = 0

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await receivers.read_request(reader)
        await asyncio.sleep(3600 * (connections - 1))  # the second connection never answers
        writer.write(receivers.OK)
        await receivers.read_request(reader)
        await asyncio.sleep(0.4)  # then hangs up

    async def run() -> Answer:
        async with Receiver(script) as receiver, Poster(allow=LOOPBACK, limits=SHORT) as poster:
            await poster.post(receiver.url, body=b"{}", headers={})
            return await poster.post(receiver.url, body=b"{}", headers={})

    answer = asyncio.run(run())

    assert answer.error == ErrorClass.TIMEOUT
    assert connections == 2
    assert 550 <= answer.duration_ms < 1000


def test_no_more_posts_run_than_there_are_connections_and_waiting_does_not_count() -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await receivers.read_request(reader)
        await asyncio.sleep(0.3)
        writer.write(receivers.OK)

    async def run() -> tuple[list[Answer], int]:
        async with (
            Receiver(slow) as receiver,
            Poster(allow=LOOPBACK, limits=SHORT, connections=2) as poster,
        ):
            posts = [poster.post(receiver.url, body=b"{}", headers={}) for _ in range(6)]
            return await asyncio.gather(*posts), receiver.most_open_connections

    answers, most = asyncio.run(run())

    assert [answer.succeeded for answer in answers] == [True] * 6
    assert most == 2


def test_a_bounded_number_of_idle_connections_is_kept() -> None:
    async def run() -> list[int]:
        async with AsyncExitStack() as stack:
            servers = [Receiver(receivers.serve_well, host=f"127.0.0.{n}") for n in range(1, 6)]
            for server in servers:
                await stack.enter_async_context(server)
            poster = await stack.enter_async_context(Poster(allow=LOOPBACK, connections=2))
            for server in servers:
                assert (await poster.post(server.url, body=b"{}", headers={})).succeeded
            await asyncio.sleep(0.1)
            return [server.open_connections for server in servers]

    assert asyncio.run(run()) == [1, 1, 0, 0, 0]


def test_a_cancelled_post_gives_its_connection_and_its_turn_back() -> None:
    async def run() -> tuple[bool, int]:
        async with (
            Receiver(receivers.say_nothing) as silent,
            Receiver(receivers.serve_well) as receiver,
            Poster(allow=LOOPBACK, connections=1) as poster,
        ):
            task = asyncio.create_task(poster.post(silent.url, body=b"{}", headers={}))
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            answer = await poster.post(receiver.url, body=b"{}", headers={})
            return answer.succeeded, silent.connections

    assert asyncio.run(run()) == (True, 1)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0),
        ("120", 120),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("\u0663", None),
        ("604801", 604_800),
        ("9" * 10_000, 604_800),
        ("Sun, 22 Nov 2026 20:05:00 GMT", 60),
        ("Sunday, 22-Nov-26 20:05:00 GMT", 60),
        ("Sun, 22 Nov 2026 20:05:00 -0000", 60),
        ("Sun, 22 Nov 2026 20:03:00 GMT", 0),
        ("Sun, 22 Nov 2099 20:03:00 GMT", 604_800),
        ("Sun, 22 Nov 99999 20:03:00 GMT", None),
        ("Sun, 99 Nov 2026 20:03:00 GMT", None),
        ("Sun, 22 Nov 2026 20:03:00 +9999999999999999999", None),
    ],
)
@time_machine.travel(datetime(2026, 11, 22, 20, 4, tzinfo=UTC), tick=False)
def test_retry_after_is_read_in_seconds(text: str | None, seconds: int | None) -> None:
    assert parse_retry_after(text) == seconds


def test_retry_after_comes_with_the_answer() -> None:
    head = b"HTTP/1.1 429 Slow\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n"

    answer = post_to(receivers.answering(head))

    assert (answer.status, answer.retry_after_seconds) == (429, 30)
