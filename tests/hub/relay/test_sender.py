"""Sending hints: in order while the broker answers, out of everybody's way when it does not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from celery import Celery

from hub.relay import sender as module
from hub.relay.sender import Sender
from hub.settings.messages import celery_configuration


def until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Whether it comes true in time."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    return condition()


class Broken(Exception):
    """As good as what any transport raises."""


class Transport:
    """Takes the place of a broker's connection."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, tuple[str, ...]]] = []
        self.broken = False
        self.hangs = threading.Event()
        self.hangs.set()

    def publish(self, hint: module.Hint) -> None:
        self.hangs.wait()
        if self.broken:
            raise Broken
        self.sent.append((hint.task, hint.arguments))


@pytest.fixture
def transport() -> Iterator[Transport]:
    made = Transport()
    yield made
    made.hangs.set()


@pytest.fixture
def sender(transport: Transport, monkeypatch: pytest.MonkeyPatch) -> Sender:
    made = Sender(Celery("test", set_as_current=False))
    monkeypatch.setattr(made, "_publish", transport.publish)
    made.start()
    return made


def test_hints_go_out_in_order(sender: Sender, transport: Transport) -> None:
    for number in range(5):
        sender.send("some.task", str(number))

    assert until(lambda: len(transport.sent) == 5)
    assert transport.sent == [("some.task", (str(number),)) for number in range(5)]
    assert sender.answers is True


def test_a_broker_that_fails_is_left_alone_for_a_while(
    sender: Sender, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "_pause_seconds", 0.2)
    transport.broken = True
    sender.send("some.task")
    assert until(lambda: not sender.answers)
    transport.broken = False
    sender.send("lost.task")
    assert until(lambda: sender.answers)

    sender.send("next.task")

    assert until(lambda: len(transport.sent) == 1)
    assert transport.sent == [("next.task", ())]


def test_pauses_grow_and_begin_anew_when_it_answers(
    sender: Sender, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(module, "LONGEST_PAUSE_SECONDS", 0.04)
    monkeypatch.setattr(sender, "_pause_seconds", 0.01)
    transport.broken = True
    pauses = []
    for _ in range(4):
        pauses.append(sender._pause_seconds)
        sender.send("some.task")
        assert until(lambda: not sender.answers)
        assert until(lambda: sender.answers)
    transport.broken = False
    sender.send("some.task")

    assert pauses == [0.01, 0.02, 0.04, 0.04]
    assert until(lambda: sender._pause_seconds == 0.01)


def test_a_broker_that_hangs_holds_up_nobody_and_is_noticed(
    sender: Sender, transport: Transport
) -> None:
    transport.hangs.clear()
    began = time.monotonic()
    for _ in range(module.LONGEST_QUEUE + 10):
        sender.send("some.task")

    assert time.monotonic() - began < 1
    assert until(lambda: not sender.answers, seconds=2)
    transport.hangs.set()
    assert until(lambda: sender.answers)


def test_hints_that_grew_old_meanwhile_are_left_out(
    sender: Sender, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport.hangs.clear()
    sender.send("first.task")
    assert until(lambda: sender._sending_since is not None)
    sender.send("old.task")
    monkeypatch.setattr(module, "STALE_SECONDS", 0.0)
    time.sleep(0.01)
    monkeypatch.setattr(module, "STALE_SECONDS", 0.0)
    transport.hangs.set()
    assert until(lambda: sender._queue.empty() and sender._sending_since is None)

    assert transport.sent == [("first.task", ())]


def test_hints_reach_a_broker_by_its_queue_and_a_lost_connection_is_made_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)  # Celery prefers it
    app = Celery("test", set_as_current=False)
    app.conf.update(celery_configuration("memory://"), broker_transport_options={})
    monkeypatch.setattr(module, "FIRST_PAUSE_SECONDS", 0.01)
    sender = Sender(app)
    sender._pause_seconds = 0.01
    sender.start()
    with app.connection_for_read() as connection:
        queue = connection.SimpleQueue("alerts")
        sender.send("incidents.alerts.tasks.fan_out", "an-id")
        first = queue.get(timeout=5)
        with monkeypatch.context() as failing:
            failing.setattr(app, "send_task", None)
            sender.send("incidents.alerts.tasks.fan_out", "lost")
            assert until(lambda: sender._connection is None)
        assert until(lambda: sender.answers)
        sender.send("incidents.alerts.tasks.fan_out", "another")
        second = queue.get(timeout=5)

    assert first.headers["task"] == "incidents.alerts.tasks.fan_out"
    assert [first.payload[0], second.payload[0]] == [["an-id"], ["another"]]
