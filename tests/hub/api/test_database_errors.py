from __future__ import annotations

import logging
from typing import Any

import psycopg
import pytest
from django.db import (
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    connection,
)
from django.test import Client, RequestFactory

from hub.api import handlers
from hub.api.database_errors import hub_error_of, is_away
from tests.hub.api.conftest import As
from tests.hub.api.notes import FAILURES, Note

pytestmark = pytest.mark.urls("tests.hub.api.notes")


def database_error(kind: type[Error], sqlstate: str | None) -> Error:
    error = kind("Key (title)=(secret) already exists.")
    cause = psycopg.Error() if sqlstate is None else psycopg.errors.lookup(sqlstate)()
    error.__cause__ = cause
    return error


AWAY = [
    (OperationalError, None),  # connection refused, or lost
    (InterfaceError, None),  # the connection is closed
    (OperationalError, "08006"),
    (OperationalError, "57P01"),  # shut down by the administrator
    (OperationalError, "57P03"),  # starting up
    (OperationalError, "53300"),  # too many connections
    (OperationalError, "53100"),  # disk full
    (OperationalError, "25P03"),
]


@pytest.mark.parametrize(("kind", "sqlstate"), AWAY)
def test_a_database_that_does_not_answer_is_503_with_retry_after(
    writer: Client, kind: type[Error], sqlstate: str | None
) -> None:
    FAILURES["away"] = database_error(kind, sqlstate)

    answer = writer.post("/api/v1/notes/fail/", {}, "application/json", headers={"X-How": "away"})

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.json()["code"] == "unavailable"
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "kind", "sqlstate", "status", "code", "retry_after"),
    [
        ("POST", OperationalError, "40P01", 409, "try_again", "1"),
        ("POST", OperationalError, "40001", 409, "try_again", "1"),
        ("POST", OperationalError, "55P03", 409, "try_again", "1"),
        ("POST", OperationalError, "57014", 409, "try_again", "1"),
        ("GET", OperationalError, "57014", 400, "too_expensive", None),
        ("POST", IntegrityError, "23505", 409, "conflict", None),
        ("POST", IntegrityError, "23514", 409, "conflict", None),
        ("POST", DataError, "22003", 400, "invalid", None),
        ("GET", DataError, None, 400, "invalid", None),
        ("POST", OperationalError, "54000", 400, "invalid", None),
        ("POST", ProgrammingError, "42P01", 500, "server_error", None),
    ],
)
def test_what_the_database_refuses_is_no_server_error(  # noqa: PLR0917 - one row of the table
    writer: Client,
    method: str,
    kind: type[Error],
    sqlstate: str,
    status: int,
    code: str,
    retry_after: str | None,
) -> None:
    FAILURES["database"] = database_error(kind, sqlstate)

    answer = writer.generic(method, "/api/v1/notes/fail/", headers={"X-How": "database"})

    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert answer.headers.get("Retry-After") == retry_after
    assert b"secret" not in answer.content


def test_the_log_says_where_and_not_what(writer: Client, caplog: pytest.LogCaptureFixture) -> None:
    Note.objects.create(organisation="acme", title="secret plan")

    with caplog.at_level(logging.WARNING, logger="hub.api.database_errors"):
        answer = writer.post("/api/v1/notes/", {"title": "secret plan"}, "application/json")

    assert answer.status_code == 409
    (record,) = [record for record in caplog.records if record.name == "hub.api.database_errors"]
    assert record.getMessage() == "Database error met a request"
    fields: Any = record.__dict__
    assert fields["sqlstate"] == "23505"
    assert fields["constraint"] == "note_title_once"
    assert "secret" not in repr(record.__dict__)


@pytest.mark.django_db
def test_a_statement_that_takes_too_long_is_told_apart_from_a_lost_connection() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '20ms'")
        with pytest.raises(OperationalError) as raised:
            cursor.execute("SELECT pg_sleep(1)")

    assert is_away(raised.value) is False
    answer = hub_error_of(raised.value, reading=True)
    assert answer is not None
    assert answer.code == "too_expensive"


def test_a_lost_database_behind_a_page_is_a_page_with_503(as_: As) -> None:
    FAILURES["away"] = database_error(OperationalError, None)
    client = as_("writer")

    page = client.get("/page?how=away", headers={"Accept": "text/html"})
    program = client.get("/page?how=away", headers={"Accept": "application/json"})
    inside = client.get("/api/v1/page?how=away")

    assert [page.status_code, program.status_code, inside.status_code] == [503, 503, 503]
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Its database does not answer." in page.content.decode()
    assert page.headers["Retry-After"] == "5"
    assert program.headers["Content-Type"] == "application/problem+json"
    assert inside.json()["code"] == "unavailable"


def test_a_database_lost_in_middleware_is_503_too() -> None:
    request = RequestFactory().get("/api/v1/notes/")

    try:
        raise database_error(OperationalError, None)
    except OperationalError:
        answer = handlers.server_error(request)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"


def test_another_failure_of_a_page_stays_a_server_error(as_: As) -> None:
    answer = as_("writer").get("/api/v1/page?how=ours")

    assert answer.status_code == 500
    assert answer.json()["code"] == "server_error"
