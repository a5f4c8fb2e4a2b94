"""Listening to PostgreSQL, with connections that hear and that do not."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from hub.relay import notices as module
from hub.relay.notices import Notices

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def url() -> str:
    """The test database's address, which is not the one in the settings."""
    parameters = connection.get_connection_params()
    names = {"host", "port", "user", "password", "dbname"}
    return psycopg.conninfo.make_conninfo(
        **{name: value for name, value in parameters.items() if name in names}
    )


@pytest.fixture
def notices(url: str) -> Iterator[Notices]:
    made = Notices(url, ("some_channel", "other_channel"))
    yield made
    made.close()


def notify(channel: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [channel])


def seconds_of_wait(notices: Notices, seconds: float) -> float:
    began = time.monotonic()
    notices.wait(seconds)
    return time.monotonic() - began


@pytest.mark.parametrize("channel", ["some_channel", "other_channel"])
def test_a_notice_ends_the_wait(notices: Notices, channel: str) -> None:
    notices.wait(0)
    assert notices.are_heard is True

    notify(channel)

    assert seconds_of_wait(notices, 5) < 1


def test_without_a_notice_it_waits_as_long_as_asked(notices: Notices) -> None:
    notices.wait(0)

    assert seconds_of_wait(notices, 0.2) == pytest.approx(0.2, abs=0.1)


def test_many_notices_are_one(notices: Notices) -> None:
    notices.wait(0)
    for _ in range(50):
        notify("some_channel")
    notices.wait(5)
    time.sleep(0.05)
    notices.wait(5)

    assert seconds_of_wait(notices, 0.2) >= 0.19


def test_a_server_that_is_away_is_tried_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    away = Notices("postgresql://127.0.0.1:1/none", ("some_channel",))
    away.wait(0)
    assert away.are_heard is False

    assert seconds_of_wait(away, 0.1) == pytest.approx(0.1, abs=0.05)


def test_where_a_pooler_swallows_notices_that_is_noticed(
    notices: Notices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PROBE_SECONDS", 0.1)
    monkeypatch.setattr(module, "NOTIFY", "SELECT pg_notify('elsewhere', %s || %s)")

    notices.wait(0)

    assert notices.are_heard is False
    assert seconds_of_wait(notices, 0.2) == pytest.approx(0.2, abs=0.1)


def test_other_notices_do_not_pass_for_its_own(
    notices: Notices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PROBE_SECONDS", 0.1)
    monkeypatch.setattr(module, "NOTIFY", "SELECT pg_notify(%s, 'something else than ' || %s)")

    notices.wait(0)

    assert notices.are_heard is False


def test_a_connection_that_is_cut_is_made_anew(
    notices: Notices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)
    notices.wait(0)
    assert notices._connection is not None
    pid = notices._connection.info.backend_pid
    threading.Timer(0.1, terminate, [pid]).start()
    notices.wait(5)
    assert hears(notices) is False

    notices.wait(0)

    assert hears(notices) is True
    notify("some_channel")
    assert seconds_of_wait(notices, 5) < 1


def hears(notices: Notices) -> bool:
    return notices.are_heard


def terminate(pid: int) -> None:
    with psycopg.connect(settings.DATABASE_URL, autocommit=True) as superuser:
        superuser.execute("SELECT pg_terminate_backend(%s)", [pid])
