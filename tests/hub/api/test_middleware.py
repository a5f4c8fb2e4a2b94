from __future__ import annotations

import logging
from uuid import UUID

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from hub.api.middleware import RequestIdMiddleware
from hub.kit.requests import request_id

pytestmark = pytest.mark.urls("tests.hub.api.notes")


def test_each_answer_names_its_request_and_believes_no_other_name(writer: Client) -> None:
    first = writer.get("/api/v1/notes/", headers={"X-Request-Id": "forged"})
    second = writer.get("/api/v1/nothing/")

    ids = [UUID(answer.headers["X-Request-Id"]) for answer in (first, second)]
    assert ids[0] < ids[1]
    assert {one.version for one in ids} == {7}


def test_the_id_is_known_while_the_request_is_served_and_forgotten_after() -> None:
    seen = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request_id.get())
        return HttpResponse()

    answer = RequestIdMiddleware(view)(RequestFactory().get("/"))

    assert seen == [answer["X-Request-Id"]]
    assert request_id.get() == ""


def test_answers_of_the_api_are_kept_by_nobody_and_run_nothing(writer: Client) -> None:
    for path in ("/api/v1/notes/", "/api/v1/nothing/", "/api/v1/schema/"):
        headers = writer.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Vary"] == "Accept, Authorization, Cookie"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert headers["X-Frame-Options"] == "DENY"


def test_a_mistake_is_logged_once_with_its_request(
    writer: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = writer.get("/api/v1/page?how=ours")

    assert answer.status_code == 500
    assert len([r for r in caplog.records if r.levelno == logging.ERROR]) == 1
