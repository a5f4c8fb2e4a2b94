"""Whatever a receiver does, an attempt takes bounded time and brings back bounded bytes."""

from __future__ import annotations

import asyncio
import gzip

import pytest

from hub.kit.answers import Answer, ErrorClass
from hub.kit.outgoing import Poster
from tests import receivers
from tests.posting import LOOPBACK, SHORT, post_to
from tests.receivers import Receiver, Script

OK_HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("script", "status"),
    [
        pytest.param(receivers.say_nothing, None, id="silence"),
        pytest.param(receivers.dripping(OK_HEAD, b"a: b\r\n"), None, id="drip head"),
        pytest.param(receivers.dripping(OK_HEAD + b"\r\n", b"x"), 200, id="drip body"),
        pytest.param(
            receivers.dripping(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
            200,
            id="drip chunks",
        ),
        pytest.param(
            receivers.dripping(b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
            None,
            id="drip interim answers",
        ),
    ],
)
def test_a_receiver_that_takes_its_time_is_left_in_time(script: Script, status: int | None) -> None:
    answer = post_to(script, limits=SHORT)

    assert (answer.status, answer.error, answer.succeeded) == (status, ErrorClass.TIMEOUT, False)
    assert answer.address == "127.0.0.1"
    assert 550 <= answer.duration_ms < 1100


@pytest.mark.parametrize(
    ("script", "status", "error"),
    [
        pytest.param(
            receivers.flooding(OK_HEAD + b"\r\n", b"x" * 65536), 200, None, id="endless body"
        ),
        pytest.param(
            receivers.flooding(
                OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 10000
            ),
            200,
            None,
            id="endless chunks",
        ),
        pytest.param(
            receivers.flooding(b"HTTP/1.1 500 No\r\n\r\n", b"x" * 65536),
            500,
            None,
            id="endless body of an error",
        ),
        pytest.param(
            receivers.flooding(OK_HEAD + b"X-Long: ", b"x" * 65536),
            None,
            "too_large",
            id="endless header",
        ),
        pytest.param(
            receivers.answering(OK_HEAD + b"X: " + b"x" * 1_000_000 + b"\r\n\r\n"),
            None,
            "too_large",
            id="1 MB header",
        ),
        pytest.param(
            receivers.flooding(OK_HEAD, b"X-A: b\r\n" * 1000), None, "too_large", id="many headers"
        ),
        pytest.param(
            receivers.flooding(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
            None,
            "too_large",
            id="endless interim answers",
        ),
        pytest.param(receivers.reset, None, "disconnected", id="reset"),
        pytest.param(receivers.answering(b""), None, "disconnected", id="hangs up"),
        pytest.param(receivers.answering(OK_HEAD), None, "disconnected", id="half a head"),
        pytest.param(
            receivers.answering(OK_HEAD + b"Content-Length: 10\r\n\r\nabc"),
            200,
            "protocol",
            id="half a body",
        ),
        pytest.param(
            receivers.answering(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\ngarbage\r\n"),
            None,
            "protocol",
            id="garbage for chunks",
        ),
        pytest.param(
            receivers.answering(OK_HEAD + b"Content-Length: -5\r\n\r\n"),
            None,
            "protocol",
            id="negative length",
        ),
        pytest.param(
            receivers.answering(OK_HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"),
            None,
            "protocol",
            id="two lengths",
        ),
        pytest.param(
            receivers.answering(b"SSH-2.0-OpenSSH_9.2p1\r\n"), None, "protocol", id="not HTTP"
        ),
        pytest.param(
            receivers.answering(b"\x16\x03\x01\x02\x00" * 10), None, "protocol", id="binary"
        ),
        pytest.param(
            receivers.answering(OK_HEAD + b"bad header\r\n\r\n"), None, "protocol", id="bad header"
        ),
        pytest.param(
            receivers.answering(b"HTTP/9.9 200 OK\r\n\r\n"), None, "protocol", id="HTTP/9.9"
        ),
        pytest.param(
            receivers.answering(b"HTTP/1.1 99999 OK\r\n\r\n"), None, "protocol", id="long status"
        ),
    ],
)
def test_a_receiver_that_breaks_the_rules_is_told_at_once(
    script: Script, status: int | None, error: str | None
) -> None:
    answer = post_to(script)

    assert (answer.status, answer.error) == (status, error)
    assert answer.address == "127.0.0.1"
    assert answer.duration_ms < 5000


def test_a_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(10_000_000))
    head = OK_HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)

    answer = post_to(receivers.answering(head + bomb))

    assert (answer.status, answer.error) == (200, None)
    assert answer.body == bomb[:4096]


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 4097, 16_000])
def test_the_first_4_kib_of_the_body_are_kept(size: int) -> None:
    content = bytes(number % 251 for number in range(size))
    head = OK_HEAD + b"Content-Length: %d\r\n\r\n" % size

    answer = post_to(receivers.answering(head + content))

    assert (answer.body, answer.error) == (content[:4096], None)


def test_a_body_above_the_limit_is_cut_off_and_its_status_counts() -> None:
    head = OK_HEAD + b"Content-Length: 100000\r\n\r\n"

    answer = post_to(receivers.answering(head + b"x" * 100_000))

    assert (answer.status, answer.error, answer.succeeded) == (200, None, True)
    assert answer.body == b"x" * 4096


@pytest.mark.parametrize(("above", "error"), [(0, None), (1, "too_large")])
def test_the_limit_is_16_kib_for_head_and_body_together(above: int, error: str | None) -> None:
    end = b"\r\nContent-Length: 0\r\n\r\n"
    head = OK_HEAD + b"X: "
    filler = b"x" * (16 * 1024 - len(head) - len(end) + above)

    answer = post_to(receivers.answering(head + filler + end))

    assert answer.error == error


def test_a_receiver_that_does_not_read_is_left_in_time() -> None:
    async def run() -> Answer:
        async with (
            Receiver(receivers.say_nothing) as receiver,
            Poster(allow=LOOPBACK, limits=SHORT) as poster,
        ):
            return await poster.post(receiver.url, body=bytes(1_000_000), headers={})

    answer = asyncio.run(run())

    assert (answer.status, answer.error) == (None, ErrorClass.TIMEOUT)
    assert 550 <= answer.duration_ms < 1100
