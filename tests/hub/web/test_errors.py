"""Pages of errors: for people in words, for programs of the API as problems."""

from __future__ import annotations

import pytest
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path

from hub.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500"]

RAISED = {
    "bad": BadRequest("<b>bad</b>"),
    "forbidden": PermissionDenied("To publish you must be lead of your organisation."),
    "hidden": Http404("DF-7K3Q9MXA is hidden"),
    "broken": ZeroDivisionError("secret"),
}


def fail(request: HttpRequest, how: str) -> HttpResponse:
    raise RAISED[how]


urlpatterns = [
    path("fail/<str:how>/", fail),
    path("", include("hub.urls")),
]

here = override_settings(ROOT_URLCONF=__name__)


def client() -> Client:
    return Client(raise_request_exception=False)


@here
@pytest.mark.parametrize(
    ("how", "status", "words"),
    [
        ("bad", 400, "The hub cannot read this request"),
        ("forbidden", 403, "To publish you must be lead of your organisation."),
        ("hidden", 404, "There is nothing here that you may read"),
        ("broken", 500, "The hub made a mistake"),
    ],
)
def test_an_error_is_a_page_in_words_that_tells_nothing_of_the_inside(
    how: str, status: int, words: str
) -> None:
    answer = client().get(f"/fail/{how}/")

    text = " ".join(answer.content.decode().split())
    assert answer.status_code == status
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert "'unsafe" not in answer["Content-Security-Policy"]
    assert words in text
    assert f'<p class="error-number"> {status} </p>' in text
    for inside in ("<b>bad", "DF-7K3Q9MXA", "secret", "Traceback"):
        assert inside not in text


@here
def test_a_mistake_is_named_by_the_id_that_the_log_knows() -> None:
    answer = client().get("/fail/broken/")

    assert f"<code>{answer['X-Request-Id']}</code>" in answer.content.decode()


@here
def test_hidden_and_absent_are_one_page_for_everybody() -> None:
    hidden = client().get("/fail/hidden/")
    absent = client().get("/no/such/page/?with=query")
    other = client()
    other.cookies["theme"] = "dark"
    part = other.get("/fail/hidden/", headers={"HX-Request": "true", "Accept": "*/*"})

    assert hidden.content == absent.content == part.content
    headers = [dict(answer.headers) for answer in (hidden, absent, part)]
    assert len({one.pop("X-Request-Id") for one in headers}) == 3
    assert headers[0] == headers[1] == headers[2]
    assert "Vary" not in hidden
    assert "Set-Cookie" not in hidden


@here
@pytest.mark.parametrize("accept", ["text/html", "*/*"])
def test_the_api_answers_with_problems_whoever_asks(accept: str) -> None:
    answer = client().get("/api/v1/no/such/path/", headers={"Accept": accept})

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_a_form_that_is_out_of_date_is_told_so_and_changes_nothing() -> None:
    strict = Client(enforce_csrf_checks=True)

    answer = strict.post("/theme/", {"theme": "dark"})

    assert answer.status_code == 403
    assert "This form is out of date" in answer.content.decode()
    assert "theme" not in answer.cookies
