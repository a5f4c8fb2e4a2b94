"""Work that the relay does itself, in its own threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from uuid import UUID

import pytest

from hub.relay import doers
from hub.relay.doers import EventDoer, SendingDoer
from hub.relay.rows import Work
from incidents.alerts.engine.run import Outcome

EVENTS = [Work(UUID(int=number), "a.consumer") for number in range(4)]
done: list[str] = []


def until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Whether it comes true in time."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    return condition()


def consume(event_id: str) -> None:
    """Consumes an event, but for the third."""
    if event_id == str(UUID(int=2)):
        raise ValueError("cannot be consumed")
    done.append(event_id)


@pytest.fixture(autouse=True)
def consumer(monkeypatch: pytest.MonkeyPatch) -> None:
    done.clear()
    monkeypatch.setattr(doers, "import_string", {"a.consumer": consume}.__getitem__)


def test_events_are_consumed_one_after_the_other_whatever_becomes_of_one() -> None:
    doer = EventDoer(["a.consumer"])
    doer.start()
    for event in EVENTS:
        doer.do(event)
    doer.do(Work(UUID(int=9), "nobody.there"))
    assert until(lambda: len(done) == 3)

    doer.stop()

    assert done == [str(UUID(int=number)) for number in (0, 1, 3)]
    assert (doer.failed(), doer.failed()) == ([EVENTS[2]], [])


def test_asked_to_stop_it_leaves_the_rest_in_the_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    doer = EventDoer(["a.consumer"])
    began, go_on = threading.Event(), threading.Event()

    def slow(event_id: str) -> None:
        began.set()
        go_on.wait()
        consume(event_id)

    monkeypatch.setattr(doers, "import_string", lambda _: slow)
    for event in EVENTS:
        doer.do(event)
    doer.start()
    began.wait()
    stopping = threading.Thread(target=doer.stop)
    stopping.start()
    assert until(doer._stopping.is_set)
    go_on.set()
    stopping.join()

    assert done == [str(UUID(int=0))]


def test_what_is_due_is_sent_when_wanted_and_a_failure_is_survived(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stopped = threading.Event()
    runs: list[float] = []
    ran = threading.Semaphore(0)

    def run(*, should_stop: object, claim_seconds: float) -> Outcome:
        runs.append(claim_seconds)
        ran.release()
        if len(runs) == 1:
            raise RuntimeError("this once")
        return Outcome(0, 0)

    monkeypatch.setattr(doers, "deliver_due", run)
    doer = SendingDoer(stopped.is_set)
    doer.start()
    doer.do()
    ran.acquire()
    while len(runs) < 2:
        doer.do()
    ran.acquire()
    stopped.set()
    doer.stop()

    assert set(runs) == {10.0}


def test_asked_to_stop_while_it_sends_it_ends_after_that(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped, began = threading.Event(), threading.Event()

    def run(*, should_stop: Callable[[], bool], claim_seconds: float) -> Outcome:
        began.set()
        assert until(should_stop)
        return Outcome(0, 0)

    monkeypatch.setattr(doers, "deliver_due", run)
    doer = SendingDoer(stopped.is_set)
    doer.start()
    doer.do()
    began.wait()
    stopped.set()
    doer.stop()

    assert doer._thread.is_alive() is False
