"""The tasks that workers run for alerts."""

from __future__ import annotations

import pytest

from hub.kit import stopping
from hub.outbox.models import Event
from incidents.alerts import tasks
from incidents.alerts.engine.run import Outcome
from incidents.alerts.models import Delivery
from tests import alerting, make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def runs(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The stop functions with which the engine was asked to run."""
    asked: list[object] = []

    def run(*, should_stop: object) -> Outcome:
        asked.append(should_stop)
        return Outcome(0, 0)

    monkeypatch.setattr(tasks, "deliver_due", run)
    return asked


def test_a_hint_about_an_event_fans_it_out() -> None:
    alerting.endpoint(make.member())
    make.incident(make.member())
    event = Event.objects.get()

    tasks.fan_out(str(event.pk))

    assert Delivery.objects.get().event_id == event.pk


def test_a_hint_about_deliveries_starts_a_run_that_ends_with_its_worker(
    runs: list[object],
) -> None:
    tasks.deliver()

    assert runs == [stopping.is_stopping]


@pytest.mark.parametrize(("stopping_now", "made"), [(False, 1), (True, 0)])
def test_the_sweep_does_what_nobody_did(
    monkeypatch: pytest.MonkeyPatch, runs: list[object], stopping_now: bool, made: int
) -> None:
    monkeypatch.setattr(tasks, "is_stopping", lambda: stopping_now)
    monkeypatch.setattr(tasks, "SWEPT_AFTER", tasks.SWEPT_AFTER * 0)
    alerting.endpoint(make.member())
    make.incident(make.member())

    tasks.sweep()

    assert Delivery.objects.count() == made
    assert len(runs) == 1


def test_the_sweep_leaves_what_is_fresh_to_the_relay() -> None:
    alerting.endpoint(make.member())
    make.incident(make.member())

    tasks.sweep()

    assert Delivery.objects.exists() is False
