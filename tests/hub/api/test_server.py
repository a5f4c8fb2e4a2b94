"""What the web server cannot read is refused in the words of the API."""

from __future__ import annotations

import http.client
import json
import logging
import socket
from typing import Any
from uuid import UUID

import pytest
from gunicorn.config import Config
from gunicorn.http import errors as parsing

from hub.api.server import HubWorker

LOGGER = logging.getLogger("tests.server")


@pytest.fixture
def worker() -> Any:
    made = HubWorker.__new__(HubWorker)
    made.log, made.cfg = LOGGER, Config()
    return made


def answered(worker: Any, error: Exception) -> http.client.HTTPResponse:
    """What a client gets for a request that failed with this error."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        worker.handle_error(None, ours, ("192.0.2.1", 1), error)
        ours.shutdown(socket.SHUT_WR)
        response = http.client.HTTPResponse(theirs)
        response.begin()
        response.read_body = response.read()  # type: ignore[attr-defined] # before it closes
    return response


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (parsing.UnsupportedTransferCoding("rot13"), 400, "bad_request"),
        (parsing.InvalidRequestLine("<b>"), 400, "bad_request"),
        (parsing.InvalidHeader("X"), 400, "bad_request"),
        (parsing.ObsoleteFolding("X"), 400, "bad_request"),
        (parsing.ExpectationFailed("200-ok"), 400, "bad_request"),
        (parsing.LimitRequestLine(5000, 4094), 414, "address_too_long"),
        (parsing.LimitRequestHeaders("limit request headers fields"), 431, "headers_too_large"),
    ],
)
def test_it_is_a_problem_that_repeats_nothing(
    worker: Any, caplog: pytest.LogCaptureFixture, error: Exception, status: int, code: str
) -> None:
    with caplog.at_level(logging.WARNING):
        response: Any = answered(worker, error)

    problem = json.loads(response.read_body)
    assert (response.status, problem["status"], problem["code"]) == (status, status, code)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Connection"] == "close"
    assert int(response.headers["Content-Length"]) == len(response.read_body)
    assert UUID(response.headers["X-Request-Id"]).version == 7
    assert set(problem) == {"type", "title", "status", "detail", "code", "errors"}
    (line,) = caplog.messages
    assert line == f"Unreadable request {response.headers['X-Request-Id']}: {type(error).__name__}"


@pytest.mark.parametrize(
    "error", [parsing.InvalidResponseHeader("X"), ZeroDivisionError("a mistake")]
)
def test_mistakes_of_ours_stay_server_errors(worker: Any, error: Exception) -> None:
    assert answered(worker, error).status == 500


def test_a_client_that_has_gone_is_no_error(worker: Any) -> None:
    ours, theirs = socket.socketpair()
    theirs.close()

    worker.handle_error(None, ours, None, parsing.InvalidRequestLine("x"))
    ours.close()

    assert ours.fileno() == -1
