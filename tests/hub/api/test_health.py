from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.backends.utils import CursorWrapper
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from hub.api import health

pytestmark = [pytest.mark.urls("tests.hub.api.notes"), pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health._readiness, "is_migrated", False)


def test_a_process_that_lives_says_so_without_the_database(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok")


def test_a_process_with_its_database_is_ready_and_then_asks_one_query(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    answer = client.get("/readyz")
    with django_assert_num_queries(1):
        again = client.get("/readyz")

    assert (answer.status_code, answer.content) == (200, b"ok")
    assert (again.status_code, again.content) == (200, b"ok")
    assert answer.headers["Cache-Control"] == "no-store"


def test_without_the_database_it_says_what_fails_and_nothing_more(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OperationalError("connection to server at 10.0.0.7, port 5432 failed")

    monkeypatch.setattr(connection, "cursor", refuse)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "database_away"
    assert answer.json()["detail"] == "The database does not answer."


def test_a_standby_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CursorWrapper, "fetchone", lambda _: (True,), raising=False)

    reply = client.get("/readyz")

    assert reply.status_code == 503
    assert reply.json()["code"] == "database_read_only"


def test_a_database_that_lacks_migrations_is_not_ready(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'api'")

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["code"] == "database_not_migrated"


def test_health_is_asked_and_not_told(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
    assert client.post("/readyz").status_code == 405


@pytest.mark.parametrize(
    ("headers", "token", "status"),
    [
        ({}, "", 200),
        ({"REMOTE_ADDR": "::1"}, "", 200),
        ({"REMOTE_ADDR": "::ffff:127.0.0.1"}, "", 200),
        ({"REMOTE_ADDR": "192.0.2.1"}, "", 403),
        ({"REMOTE_ADDR": ""}, "", 403),
        ({"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, "", 403),
        ({"HTTP_FORWARDED": "for=127.0.0.1"}, "", 403),
        ({"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1"}, "", 403),
        ({"REMOTE_ADDR": "192.0.2.1", "HTTP_AUTHORIZATION": "Bearer right"}, "right", 200),
        ({"REMOTE_ADDR": "192.0.2.1", "HTTP_AUTHORIZATION": "Bearer wrong"}, "right", 403),
        ({"REMOTE_ADDR": "192.0.2.1", "HTTP_AUTHORIZATION": "Bearer "}, "", 403),
        ({"REMOTE_ADDR": "192.0.2.1", "HTTP_AUTHORIZATION": "Basic right"}, "right", 403),
        ({"REMOTE_ADDR": "192.0.2.1", "HTTP_AUTHORIZATION": "Bearer ri\xffht"}, "right", 403),
    ],
)
def test_figures_are_for_this_machine_or_for_the_token(
    client: Client, settings: Settings, headers: dict[str, str], token: str, status: int
) -> None:
    settings.HUB_METRICS_TOKEN = token

    answer = client.get("/metrics", **dict[str, Any](headers))

    assert answer.status_code == status
    assert (b"python_info" in answer.content) is (status == 200)
