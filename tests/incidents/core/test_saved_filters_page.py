"""The pages of saved filters: kept, asked again, changed, deleted, and for whom."""

from __future__ import annotations

import html
import re
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.readers import Reader
from accounts.roles import Role
from hub.audit.models import AuditEntry
from incidents.core.models import SavedFilter
from incidents.core.services.saved_filters import create_saved_filter
from tests import make
from tests.accounts.signing_in import person, signed_in

pytestmark = pytest.mark.django_db

PAGE = "/filters/"
NEW = "/filters/new/?country=SK&severity=high&severity=critical&q=voice&owner="
ASKED = {"q": "voice", "severity": "high,critical", "country": "SK"}


@pytest.fixture
def analyst() -> User:
    return person(make.member("acme"), role=Role.ANALYST)


@pytest.fixture
def client(analyst: User) -> Client:
    return signed_in(analyst)


def reader(user: User) -> Reader:
    assert user.member is not None
    return Reader(user.member, user)


def kept(user: User, name: str, *, shared: bool = False, **query: str) -> SavedFilter:
    return create_saved_filter(name=name, query=query, by=reader(user), shared=shared)


def text_of(answer: Any) -> str:
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def named(client: Client, path: str = PAGE) -> list[str]:
    """Names of the saved filters that a page shows, in its order."""
    text = text_of(client.get(path))
    if path == PAGE:
        return re.findall(r'<th scope="row"[^>]*>\s*<a[^>]*><bdi>(.*?)</bdi>', text)
    return re.findall(r'class="tab"(?:(?!</a>).)*<bdi>(.*?)</bdi>', text, re.DOTALL)


def test_a_question_is_kept_under_a_name_and_asked_again(client: Client, analyst: User) -> None:
    shown = text_of(client.get(NEW))
    answer = client.post(NEW, {"name": " Slovak voices "})

    saved = SavedFilter.objects.get()
    listed = text_of(client.get(PAGE))
    assert (saved.name, saved.query, saved.user) == ("Slovak voices", ASKED, analyst)
    assert answer["Location"] == "/incidents/?q=voice&severity=high%2Ccritical&country=SK"
    assert named(client) == named(client, "/incidents/") == ["Slovak voices"]
    assert 'href="/incidents/?q=voice&severity=high%2Ccritical&country=SK"' in listed
    for page in (shown, listed):
        for words in ("High, Critical", "Slovakia", "voice"):
            assert f"<bdi>{words}</bdi>" in page
    assert "The filter is saved." in listed or "The filter is saved." in text_of(client.get("/"))


def test_the_list_says_which_one_it_shows(client: Client, analyst: User) -> None:
    kept(analyst, "Voices", q="voice", ordering="-updated_at")
    kept(analyst, "Others", q="other", shared=True)

    text = text_of(client.get("/incidents/?q=voice"))

    current = r'class="tab"[^>]*aria-current="true">(?:(?!</a>).)*<bdi>(\w+)</bdi>'
    assert re.findall(current, text, re.DOTALL) == ["Voices"]
    assert "Save this filter" not in text
    assert "Save this filter" in text_of(client.get("/incidents/?q=else"))
    assert "Save this filter" not in text_of(client.get("/incidents/"))


def test_own_ones_are_for_nobody_else(client: Client, analyst: User) -> None:
    assert analyst.member is not None
    mine, ours = kept(analyst, "Mine", q="a"), kept(analyst, "ours", q="b", shared=True)
    colleague = signed_in(person(analyst.member, role=Role.ANALYST))
    stranger = signed_in(person(make.member()))

    assert named(client) == named(client, "/incidents/") == ["Mine", "ours"]
    assert named(colleague) == named(colleague, "/incidents/") == ["ours"]
    assert named(stranger) == named(stranger, "/incidents/") == []
    for other, hidden in ((colleague, mine), (stranger, mine), (stranger, ours)):
        for path in (f"{PAGE}{hidden.pk}/", f"{PAGE}{hidden.pk}/delete/"):
            absent = other.get(path.replace(str(hidden.pk), str(uuid4())))
            answers = [other.get(path), other.post(path, {"name": "x"})]
            assert [one.status_code for one in answers] == [404, 404]
            assert answers[0].content == absent.content
    assert SavedFilter.objects.count() == 2


def test_one_is_called_something_else_and_given_to_all(client: Client, analyst: User) -> None:
    saved = kept(analyst, "Mine", q="a")
    path = f"{PAGE}{saved.pk}/"

    shown = text_of(client.get(path))
    answer = client.post(path, {"name": "Ours", "shared": "on"})

    saved.refresh_from_db()
    assert 'value="Mine"' in shown
    assert answer["Location"] == PAGE
    assert (saved.name, saved.user, saved.query) == ("Ours", None, {"q": "a"})
    client.post(path, {"name": "Ours"})
    saved.refresh_from_db()
    assert saved.user == analyst


def test_a_name_that_is_taken_is_offered_for_replacement(client: Client, analyst: User) -> None:
    saved = kept(analyst, "Voices", q="old")
    shared = kept(analyst, "Voices", q="shared", shared=True)

    first = text_of(client.post(NEW, {"name": "Voices"}))
    unchanged = SavedFilter.objects.get(pk=saved.pk).query
    second = client.post(NEW, {"name": "Voices", "replace": "on"})

    assert "You have a filter of this name already" in first
    assert 'name="replace"' in first
    assert 'value="Voices"' in first
    assert unchanged == {"q": "old"}
    assert second.status_code == 302
    assert SavedFilter.objects.get(pk=saved.pk).query == ASKED
    assert SavedFilter.objects.get(pk=shared.pk).query == {"q": "shared"}


@pytest.mark.parametrize("name", ["", "   ", "a\x00b", "a\nb", "\u200b", "x" * 101])
def test_a_name_must_be_one(client: Client, name: str) -> None:
    answer = client.post(NEW, {"name": name})

    text = text_of(answer)
    assert "One thing needs your attention." in text
    assert 'id="id_name_error"' in text
    assert SavedFilter.objects.count() == 0


def test_a_name_of_another_is_refused_when_renaming(client: Client, analyst: User) -> None:
    kept(analyst, "One", q="a")
    two = kept(analyst, "Two", q="b")

    text = text_of(client.post(f"{PAGE}{two.pk}/", {"name": "One"}))

    assert "You have a filter of this name already" in text
    two.refresh_from_db()
    assert two.name == "Two"


def test_one_is_deleted_when_that_is_confirmed(client: Client, analyst: User) -> None:
    saved = kept(analyst, "Mine", q="a")
    path = f"{PAGE}{saved.pk}/delete/"

    asked = text_of(client.get(path))
    still = SavedFilter.objects.count()
    answer = client.post(path)

    assert "Delete <bdi>Mine</bdi>?" in asked
    assert still == 1
    assert answer["Location"] == PAGE
    assert SavedFilter.objects.count() == 0
    assert "No saved filters" in text_of(client.get(PAGE))


def test_a_viewer_keeps_their_own_and_changes_none_that_is_shared(analyst: User) -> None:
    assert analyst.member is not None
    shared = kept(analyst, "Ours", q="a", shared=True)
    viewer = person(analyst.member, role=Role.VIEWER)
    client = signed_in(viewer)

    form = text_of(client.get(NEW))
    client.post(NEW, {"name": "Mine", "shared": "on"})
    listed = text_of(client.get(PAGE))
    refused = [
        client.post(f"{PAGE}{shared.pk}/", {"name": "Theirs"}),
        client.post(f"{PAGE}{shared.pk}/delete/"),
    ]

    mine = SavedFilter.objects.get(name="Mine")
    assert 'name="shared"' not in form
    assert mine.user == viewer
    assert f"/filters/{mine.pk}/delete/" in listed
    assert f"/filters/{shared.pk}/" not in listed
    assert [one.status_code for one in refused] == [403, 403]
    denied = AuditEntry.objects.filter(decision="denied").order_by("pk")
    assert list(denied.values_list("action", "objects_named")) == [
        ("filter.update", [str(shared.pk)]), ("filter.delete", [str(shared.pk)]),
    ]  # fmt: skip
    shared.refresh_from_db()
    assert shared.name == "Ours"


def test_what_the_list_would_refuse_is_not_kept(client: Client) -> None:
    path = "/filters/new/?severity=severe"

    answers = [client.get(path), client.post(path, {"name": "x"})]

    assert [one["Location"] for one in answers] == ["/incidents/?severity=severe"] * 2
    assert SavedFilter.objects.count() == 0


def test_a_filter_kept_before_a_value_went_away_still_leads_to_the_list(
    client: Client, analyst: User
) -> None:
    saved = kept(analyst, "Old", q="a")
    SavedFilter.objects.filter(pk=saved.pk).update(query={"harm": "of_old", "colour": "red"})

    text = text_of(client.get(PAGE))

    assert 'href="/incidents/?harm=of_old"' in text
    assert client.get("/incidents/?harm=of_old").status_code == 400


def test_pages_lead_on_and_back_and_ask_as_much_for_many_as_for_one(
    client: Client, analyst: User
) -> None:
    kept(analyst, "a 00", owner="acme", election="x")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(PAGE)
        return len(captured)

    few = queries()
    for number in range(1, 60):
        kept(analyst, f"{'aA'[number % 2]} {number:02}", owner="acme", election="x")
    names = named(client)
    forth = re.findall(r'href="(\?filters=[^"#]+)#filters"', text_of(client.get(PAGE)))

    assert queries() == few <= 8
    assert names == sorted(names, key=str.lower)
    assert (len(names), len(forth)) == (50, 1)
    text = text_of(client.get(PAGE + forth[0]))
    assert text.count('<th scope="row"') == 10
    assert text_of(client.get(f"{PAGE}?filters=none")).count('<th scope="row"') == 50
