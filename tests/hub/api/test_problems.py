from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.files.uploadhandler import StopUpload
from django.test import Client, RequestFactory
from rest_framework import exceptions

from hub.api import handlers
from hub.api.problems import field_errors, problem_of
from hub.kit.errors import Conflict, FieldError, InvalidInput, TooManyRequests
from tests.hub.api.conftest import As
from tests.hub.api.notes import FAILURES, Note

pytestmark = pytest.mark.urls("tests.hub.api.notes")

NOT_FOUND = (
    b'{"type":"about:blank","title":"Not found","status":404,'
    b'"detail":"There is nothing here that you may read. Every path ends with a slash.",'
    b'"code":"not_found","errors":[]}'
)
ABSENT_ID = "01900000-0000-7000-8000-000000000000"
VARYING = {"Date", "X-Request-Id"}


def headers_of(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.items() if name not in VARYING}


def test_hidden_absent_and_unknown_paths_have_one_answer(as_: As) -> None:
    note = Note.objects.create(organisation="globex", title="hidden")
    client = as_("writer")

    answers = [
        client.get(f"/api/v1/notes/{note.pk}/"),
        client.get(f"/api/v1/notes/{ABSENT_ID}/"),
        client.get("/api/v1/notes/999999999999999999999999/"),
        client.get("/api/v1/notes/not-an-id/"),
        client.get("/api/v1/notes/%00/"),
        client.get("/api/v1/notes"),
        client.get("/api/"),
        client.post("/api/v1/nothing/", {"a": 1}),
        client.patch(f"/api/v1/notes/{note.pk}/", {}, "application/json"),
        client.patch(f"/api/v1/notes/{ABSENT_ID}/", {}, "application/json"),
        client.delete(f"/api/v1/notes/{note.pk}/"),
        client.post(f"/api/v1/notes/{note.pk}/lock/", {}, "application/json"),
        client.post("/api/v1/notes/fail/", {}, "application/json", headers={"X-How": "absent"}),
        Client().get("/api/v1/nothing/"),
    ]

    assert {answer.content for answer in answers} == {NOT_FOUND}
    assert {answer.status_code for answer in answers} == {404}
    headers = headers_of(answers[0])
    assert [headers_of(answer) for answer in answers] == [headers] * len(answers)
    assert headers["Content-Type"] == "application/problem+json"


def test_hidden_and_absent_cost_the_same_queries(as_: As, django_assert_num_queries: Any) -> None:
    note = Note.objects.create(organisation="globex", title="hidden")
    client = as_("writer")

    for path in (f"/api/v1/notes/{note.pk}/", f"/api/v1/notes/{ABSENT_ID}/"):
        with django_assert_num_queries(2):  # the limit, and the row
            assert client.get(path).status_code == 404


def test_nobody_and_anybody_unknown_get_the_same_401(as_: As) -> None:
    nobody = Client().get("/api/v1/notes/")
    unknown = as_("somebody").get(f"/api/v1/notes/{ABSENT_ID}/")

    assert nobody.status_code == unknown.status_code == 401
    assert nobody.content == unknown.content
    assert nobody.json()["code"] == "not_authenticated"
    assert headers_of(nobody) == headers_of(unknown)
    assert nobody.headers["WWW-Authenticate"] == 'Bearer realm="hub"'


@pytest.mark.parametrize("method", ["PUT", "OPTIONS", "TRACE", "PURGE"])
def test_a_method_that_is_not_offered_is_405_with_those_that_are(
    writer: Client, method: str
) -> None:
    answer = writer.generic(method, "/api/v1/notes/")

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, POST"
    assert answer.json()["code"] == "method_not_allowed"


def test_a_missing_credential_comes_before_a_wrong_method(as_: As) -> None:
    assert Client().put("/api/v1/notes/").status_code == 401


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "application/xml, text/*;q=0.5",
        "application/json;q=0, */*",
        "x;charset*=no''x",
        ";",
    ],
)
def test_an_answer_that_is_not_accepted_is_406(writer: Client, accept: str) -> None:
    answer = writer.get("/api/v1/notes/", headers={"Accept": accept})

    assert answer.status_code == 406
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"] == "The answer comes as application/json."


@pytest.mark.parametrize(
    "accept",
    ["", "*/*", "application/*", "text/html, */*;q=0.8", "application/json; indent=4; charset=x"],
)
def test_an_accepted_answer_is_the_same_however_it_is_asked_for(
    writer: Client, accept: str
) -> None:
    answer = writer.get("/api/v1/notes/", headers={"Accept": accept})

    assert answer.status_code == 200
    assert answer.content == b'{"results":[],"next":null,"previous":null}'
    assert answer.headers["Content-Type"] == "application/json"


def test_a_form_of_the_answer_cannot_be_asked_for_in_the_address(writer: Client) -> None:
    answer = writer.get("/api/v1/notes/?format=xml")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/format"


@pytest.mark.parametrize(
    ("how", "status", "code", "pointers"),
    [
        ("reauthentication", 403, "reauthentication_required", []),
        ("absent in the body", 400, "invalid", ["/owner"]),
        ("ours", 500, "server_error", []),
    ],
)
def test_what_a_view_raises_is_told_as_a_problem(
    writer: Client, how: str, status: int, code: str, pointers: list[str]
) -> None:
    answer = writer.post("/api/v1/notes/fail/", {}, "application/json", headers={"X-How": how})

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert list(body) == ["type", "title", "status", "detail", "code", "errors"]
    assert body["status"] == status
    assert body["code"] == {"absent in the body": "not_found"}.get(how, code)
    assert [error["pointer"] for error in body["errors"]] == pointers


def test_errors_are_in_english_whatever_the_browser_speaks(writer: Client) -> None:
    answer = writer.post(
        "/api/v1/notes/",
        {"published_at": "2026-01-01T00:00:00Z"},
        "application/json",
        headers={"Accept-Language": "de"},
    )

    assert answer.json()["errors"] == [
        {"pointer": "/title", "code": "required", "detail": "This field is required."}
    ]


def test_an_error_tree_is_flattened_to_pointers() -> None:
    tree = exceptions.ValidationError(
        {
            "non_field_errors": ["about all of it"],
            "a/b": {"c~d": ["deep"]},
            "list": [{}, {"x": ["in the second"]}],
            "indexed": {"2": [exceptions.ErrorDetail("in the third", code="third")]},
            "both": ["one", "two"],
        }
    )

    assert list(field_errors(tree.detail)) == [
        FieldError("", "invalid", "about all of it"),
        FieldError("/a~1b/c~0d", "invalid", "deep"),
        FieldError("/list/1/x", "invalid", "in the second"),
        FieldError("/indexed/2", "third", "in the third"),
        FieldError("/both", "invalid", "one"),
        FieldError("/both", "invalid", "two"),
    ]


@pytest.mark.parametrize(
    ("error", "status", "code", "errors"),
    [
        (exceptions.PermissionDenied("no"), 403, "not_allowed", 0),
        (PermissionDenied(), 403, "not_allowed", 0),
        (exceptions.ParseError("what?"), 400, "parse_error", 0),
        (exceptions.ValidationError(["a", "b"]), 400, "invalid", 2),
        (DjangoValidationError("wrong", code="odd"), 400, "invalid", 1),
        (DjangoValidationError({"a": ["x", "y"], "__all__": ["z"]}), 400, "invalid", 3),
        (Conflict(pointer="/a"), 409, "conflict", 1),
        (Conflict(), 409, "conflict", 0),
        (InvalidInput(), 400, "invalid", 1),
        (SuspiciousOperation(), 400, "bad_request", 0),
        (RequestDataTooBig(), 413, "body_too_large", 0),
    ],
    ids=repr,
)
def test_each_kind_of_error_has_its_problem(
    error: Exception, status: int, code: str, errors: int
) -> None:
    problem = problem_of(error)

    assert problem is not None
    assert (problem.status, problem.code, len(problem.errors)) == (status, code, errors)


def test_how_long_to_wait_is_told_in_a_header() -> None:
    throttled = problem_of(exceptions.Throttled(wait=1.2))
    limited = problem_of(TooManyRequests(retry_after=7))

    assert throttled is not None
    assert throttled.headers == {"Retry-After": "2"}
    assert throttled.code == "too_many_requests"
    assert limited is not None
    assert limited.headers == {"Retry-After": "7"}


def test_what_nobody_foresaw_is_no_problem_of_ours() -> None:
    assert problem_of(ZeroDivisionError()) is None


def test_too_many_parameters_are_400_not_500(writer: Client) -> None:
    answer = writer.get("/api/v1/notes/?" + "&".join(f"a{n}=1" for n in range(5100)))

    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_request"


def test_a_foreign_host_name_is_400(writer: Client) -> None:
    answer = writer.get("/api/v1/notes/", headers={"Host": "evil.example"})

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_missing_csrf_token_is_told_as_a_problem() -> None:
    request = RequestFactory().post("/api/v1/notes/")

    answer = handlers.csrf_failure(request, reason="no cookie")

    assert answer.status_code == 403
    assert b'"code":"csrf_failed"' in answer.content


def test_outside_the_api_errors_are_pages(as_: As) -> None:
    FAILURES["missing page"] = exceptions.NotFound()
    request = RequestFactory().get("/somewhere/")

    assert b"<h1>" in handlers.bad_request(request, StopUpload()).content
    assert b"<h1>" in handlers.permission_denied(request, PermissionError()).content
    assert b"<h1>" in handlers.not_found(request).content
    assert b"<h1>" in handlers.server_error(request).content
    assert b"<h1>" in handlers.csrf_failure(request).content


def test_inside_the_api_djangos_own_errors_are_problems() -> None:
    request = RequestFactory().get("/api/v1/")

    assert b'"status":400' in handlers.bad_request(request, StopUpload()).content
    assert b'"status":403' in handlers.permission_denied(request, PermissionError()).content
    assert b'"status":500' in handlers.server_error(request).content
