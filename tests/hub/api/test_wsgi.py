from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import RequestFactory

from hub.api.wsgi import HubWSGIHandler

pytestmark = [pytest.mark.urls("tests.hub.api.notes"), pytest.mark.django_db]


@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset*=nonsense''x", "a; b*=x'y'z", "; =", "multipart/form-data"],
)
def test_no_content_type_is_a_server_error(content_type: str, notes_table: None) -> None:
    refused = answer(
        "POST",
        "/api/v1/notes/",
        b"{}",
        CONTENT_TYPE=content_type,
        HTTP_AUTHORIZATION="Bearer writer",
    )

    assert refused.status_code == 415


def test_the_answer_to_head_has_the_headers_of_get_and_no_body() -> None:
    got, head = answer("GET", "/api/v1/nothing/"), answer("HEAD", "/api/v1/nothing/")

    assert got.content
    assert head.content == b""
    assert head.status_code == 404
    assert head["Content-Length"] == got["Content-Length"] == str(len(got.content))


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/\xff", 404), ("", 404)])
def test_any_path_is_answered(path: str, status: int) -> None:
    assert answer("GET", path).status_code == status


def answer(method: str, path: str, body: bytes = b"", **meta: str) -> Any:
    environ: dict[str, Any] = RequestFactory().generic(method, "/").environ
    environ |= {
        "PATH_INFO": path,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        **meta,
    }
    handler = HubWSGIHandler()
    # Not the handler itself: it would close the connection that the test's transaction is on.
    return handler.get_response(handler.request_class(environ))
