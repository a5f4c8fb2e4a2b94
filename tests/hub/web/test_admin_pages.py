"""The operators' pages: who gets in, what they show of everything, and what never."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from django.core import checks
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from accounts.models import Session, User
from accounts.roles import Role
from hub.audit.models import AuditEntry
from hub.web import admin_rows
from hub.web.admin_rows import RowAdmin
from hub.web.admin_site import site
from tests import make
from tests.accounts.signing_in import person, signed_in
from tests.operating import HOSTILE, SECRET, a_hub, every_page, kinds, operating, operator, said

pytestmark = pytest.mark.django_db

LISTS = [admin.list_url for admin in site._registry.values() if isinstance(admin, RowAdmin)]
NAMES = [admin.opts.model_name for admin in site._registry.values()]


class Visit(NamedTuple):
    """Every page as an operator was shown it, and what people were signed in with meanwhile."""

    pages: dict[str, str]
    secrets: list[str]


@pytest.fixture(scope="module")
def visit(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Visit:
    """Made once, in a transaction that leaves nothing."""
    with django_db_blocker.unblock(), transaction.atomic():
        a_hub()
        pages = every_page(operating())
        keys = Session.objects.values_list("session_key", flat=True)
        hashes = User.objects.exclude(password="").values_list("password", flat=True)
        secrets = [*keys, *hashes]
        transaction.set_rollback(True)
    return Visit(pages, secrets)


@pytest.fixture
def pages(visit: Visit) -> dict[str, str]:
    return visit.pages


# Who gets in --------------------------------------------------------------------------------
def anybody_of_an_organisation(role: str) -> User:
    return person(make.member(), role=role)


def staff_of_an_organisation() -> User:
    return person(make.member(), role=Role.ADMIN, is_staff=True, is_superuser=True)


@pytest.mark.parametrize(
    "user",
    [
        *(lambda role=role: anybody_of_an_organisation(role) for role in Role),
        staff_of_an_organisation,
    ],
)
@pytest.mark.parametrize("path", ["/admin/", "/admin/why/", "/admin/accounts/member/new/admit/"])
def test_to_people_of_organisations_there_is_no_such_page(
    user: Callable[[], User], path: str
) -> None:
    client = signed_in(user())

    answer, absent = client.get(path), client.get("/no/such/page/")

    assert (answer.status_code, answer.content) == (404, absent.content)
    assert client.post(path, {"slug": "mine", "name": "Mine"}).status_code == 404


def test_every_page_is_closed_to_an_administrator_and_leads_others_to_the_sign_in(
    visit: Visit,
) -> None:
    pages = list(visit.pages)
    admin, nobody = signed_in(anybody_of_an_organisation(Role.ADMIN)), Client()

    refused = {admin.get(path).status_code for path in pages}
    led = {urlsplit(nobody.get(path)["Location"]).path for path in pages}

    assert refused == {404}
    assert led == {"/sign-in/"}


def test_whose_access_has_ended_is_out() -> None:
    user = operator()
    client = operating(user)
    assert client.get("/admin/").status_code == 200

    User.objects.filter(pk=user.pk).update(is_active=False)

    assert client.get("/admin/")["Location"].startswith("/sign-in/")


def test_there_is_no_second_sign_in_and_none_of_djangos_addresses() -> None:
    client = operating()

    paths = ["login/", "logout/", "password_change/", "jsi18n/", "autocomplete/", "accounts/"]

    assert {client.get(f"/admin/{path}").status_code for path in paths} == {404}
    assert [one.id for one in checks.run_checks() if not one.is_silenced()] == []


def test_an_operator_is_shown_the_way() -> None:
    answer = operating().get("/", follow=True)

    assert 'href="/admin/"' in answer.content.decode()


# What they show -----------------------------------------------------------------------------
def test_every_page_can_be_reached_and_shows_hostile_words_as_words(
    pages: dict[str, str],
) -> None:
    assert kinds(pages) >= EXPECTED
    for path, text in pages.items():
        assert "<script>alert" not in text, path
    telling = [path for path, text in pages.items() if "&lt;script&gt;alert(1)" in text]
    assert {"/admin/accounts/member/", "/admin/audit/auditentry/"} <= set(telling)
    assert all("49" not in said(pages[path]).split() for path in telling)


EXPECTED = {
    "/admin/",
    "/admin/accounts/member/",
    "/admin/accounts/member/new/admit/",
    *(
        f"/admin/accounts/member/…/{deed}"
        for deed in ("", "facts/", "administrator/", "suspend/", "leave/")
    ),
    "/admin/accounts/user/",
    *(f"/admin/accounts/user/…/{deed}" for deed in ("", "role/", "sign-out/", "end/")),
    "/admin/accounts/invitation/…/",
    "/admin/accounts/invitation/…/revoke/",
    "/admin/accounts/apitoken/…/revoke/",
    "/admin/accounts/session/",
    "/admin/accounts/session/…/end/",
    "/admin/taxonomy/election/",
    "/admin/vocabularies/harms/",
    "/admin/free-tags/",
    "/admin/taxonomy/tagalias/",
    "/admin/taxonomy/tagalias/new/merge/",
    "/admin/incidents/incident/",
    *(f"/admin/incidents/incident/…/{deed}" for deed in ("", "open/")),
    "/admin/why/",
    "/admin/outbox/event/…/",
    "/admin/outbox/chore/",
    "/admin/alerts/delivery/…/",
    "/admin/alerts/delivery/…/retry/",
    "/admin/alerts/delivery/…/cancel/",
    "/admin/alerts/endpoint/…/",
    "/admin/alerts/endpoint/…/pause/",
    "/admin/audit/auditentry/…/",
}


def test_no_title_and_no_text_of_an_incident_stands_on_any_page(pages: dict[str, str]) -> None:
    assert [path for path, text in pages.items() if SECRET.lower() in text.lower()] == []


def test_what_people_and_systems_sign_in_with_stands_on_no_page(visit: Visit) -> None:
    assert len(visit.secrets) > 2
    for path, text in visit.pages.items():
        assert not any(secret in text for secret in visit.secrets), path
        assert "whsec_" not in text, path


def test_every_page_is_as_strict_as_all_others(pages: dict[str, str]) -> None:
    inline = re.compile(r"<script(?! src=)[^>]*>|<style|\sstyle=|\son\w+=|javascript:|hx-on")

    policy = operating().get("/admin/")["Content-Security-Policy"]

    assert "unsafe" not in policy
    assert {path: found for path, text in pages.items() if (found := inline.findall(text))} == {}


# Lists --------------------------------------------------------------------------------------
@pytest.mark.parametrize("list_url", LISTS, ids=NAMES)
def test_a_list_takes_as_many_queries_for_many_rows_as_for_one(
    list_url: Callable[[], str],
) -> None:
    client = operating()
    a_hub(name="plain")
    client.get(list_url())
    with CaptureQueriesContext(connection) as few:
        client.get(list_url())
    a_hub(name="plain", rows=3)

    with CaptureQueriesContext(connection) as many:
        answer = client.get(list_url())

    assert answer.status_code == 200
    assert len(many) == len(few)
    assert not [one["sql"] for one in many if "COUNT(" in one["sql"].upper()]


@pytest.mark.parametrize(
    ("list_name", "query"),
    [
        ("accounts_user", "password__startswith=argon"),
        ("accounts_user", "o=-1"),
        ("accounts_apitoken", "digest__gt=a"),
        ("accounts_session", "session_key__startswith=a"),
        ("incidents_incident", f"title__startswith={SECRET[:3]}"),
        ("incidents_incident", f"q={SECRET}"),
        ("alerts_delivery", f"body__contains={SECRET}"),
    ],
)
def test_no_column_can_be_asked_for_by_the_address(list_name: str, query: str) -> None:
    client = operating()
    a_hub(name="plain")
    path = reverse(f"admin:{list_name}_changelist")

    asked, plain = client.get(f"{path}?{query}"), client.get(path)

    assert asked.status_code == 200
    assert rows_of(asked.content.decode()) == rows_of(plain.content.decode())


def rows_of(text: str) -> list[str]:
    return re.findall(r"<th scope=\"row\"[^>]*>(.*?)</th>", text, re.DOTALL)


def test_a_list_goes_on_where_the_page_before_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin_rows, "PER_PAGE", 2)
    for slug in ("e", "d", "c", "b", "a"):
        make.member(slug)
    client = operating()

    seen = follow(client, "/admin/accounts/member/")

    assert seen == [["A", "B"], ["C", "D"], ["E"]]


def test_a_narrowed_list_looks_through_some_rows_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = operating()
    user = make.user(make.member("rare"))
    first, others = entry(user), [entry(make.user(make.member())) for _ in range(6)]
    monkeypatch.setattr(admin_rows, "SCANNED", 3)

    seen = follow(client, f"/admin/audit/auditentry/?actor={user.email}")

    assert len(others) == 6
    assert [len(rows) for rows in seen].count(0) >= 1
    assert sum(len(rows) for rows in seen) == 1
    assert first


def entry(user: User) -> int:
    made = AuditEntry.objects.create(action="something", user_id=user.pk, member_id=user.member_id)
    return made.pk


def follow(client: Client, path: str) -> list[list[str]]:
    """The first cells of page after page."""
    seen = []
    for _ in range(20):
        text = client.get(path).content.decode()
        seen.append([said(row) for row in rows_of(text)])
        further = re.search(r'href="(\?[^"]*)" rel="next"', text)
        if not further:
            return seen
        path = path.partition("?")[0] + further[1].replace("&amp;", "&")
    raise AssertionError("The list has no end.")


@pytest.mark.parametrize(
    "path",
    [
        "accounts/member/x/",
        "accounts/member/%00/",
        "accounts/apitoken/%00/",
        "accounts/session/x.y/end/",
        "taxonomy/election/%00/",
        "alerts/delivery/99999999999999999999999/",
        "alerts/delivery/x/retry/",
        "audit/auditentry/-1/",
        "vocabularies/none/",
        "incidents/incident/DF-00000000/",
    ],
)
def test_what_is_not_there_is_absent(path: str) -> None:
    assert operating().get(f"/admin/{path}").status_code == 404


@pytest.mark.parametrize(
    "query", ["after=%00", "after=x", "after=" + "9" * 40, "actor=%00", "subject=%00", "decision=x"]
)
def test_a_strange_question_is_answered_in_order(query: str) -> None:
    assert operating().get(f"/admin/audit/auditentry/?{query}").status_code == 200


@pytest.mark.parametrize("place", ["2026-01-01", "2026-01-01T10:00:00", "2026-13-01", "x"])
def test_a_place_in_time_that_is_none_is_the_beginning(place: str) -> None:
    assert operating().get(f"/admin/accounts/session/?after={place}").status_code == 200


def test_reading_a_log_of_strangers_calls_them_by_their_ids() -> None:
    AuditEntry.objects.create(action="odd", member_id=make.incident().pk, objects_named=[HOSTILE])

    text = operating().get("/admin/audit/auditentry/?action=odd").content.decode()

    assert "&lt;script&gt;" in text
