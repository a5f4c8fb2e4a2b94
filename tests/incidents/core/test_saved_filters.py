"""Saved filters over REST."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.roles import Role
from hub.audit.models import AuditEntry
from incidents.core.models import SavedFilter
from tests import make
from tests.conftest import Login

FILTERS = "/api/v1/saved-filters/"
MINE: dict[str, Any] = {"name": "Mine", "query": {"q": "voice", "country": "SK,US"}}


def send(client: Any, method: str, path: str, body: Any = None) -> Any:
    return client.generic(method, path, data=json.dumps(body), content_type="application/json")


def errors(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 400, answer.content
    return [(one["pointer"], one["code"]) for one in answer.json()["errors"]]


@pytest.fixture
def analyst(db: None) -> User:
    return make.user(make.member("acme"), role=Role.ANALYST)


def colleague(of: User, role: str) -> User:
    return make.user(of.member, role=role)


def test_a_filter_is_saved_and_asks_the_list_again(as_person: Login, analyst: User) -> None:
    client = as_person(analyst)
    found = make.incident(title="A voice", countries=["SK"])
    make.incident(title="A voice", countries=["DE"])

    created = send(client, "POST", FILTERS, MINE)

    assert created.status_code == 201, created.content
    saved = created.json()
    assert created["Location"].endswith(f"{FILTERS}{saved['id']}/")
    assert (saved["name"], saved["shared"], saved["query"]) == ("Mine", False, MINE["query"])
    assert saved["url"].endswith("/api/v1/incidents/?q=voice&country=SK%2CUS")
    rows = client.get(saved["url"].removeprefix("http://127.0.0.1:8000")).json()["results"]
    assert [row["ref"] for row in rows] == [found.ref]
    assert client.get(f"{FILTERS}{saved['id']}/").json() == saved
    assert client.get(FILTERS).json()["results"] == [saved]


def test_what_is_kept_is_changed_and_deleted(as_person: Login, analyst: User) -> None:
    client = as_person(analyst)
    path = f"{FILTERS}{send(client, 'POST', FILTERS, MINE).json()['id']}/"

    changed = send(
        client, "PATCH", path, {"query": {"q": None, "ordering": "-severity"}, "shared": True}
    )
    renamed = send(client, "PATCH", path, {"name": "Ours"})

    assert changed.json()["query"] == {"country": "SK,US", "ordering": "-severity"}
    assert (renamed.json()["name"], renamed.json()["shared"]) == ("Ours", True)
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404
    actions = AuditEntry.objects.filter(action__startswith="filter.").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == [
        "filter.create", "filter.update", "filter.update", "filter.delete",
    ]  # fmt: skip


def test_own_filters_are_for_nobody_else_and_shared_ones_for_the_organisation(
    as_person: Login, as_token: Login, analyst: User
) -> None:
    client = as_person(analyst)
    for name, shared in (("Mine", False), ("Ours", True)):
        send(client, "POST", FILTERS, MINE | {"name": name, "shared": shared})
    viewer, token = as_person(colleague(analyst, Role.VIEWER)), as_token(make.member())
    assert analyst.member is not None
    own_token = as_token(analyst.member)

    def names(of: Any) -> list[str]:
        return [row["name"] for row in of.get(FILTERS).json()["results"]]

    assert names(client) == ["Ours", "Mine"]
    assert names(viewer) == names(own_token) == ["Ours"]
    assert names(token) == []
    hidden = SavedFilter.objects.get(name="Mine").pk
    for other in (viewer, own_token, token):
        for method in ("GET", "PATCH", "DELETE"):
            assert send(other, method, f"{FILTERS}{hidden}/", {}).status_code == 404


def test_a_viewer_keeps_their_own_and_changes_none_that_is_shared(
    as_person: Login, analyst: User
) -> None:
    shared = send(as_person(analyst), "POST", FILTERS, MINE | {"shared": True}).json()
    viewer = as_person(colleague(analyst, Role.VIEWER))

    own = send(viewer, "POST", FILTERS, MINE)
    refusals = [
        send(viewer, "POST", FILTERS, MINE | {"name": "Ours", "shared": True}),
        send(viewer, "PATCH", f"{FILTERS}{own.json()['id']}/", {"shared": True}),
        send(viewer, "PATCH", f"{FILTERS}{shared['id']}/", {"name": "Theirs"}),
        viewer.delete(f"{FILTERS}{shared['id']}/"),
    ]

    assert own.status_code == 201
    assert [one.status_code for one in refusals] == [403, 403, 403, 403]
    assert SavedFilter.objects.filter(user=None).count() == 1
    denied = AuditEntry.objects.filter(decision="denied").order_by("pk")
    assert [entry.objects_named for entry in denied] == [
        [], [own.json()["id"]], [shared["id"]], [shared["id"]],
    ]  # fmt: skip


def test_a_name_turns_nothing_around(as_token: Login) -> None:
    refused = send(as_token(make.member()), "POST", FILTERS, MINE | {"name": "a\u202eb"})

    assert errors(refused) == [("/name", "control_character")]
    assert SavedFilter.objects.exists() is False


def test_what_a_token_keeps_is_its_organisations(as_token: Login) -> None:
    client = as_token(make.member())

    kept = send(client, "POST", FILTERS, MINE)
    refused = send(client, "POST", FILTERS, MINE | {"name": "Own", "shared": False})

    assert kept.json()["shared"] is True
    assert errors(refused) == [("/shared", "needs_a_person")]


def test_an_observer_keeps_nothing_for_its_organisation(as_token: Login, as_person: Login) -> None:
    regulator = make.member(kind="regulator")

    by_token = send(as_token(regulator), "POST", FILTERS, MINE)
    by_person = send(as_person(make.user(regulator, role=Role.VIEWER)), "POST", FILTERS, MINE)

    assert (by_token.status_code, by_person.status_code) == (403, 201)


def test_a_name_is_taken_once_a_person_and_once_an_organisation(
    as_person: Login, analyst: User
) -> None:
    client, other = as_person(analyst), as_person(colleague(analyst, Role.ANALYST))
    shared = MINE | {"shared": True}

    first = [send(client, "POST", FILTERS, body) for body in (MINE, shared)]
    again = [send(client, "POST", FILTERS, body) for body in (MINE, shared)]
    others = [send(other, "POST", FILTERS, body) for body in (MINE, shared)]

    assert [one.status_code for one in first] == [201, 201]
    assert [errors(one) for one in again] == [[("/name", "name_taken")]] * 2
    assert others[0].status_code == 201
    assert errors(others[1]) == [("/name", "name_taken")]
    assert SavedFilter.objects.count() == 3


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "??"}, [("/query/q", "invalid_search")]),
        ({"country": "XX"}, [("/query/country", "unknown_value")]),
        ({"countries": "US"}, [("/query/countries", "unknown_member")]),
        ({"cursor": "x"}, [("/query/cursor", "unknown_member")]),
        ({"ordering": "title"}, [("/query/ordering", "invalid_ordering")]),
        ({"severity": 1}, [("/query/severity", "wrong_type")]),
        ({"q": "x" * 1001}, [("/query/q", "too_long")]),
        (["q"], [("/query", "wrong_type")]),
        (None, [("/query", "null")]),
    ],
)
def test_a_question_that_the_list_would_refuse_is_not_kept(
    as_person: Login, analyst: User, query: Any, expected: list[tuple[str, str]]
) -> None:
    answer = send(as_person(analyst), "POST", FILTERS, {"name": "Mine", "query": query})

    assert errors(answer) == expected
    assert SavedFilter.objects.count() == 0


def test_the_list_takes_the_same_queries_for_few_and_for_many(
    as_person: Login, analyst: User
) -> None:
    client = as_person(analyst)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(FILTERS)
        return len(captured)

    send(client, "POST", FILTERS, MINE)
    one = queries()
    for number in range(5):
        send(client, "POST", FILTERS, MINE | {"name": str(number)})

    assert queries() == one
