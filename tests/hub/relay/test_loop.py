"""The relay's turns: what is committed gets done, whoever is away."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from uuid import UUID

import pytest
from django.db import DatabaseError
from pytest_django.fixtures import Settings

from hub.outbox.models import Event
from hub.relay import loop, rows
from hub.relay.loop import Relay
from hub.relay.rows import Look, Work
from incidents.alerts.services.fan_out import fan_out
from tests import alerting, make

FAN_OUT = "incidents.alerts.tasks.fan_out"
DELIVER = "incidents.alerts.tasks.deliver"


@dataclass
class Stage:
    """Stands in for everything around the relay, and remembers what it was asked."""

    answers: bool = True
    are_heard: bool = True
    sent: list[tuple[str, ...]] = field(default_factory=list)
    done: list[Work] = field(default_factory=list)
    failures: list[Work] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    runs: int = 0
    now: float = 0.0
    on_wait: Callable[[], None] = lambda: None

    def send(self, task: str, *arguments: str) -> None:
        self.sent.append((task, *arguments))

    def do(self, work: Work | None = None) -> None:
        if work is None:
            self.runs += 1
        else:
            self.done.append(work)

    def failed(self) -> list[Work]:
        failures, self.failures = self.failures, []
        return failures

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.on_wait()


@pytest.fixture(autouse=True)
def no_chores(settings: Settings) -> None:
    """Events ask for their fan-out alone, unless a test says otherwise."""
    settings.HUB_CHORES = {}


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def relay(stage: Stage) -> Relay:
    return staged(stage)


def staged(stage: Stage) -> Relay:
    return Relay(
        notices=stage,
        hints=stage,
        events=stage,
        sending=stage,
        sending_task=DELIVER,
        most_runs=1,
        clock=lambda: stage.now,
    )


@pytest.mark.django_db
def test_a_waiting_event_is_hinted_to_all_of_its_consumers(
    relay: Relay, stage: Stage, settings: Settings
) -> None:
    settings.HUB_CHORES = {"incident.published": ["some.other.consumer"]}
    make.incident(make.member())
    event = Event.objects.get()

    relay.turn()
    relay.turn()

    assert stage.sent == [(FAN_OUT, str(event.pk)), ("some.other.consumer", str(event.pk))]


@pytest.mark.django_db
def test_due_deliveries_are_hinted_without_data(relay: Relay, stage: Stage) -> None:
    alerting.endpoint(make.member())
    make.incident(make.member())
    fan_out(Event.objects.get().pk)

    relay.turn()

    assert stage.sent == [(DELIVER,)]


@pytest.mark.django_db
def test_what_nobody_does_the_relay_does(relay: Relay, stage: Stage) -> None:
    alerting.endpoint(make.member())
    make.incident(make.member())
    fan_out(Event.objects.get().pk)
    make.incident(make.member())
    waiting = Event.objects.waiting().get()
    relay.turn()
    assert (stage.done, stage.runs) == ([], 0)
    stage.now = 1.6

    relay.turn()

    assert (stage.done, stage.runs) == ([Work(waiting.pk, FAN_OUT)], 1)


@pytest.mark.django_db
def test_what_failed_in_its_hands_is_tried_again_soon(relay: Relay, stage: Stage) -> None:
    stage.answers = False
    make.incident(make.member())
    event = Event.objects.get()
    relay.turn()
    stage.now, stage.failures = 1.0, [Work(event.pk, FAN_OUT)]
    relay.turn()
    stage.now = 1.6

    relay.turn()

    assert stage.done == [Work(event.pk, FAN_OUT)] * 2


@pytest.mark.django_db
def test_without_a_broker_it_does_so_at_once(relay: Relay, stage: Stage) -> None:
    stage.answers = False
    make.incident(make.member())

    relay.turn()

    assert stage.done == [Work(Event.objects.get().pk, FAN_OUT)]
    assert stage.sent == []


@pytest.mark.django_db
def test_every_turn_gives_positions_to_events_that_can_have_one(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "place_events", alerting.place_all)
    for _ in range(3):
        make.incident(make.member())

    is_busy = relay.turn()

    placed = Event.objects.order_by("pk").values_list("position", flat=True)
    assert list(placed) == [1, 2, 3]
    assert is_busy is True
    assert rows.place() is False


NO_LOOK = Look([], has_due=False, activity=alerting.NO_ACTIVITY)
SOME = [Work(UUID(int=1), "topic")]


@pytest.mark.parametrize(
    ("seen", "has_unplaced", "are_heard", "seconds"),
    [
        (NO_LOOK, False, True, 1.0),
        (NO_LOOK, False, False, 0.2),
        (replace(NO_LOOK, waiting=SOME), False, True, 0.1),
        (replace(NO_LOOK, has_due=True), False, True, 0.1),
        (NO_LOOK, True, True, 0.1),
    ],
)
def test_it_looks_again_sooner_when_something_is_under_way(
    monkeypatch: pytest.MonkeyPatch,
    seen: Look,
    has_unplaced: bool,
    are_heard: bool,
    seconds: float,
) -> None:
    stopped = threading.Event()
    stage = Stage(are_heard=are_heard, on_wait=stopped.set)
    monkeypatch.setattr(loop, "look", lambda: seen)
    monkeypatch.setattr(loop, "place", lambda: has_unplaced)

    staged(stage).run(stopped)

    assert stage.waits == [seconds]


def test_a_database_that_is_away_is_waited_for(
    relay: Relay, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = threading.Event()
    stage.on_wait = stopped.set
    looks: list[Exception | Look] = [DatabaseError("away"), DatabaseError("away"), NO_LOOK]

    def look() -> Look:
        found = looks.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(loop, "look", look)
    monkeypatch.setattr(loop, "place", lambda: False)
    monkeypatch.setattr(loop, "DEAF_SECONDS", 0.01)

    relay.run(stopped)

    assert looks == []
    assert stage.waits == [1.0]
