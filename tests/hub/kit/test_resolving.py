"""The system's resolver is asked without holding anything up."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from hub.kit.connections import resolve_by_system
from tests.posting import NAME, PUBLIC


def lookup(answer: Callable[[], list[Any]], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    def getaddrinfo(host: str, port: int, **options: Any) -> list[Any]:
        assert (host, port) == (NAME, 443)
        return answer()

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asyncio.run(resolve_by_system(NAME, 443))


def test_the_systems_resolver_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    infos = [
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2606:2800:21f::1", 443, 0, 0)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (PUBLIC, 443)),
    ]

    assert lookup(lambda: infos, monkeypatch) == ["2606:2800:21f::1", PUBLIC]


def test_the_systems_resolver_may_know_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(socket.gaierror, match="Name or service not known"):
        lookup(unknown, monkeypatch)


@dataclass
class SlowLookup:
    """A look-up that takes until it is told to end, and whose caller has given up by then."""

    may_answer: threading.Event = field(default_factory=threading.Event)

    def __call__(self, *args: Any, **options: Any) -> list[Any]:
        self.may_answer.wait(10)
        return []

    def give_up(self, loop: asyncio.AbstractEventLoop) -> threading.Thread:
        with pytest.raises(TimeoutError):
            loop.run_until_complete(asyncio.wait_for(resolve_by_system(NAME, 443), 0.05))
        [thread] = [t for t in threading.enumerate() if t.name == f"resolve {NAME}"]
        return thread

    def end(self, thread: threading.Thread) -> None:
        self.may_answer.set()
        thread.join(10)


def test_an_answer_that_comes_too_late_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = SlowLookup()
    monkeypatch.setattr(socket, "getaddrinfo", slow)
    loop = asyncio.new_event_loop()

    thread = slow.give_up(loop)
    slow.end(thread)
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()

    assert thread.is_alive() is False


def test_a_look_up_holds_up_neither_the_loop_nor_the_end_of_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow = SlowLookup()
    monkeypatch.setattr(socket, "getaddrinfo", slow)
    loop = asyncio.new_event_loop()

    thread = slow.give_up(loop)
    loop.close()
    slow.end(thread)

    assert thread.daemon is True
    assert thread.is_alive() is False
