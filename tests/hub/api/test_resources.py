from __future__ import annotations

import logging

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django import Settings

from tests.hub.api.conftest import As
from tests.hub.api.notes import Note, NoteViewSet

pytestmark = pytest.mark.urls("tests.hub.api.notes")

NOTES = "/api/v1/notes/"
JSON = "application/json"


def note(title: str, *, organisation: str = "acme", **fields: object) -> Note:
    return Note.objects.create(organisation=organisation, title=title, **fields)


def test_what_is_created_is_answered_as_get_shows_it(writer: Client, settings: Settings) -> None:
    settings.HUB_BASE_URL = "https://hub.example"

    made = writer.post(NOTES, {"title": "new", "rank": 3}, JSON)

    row = Note.objects.get()
    assert made.status_code == 201
    assert made.headers["Location"] == f"https://hub.example/api/v1/notes/{row.pk}/"
    assert made.json() == {"id": str(row.pk), "title": "new", "colour": "red", "rank": 3}
    shown = writer.get(f"{NOTES}{row.pk}/")
    assert shown.content == made.content
    assert shown.headers["ETag"] == made.headers["ETag"]


def test_a_patch_changes_what_it_names(writer: Client) -> None:
    row = note("old", rank=5)
    etag = writer.get(f"{NOTES}{row.pk}/").headers["ETag"]

    for content_type in (JSON, "application/merge-patch+json"):
        answer = writer.patch(
            f"{NOTES}{row.pk}/", '{"title": "new"}', content_type, headers={"If-Match": etag}
        )
        assert answer.status_code == 200
        etag = answer.headers["ETag"]

    row.refresh_from_db()
    assert (row.title, row.rank) == ("new", 5)
    assert writer.get(f"{NOTES}{row.pk}/").headers["ETag"] == etag


def test_what_is_deleted_is_gone(writer: Client) -> None:
    row = note("old")

    answer = writer.delete(f"{NOTES}{row.pk}/")

    assert answer.status_code == 204
    assert answer.content == b""
    assert Note.objects.exists() is False


def test_an_action_answers_with_the_whole_object(writer: Client) -> None:
    row = note("open")

    first = writer.post(f"{NOTES}{row.pk}/lock/", {}, JSON)
    second = writer.post(f"{NOTES}{row.pk}/lock/", {}, JSON)

    assert first.status_code == 200
    assert first.json()["title"] == "open"
    assert second.status_code == 409
    assert second.json()["detail"] == "It is locked already."


def test_head_is_get_without_a_body(writer: Client) -> None:
    row = note("one")

    answer = writer.head(f"{NOTES}{row.pk}/")

    assert answer.status_code == 200
    assert answer.content == b""
    assert answer.headers["ETag"] == writer.get(f"{NOTES}{row.pk}/").headers["ETag"]


def test_a_body_may_be_a_list_where_the_action_says_so(writer: Client) -> None:
    path = f"{NOTES}ranks/"

    assert writer.put(path, [1, 2], JSON).json() == [1, 2]
    assert writer.put(path, {"a": 1}, JSON).json()["detail"] == "Send a list, not an object."
    assert writer.put(path, [1, 2, 3, 4], JSON).json()["detail"] == "At most 3 items; this has 4."
    assert writer.put(path, [1, 77], JSON).json()["errors"][0]["pointer"] == "/1"


@pytest.mark.parametrize(("body", "kind"), [("[]", "a list"), ('"x"', "text"), ("1", "a number")])
def test_a_body_that_is_no_object_is_refused(writer: Client, body: str, kind: str) -> None:
    answer = writer.post(NOTES, body, JSON)

    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {"pointer": "", "code": "wrong_type", "detail": f"Send an object, not {kind}."}
    ]


def test_null_is_no_object_either(writer: Client) -> None:
    answer = writer.post(NOTES, "null", JSON)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == ""


def test_an_action_that_takes_nothing_refuses_what_it_is_given(writer: Client) -> None:
    row = note("open")

    answer = writer.post(f"{NOTES}{row.pk}/lock/", {"force": True}, JSON)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/force"
    row.refresh_from_db()
    assert row.is_locked is False


@pytest.mark.parametrize(
    ("query", "pointer", "words"),
    [
        (
            "?color=red",
            "/color",
            "There is no query parameter “color” here. Did you mean “colour”?",
        ),
        ("?~/=1", "/~0~1", "There is no query parameter “~/” here. Known: "),
        ("?colour=red&colour=blue", "/colour", "colour may be given once; "),
        ("?colour=%00", "/colour", "colour must not contain U+0000."),
        ("?ordering=title", "/ordering", "Lists cannot be ordered by “title”. Known: "),
        ("?ordering=--rank", "/ordering", "Lists cannot be ordered by “-rank”. "),
        ("?ordering=", "/ordering", "Lists cannot be ordered by “”. "),
    ],
)
def test_a_wrong_query_parameter_is_refused_with_what_would_be_right(
    writer: Client, query: str, pointer: str, words: str
) -> None:
    answer = writer.get(NOTES + query)

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["pointer"] == pointer
    assert error["detail"].startswith(words)


def test_single_objects_and_actions_take_no_unknown_parameters(writer: Client) -> None:
    row = note("one")

    assert writer.get(f"{NOTES}{row.pk}/?x=1").status_code == 400
    assert writer.post(f"{NOTES}{row.pk}/lock/?x=1", {}, JSON).status_code == 400
    assert writer.delete(f"{NOTES}{row.pk}/?x=1").status_code == 400
    assert writer.post(f"{NOTES}?x=1", {"title": "a"}, JSON).status_code == 400
    assert Note.objects.filter(is_locked=False).count() == 1


def test_checks_come_in_the_promised_order(as_: As) -> None:
    hidden = note("hidden", organisation="globex")
    untouchable = note("untouchable")
    plain = note("plain")
    bad = {"rank": "much"}

    def patch(name: str, row: Note, body: object, **headers: str) -> int:
        path = f"{NOTES}{row.pk}/?unknown=1"
        answer = as_(name).patch(path, body, JSON, headers=headers)
        return answer.status_code

    assert patch("nobody", hidden, "{") == 401
    assert patch("reader", hidden, "x" * (1024 * 1024 + 1)) == 413
    assert patch("reader", hidden, "{") == 400
    assert patch("reader", hidden, bad) == 403
    assert patch("writer", hidden, bad) == 404
    assert patch("writer", untouchable, bad) == 403
    assert patch("writer", plain, bad) == 428
    assert patch("writer", plain, bad, **{"If-Match": '"stale"'}) == 412
    assert patch("writer", plain, bad, **{"If-Match": "*"}) == 400


def test_a_scope_limits_tokens_and_not_persons(as_: As) -> None:
    answer = as_("reader").post(NOTES, {"title": "a"}, JSON)

    assert answer.status_code == 403
    assert answer.json()["code"] == "scope_missing"
    assert answer.json()["detail"] == "This needs a token with the scope notes:write."
    assert Note.objects.exists() is False
    assert as_("person").post(NOTES, {"title": "a"}, JSON).status_code == 201


def test_an_action_without_a_declared_scope_cannot_be_routed() -> None:
    with pytest.raises(ImproperlyConfigured, match="required_scopes lacks publish"):
        NoteViewSet.as_view({"post": "publish"})


def test_a_view_hears_of_each_refusal_after_it_was_undone(
    writer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[str, bool]] = []
    row = note("untouchable")

    def hear(self: NoteViewSet, error: Exception) -> None:
        heard.append((type(error).__name__, Note.objects.count() == 1))

    monkeypatch.setattr(NoteViewSet, "on_refusal", hear)

    writer.delete(f"{NOTES}{row.pk}/")
    writer.post(
        f"{NOTES}fail/",
        {},
        JSON,
        headers={"X-How": "reauthentication", "Idempotency-Key": "k"},
    )

    assert heard == [("NotAllowed", True), ("ReauthenticationRequired", True)]


def test_an_ordinary_request_asks_the_database_twice(
    writer: Client, django_assert_num_queries: object
) -> None:
    note("one")

    with django_assert_num_queries(2):  # type: ignore[operator] # the limit, and the page
        writer.get(NOTES)


def test_nothing_sent_is_logged(writer: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="hub"):
        writer.post(NOTES, {"title": "x" * 21, "colour": "secret"}, JSON)

    assert "secret" not in caplog.text
