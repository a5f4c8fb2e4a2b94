"""The relay as a whole, with a broker that is not there."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, connections
from pytest_django.fixtures import Settings

from hub.outbox.models import Event
from hub.relay.management.commands import relay as module
from incidents.alerts.models import Delivery
from tests import alerting, make


def url_of_test_database() -> str:
    parameters = connection.get_connection_params()
    names = {"host", "port", "user", "password", "dbname"}
    return psycopg.conninfo.make_conninfo(
        **{name: value for name, value in parameters.items() if name in names}
    )


@pytest.mark.django_db(transaction=True)
def test_without_a_broker_what_is_committed_is_fanned_out_and_sent(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    settings.HUB_DATABASE_DIRECT_URL = url_of_test_database()
    stopped = threading.Event()

    def relay() -> None:
        module.run_relay(stopped)
        connections.close_all()

    thread = threading.Thread(target=relay)
    thread.start()
    try:
        hook = alerting.endpoint(make.member())
        type(hook).objects.update(url="https://127.0.0.1:9/refused")
        make.incident(make.member())
        assert until(lambda: Delivery.objects.filter(attempt_no=1, state="pending").exists())
    finally:
        stopped.set()
        thread.join(timeout=20)

    assert thread.is_alive() is False
    assert Event.objects.get().recipients == 1
    assert Delivery.objects.get().attempts.get().error == "refused_url"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_ends_when_it_is_asked(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    before = [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)]

    def run(stopped: threading.Event) -> None:
        os.kill(os.getpid(), number)
        assert stopped.wait(5)

    monkeypatch.setattr(module, "run_relay", run)
    try:
        result: Any = call_command("relay")
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])

    assert result is None


def until(condition: Callable[[], bool], seconds: float = 15) -> bool:
    """Whether it comes true in time."""
    pause = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if condition():
            return True
        pause.wait(0.05)
    return False
