from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event
from typing import Any

import psycopg
import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client

from hub.api.models import IdempotentAnswer
from hub.api.services import forget_refusals, purge_expired_answers
from hub.kit import clock
from tests.hub.api.conftest import As
from tests.hub.api.notes import FAILURES, Note, NoteViewSet

pytestmark = pytest.mark.urls("tests.hub.api.notes")

NOTES = "/api/v1/notes/"
JSON = "application/json"
RUNNING = 409
CREATED = 201


def post(client: Client, body: Any, key: str = "key-1", path: str = NOTES, **headers: str) -> Any:
    return client.post(path, body, JSON, headers={"Idempotency-Key": key, **headers})


def test_the_first_answer_is_given_again_and_nothing_is_done_twice(writer: Client) -> None:
    first = post(writer, {"title": "once"})
    second = post(writer, {"title": "once"})

    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    for name in ("Location", "ETag", "Content-Type"):
        assert first.headers[name] == second.headers[name]
    assert Note.objects.count() == 1


def test_without_a_key_each_request_stands_for_itself(writer: Client) -> None:
    assert writer.post(NOTES, {"title": "a"}, JSON).status_code == 201
    assert writer.post(NOTES, {"title": "b"}, JSON).status_code == 201
    assert IdempotentAnswer.objects.count() == 0


@pytest.mark.parametrize("body", ['{"title":"twice"}', '{"title": "once" }', "{}"])
def test_another_body_under_the_same_key_is_422(writer: Client, body: str) -> None:
    post(writer, '{"title": "once"}')

    answer = post(writer, body)

    assert answer.status_code == 422
    assert answer.json()["code"] == "idempotency_key_reused"
    assert Note.objects.count() == 1


def test_a_key_counts_for_one_caller_one_path_and_one_key(as_: As) -> None:
    row = Note.objects.create(organisation="acme", title="there")

    answers = [
        post(as_("writer"), {"title": "a"}),
        post(as_("second"), {"title": "b"}),
        post(as_("person"), {"title": "c"}),
        post(as_("stranger"), {"title": "d"}),
        post(as_("writer"), {"title": "e"}, key="key-2"),
        post(as_("writer"), {}, path=f"{NOTES}{row.pk}/lock/"),
    ]

    assert [answer.status_code for answer in answers] == [201, 201, 201, 201, 201, 200]
    assert IdempotentAnswer.objects.count() == 6


def test_invalid_input_is_stored_too(writer: Client) -> None:
    first = post(writer, {"title": ""})
    second = post(writer, {"title": ""})

    assert first.status_code == second.status_code == 400
    assert first.content == second.content
    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.headers["Content-Type"] == "application/problem+json"
    assert Note.objects.count() == 0


def test_a_refusal_that_may_pass_is_not_stored_and_leaves_nothing_behind(writer: Client) -> None:
    row = Note.objects.create(organisation="acme", title="open", is_locked=True)
    path = f"{NOTES}{row.pk}/lock/"

    refused = post(writer, {}, path=path)
    Note.objects.update(is_locked=False)
    done = post(writer, {}, path=path)

    assert refused.status_code == 409
    assert done.status_code == 200
    assert "Idempotency-Replayed" not in done.headers


@pytest.mark.parametrize(
    ("how", "status", "kept"), [("reauthentication", 403, 0), ("absent in the body", 400, 1)]
)
def test_what_a_refused_request_began_is_undone(
    writer: Client, how: str, status: int, kept: int
) -> None:
    answer = post(writer, {}, path=f"{NOTES}fail/", **{"X-How": how})

    assert answer.status_code == status
    assert Note.objects.count() == 0
    assert IdempotentAnswer.objects.count() == kept


def test_refusals_of_an_organisation_are_forgotten_and_judged_anew(as_: As) -> None:
    post(as_("writer"), {"title": "once"})
    post(as_("writer"), {"titel": "wrong"}, key="key-2")
    post(as_("stranger"), {"titel": "wrong"}, key="key-2")

    assert [forget_refusals("acme") for _ in range(2)] == [1, 0]

    again = post(as_("writer"), {"titel": "wrong"}, key="key-2")
    assert (again.status_code, "Idempotency-Replayed" in again.headers) == (400, False)
    theirs = post(as_("stranger"), {"titel": "wrong"}, key="key-2")
    assert (theirs.status_code, "Idempotency-Replayed" in theirs.headers) == (400, True)
    assert post(as_("writer"), {"title": "once"}).headers["Idempotency-Replayed"] == "true"
    assert Note.objects.count() == 1


def test_a_mistake_of_ours_is_not_stored(writer: Client) -> None:
    answer = post(writer, {}, path=f"{NOTES}fail/", **{"X-How": "ours"})

    assert answer.status_code == 500
    assert Note.objects.count() == 0
    assert IdempotentAnswer.objects.count() == 0


def test_an_answer_is_not_given_again_to_one_who_may_not_see_the_object_now(
    writer: Client,
) -> None:
    post(writer, {"title": "once"})
    Note.objects.update(organisation="globex")

    answer = post(writer, {"title": "once"})

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_an_answer_about_an_object_asks_for_the_object_again(writer: Client) -> None:
    row = Note.objects.create(organisation="acme", title="open")
    path = f"{NOTES}{row.pk}/lock/"
    post(writer, {}, path=path)

    Note.objects.update(title="untouchable")
    forbidden = post(writer, {}, path=path)
    Note.objects.update(organisation="globex")
    hidden = post(writer, {}, path=path)

    assert forbidden.status_code == 403
    assert hidden.status_code == 404


def test_a_lost_scope_is_asked_for_again(as_: As, monkeypatch: pytest.MonkeyPatch) -> None:
    post(as_("writer"), {"title": "once"})
    monkeypatch.setitem(NoteViewSet.required_scopes, "create", "notes:admin")

    assert post(as_("writer"), {"title": "once"}).status_code == 403


@pytest.mark.parametrize("key", ["", "two words", "naïve", "tab\t", "x" * 256])
def test_a_key_is_visible_ascii(writer: Client, key: str) -> None:
    answer = post(writer, {"title": "a"}, key=key)

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_idempotency_key"
    assert Note.objects.count() == 0


@pytest.mark.parametrize("key", ["!", "~" * 255, '"quoted",;='])
def test_any_visible_ascii_is_a_key(writer: Client, key: str) -> None:
    assert post(writer, {"title": "a"}, key=key).status_code == 201
    assert post(writer, {"title": "a"}, key=key).headers["Idempotency-Replayed"] == "true"


def test_a_key_on_a_preview_changes_nothing(writer: Client) -> None:
    first = post(writer, {}, path=f"{NOTES}preview/")
    second = post(writer, {}, path=f"{NOTES}preview/")

    assert first.content != second.content
    assert IdempotentAnswer.objects.count() == 0


def test_after_a_day_the_key_is_new(writer: Client) -> None:
    with time_machine.travel("2026-11-22T12:00:00Z", tick=False) as traveller:
        post(writer, {"title": "a"})
        traveller.shift(timedelta(hours=23, minutes=59))
        again = post(writer, {"title": "a"})
        traveller.shift(timedelta(minutes=1))
        anew = post(writer, {"title": "b"})

    assert again.headers["Idempotency-Replayed"] == "true"
    assert anew.status_code == 201
    assert "Idempotency-Replayed" not in anew.headers
    assert IdempotentAnswer.objects.count() == 1


def test_expired_answers_are_purged_and_others_are_not(writer: Client) -> None:
    post(writer, {"title": "a"})
    post(writer, {"title": "b"}, key="key-2")
    old = IdempotentAnswer.objects.order_by("pk")[0]
    IdempotentAnswer.objects.filter(pk=old.pk).update(expires_at=clock.now())

    assert purge_expired_answers() == 1
    assert purge_expired_answers() == 0
    assert IdempotentAnswer.objects.count() == 1


def test_stored_answers_cannot_be_read_in_the_table(writer: Client) -> None:
    post(writer, {"title": "secret plan"}, key="secret-key")

    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(stored)::text FROM api_idempotentanswer AS stored")
        (text,) = cursor.fetchone()

    assert b"secret plan".hex() not in text
    assert "secret" not in text
    assert str(IdempotentAnswer.objects.get()).count("-") == 4


@pytest.mark.parametrize("keys", [3])
def test_of_20_parallel_posts_with_one_key_exactly_one_is_carried_out(
    committing: As, keys: int
) -> None:
    for number in range(keys):
        key, body = f"key-{number}", {"title": f"note {number}"}

        answers = in_parallel(20, lambda: post(committing("writer"), body, key=key))  # noqa: B023

        statuses = Counter(answer.status_code for answer in answers)
        assert set(statuses) <= {CREATED, RUNNING}
        first = [a for a in answers if a.status_code == CREATED and not replayed(a)]
        assert len(first) == 1
        assert {a.content for a in answers if a.status_code == CREATED} == {first[0].content}
        assert {a.headers["Retry-After"] for a in answers if a.status_code == RUNNING} <= {"1"}
    assert Note.objects.count() == keys
    assert IdempotentAnswer.objects.count() == keys


def test_while_the_first_runs_the_second_is_told_to_wait(
    committing: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, finish = Event(), Event()
    create = NoteViewSet.perform_create

    def dawdle(self: NoteViewSet, data: dict[str, Any]) -> Note:
        started.set()
        finish.wait(10)
        return create(self, data)

    monkeypatch.setattr(NoteViewSet, "perform_create", dawdle)
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(closing, lambda: post(committing("writer"), {"title": "a"}))
        started.wait(10)
        second = post(committing("writer"), {"title": "a"})
        finish.set()
    third = post(committing("writer"), {"title": "a"})

    assert first.result().status_code == 201
    assert second.status_code == 409
    assert second.json()["code"] == "request_running"
    assert second.headers["Retry-After"] == "1"
    assert third.headers["Idempotency-Replayed"] == "true"
    assert Note.objects.count() == 1


def test_a_change_is_not_committed_without_its_stored_answer(
    committing: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> bytes:
        raise RuntimeError("the key ring is gone")

    with monkeypatch.context() as patched:
        patched.setattr("hub.kit.crypto.encrypt", fail)
        answer = post(committing("writer"), {"title": "a"})

    assert answer.status_code == 500
    assert Note.objects.count() == 0
    assert post(committing("writer"), {"title": "a"}).status_code == 201


def test_a_lost_race_in_the_database_is_not_stored(writer: Client) -> None:
    FAILURES["deadlock"] = OperationalError("deadlock detected")
    FAILURES["deadlock"].__cause__ = psycopg.errors.DeadlockDetected()

    answer = post(writer, {}, path=f"{NOTES}fail/", **{"X-How": "deadlock"})

    assert answer.status_code == 409
    assert answer.json()["code"] == "try_again"
    assert Note.objects.count() == 0
    assert IdempotentAnswer.objects.count() == 0


def replayed(answer: Any) -> bool:
    return "Idempotency-Replayed" in answer.headers


def in_parallel(count: int, call: Any) -> list[Any]:
    """Call it `count` times at one moment, each on a connection of its own."""
    barrier = Barrier(count)

    def once(_: int) -> Any:
        barrier.wait()
        return closing(call)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(once, range(count)))


def closing(call: Any) -> Any:
    try:
        return call()
    finally:
        connection.close()
