"""What no form of ours sends is answered as what is wrong or absent, never by an error of ours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import uuid4

import pytest
from django.test import Client

from accounts.roles import Role
from tests import make
from tests.accounts.signing_in import person, sign_in, signed_in

pytestmark = pytest.mark.django_db

DIGITS = "1" * 5_000
"""More than Python reads as a number."""


@pytest.fixture
def admin() -> Client:
    return signed_in(person(make.member("acme"), role=Role.ADMIN))


@pytest.mark.parametrize("number", ["²", DIGITS, "-1", "", "1_0"])
@pytest.mark.parametrize(
    "name", ["remove", "seen", "references-TOTAL_FORMS", "references-INITIAL_FORMS", "revision"]
)
def test_a_number_that_is_none_is_no_number(admin: Client, name: str, number: str) -> None:
    form = f"/incidents/new/?form={uuid4()}"
    value = f"references-{number}" if name == "remove" else number
    fields = {"title": "A cloned voice", "references-TOTAL_FORMS": "1", name: value}

    answer = admin.post(form, fields, follow=True)

    assert answer.status_code == 200
    assert 'value="A cloned voice"' in answer.content.decode()
    assert admin.get(form).status_code == 200


@pytest.mark.parametrize("number", ["²", DIGITS])
def test_an_edit_upon_no_revision_can_be_looked_at_again(number: str) -> None:
    acme = make.member()
    client = signed_in(person(acme))
    page = f"/incidents/{make.draft(acme).ref}/edit/"

    client.post(page, {"title": "Typed", "revision": number})

    assert 'value="Typed"' in client.get(page).content.decode()


@pytest.mark.parametrize("rest", ["[" * 100_000, '{"url":' * 100_000])
def test_what_a_row_keeps_beside_an_address_may_be_nested_without_end(
    admin: Client, rest: str
) -> None:
    row = {"url": "https://news.example/a", "rest": rest}
    fields = {f"references-0-{name}": value for name, value in row.items()}
    form = f"/incidents/new/?form={uuid4()}"

    answer = admin.post(form, {**fields, "references-TOTAL_FORMS": "1", "save": "draft"})

    assert answer.status_code == 200
    assert 'value="https://news.example/a"' in answer.content.decode()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/organisation/tokens/%00/revoke/", 404),
        ("/incidents/duplicates/?incident=%00", 404),
        ("/incidents/new/tags/?q=%00", 200),
        ("/incidents/?q=%00", 400),
        ("/incidents/?cursor=%00", 400),
        ("/invitation/%00/", 404),
    ],
)
def test_a_zero_byte_names_nothing(admin: Client, path: str, status: int) -> None:
    assert admin.get(path).status_code == status


@pytest.mark.parametrize("path", ["/incidents/DF-00000000/", "/admin/", "/incidents/new/"])
def test_what_one_is_refused_is_in_no_cache(path: str) -> None:
    answer = signed_in(person(make.member(), role=Role.VIEWER)).get(path)

    assert answer.status_code in {403, 404}
    assert "no-store" in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]


# Forms of somebody else ---------------------------------------------------------------------
def carried_to(client: Client, path: str, fields: Mapping[str, str]) -> str:
    """What the sign-in holds that a form without a session is answered with."""
    return str(client.post(path, fields).context["carried"])


@pytest.mark.parametrize("is_the_same", [True, False])
def test_a_withdrawal_is_sent_by_the_sign_in_of_who_wrote_it_alone(*, is_the_same: bool) -> None:
    acme = make.member()
    writer, other = person(acme), person(acme)
    incident = make.incident(acme)
    page = f"/incidents/{incident.ref}/withdraw/"
    assert f'name="typed_by" value="{writer.pk}"' in signed_in(writer).get(page).content.decode()
    browser = Client()
    carried = carried_to(browser, page, {"reason": "Satire.", "typed_by": str(writer.pk)})

    sign_in(browser, writer if is_the_same else other, carried=carried, next=page)
    answer = browser.post(page, {"carried": carried})

    incident.refresh_from_db()
    assert (answer.status_code, incident.status) == (
        (302, "withdrawn") if is_the_same else (403, "published")
    )


def test_what_was_pasted_is_begun_by_who_pasted_it_alone() -> None:
    writer, other = person(make.member()), person(make.member())
    page = "/incidents/new/"
    typed_by = f'name="typed_by" value="{writer.pk}"'
    assert typed_by in signed_in(writer).get(page).content.decode()
    browser = Client()
    carried = carried_to(browser, page, {"pasted": "A secret", "typed_by": str(writer.pk)})

    sign_in(browser, other, carried=carried, next=page)

    assert browser.post(page, {"carried": carried}).status_code == 403
    assert not other.unsaved_work.exists()


# Of groups that one has left ----------------------------------------------------------------
def test_whoever_has_left_a_group_does_not_learn_that_it_is_gone() -> None:
    acme, owner = make.member(), make.member()
    group = make.group(owner, acme)
    draft = make.draft(acme, tlp="amber", shared_with=[group])
    group.memberships.all().delete()
    client = signed_in(person(acme))
    page = f"/incidents/{draft.ref}/publish/"
    before = client.get(page).context["reach"]

    type(group).objects.filter(pk=group.pk).update(deleted_at="2026-01-01T00:00:00Z")

    assert client.get(page).context["reach"] == before


def test_who_joins_brings_along_where_it_was_seen(admin: Client) -> None:
    incident = make.incident()
    query = {"platform": "Telegram", "url": "https://t.me/a/1", "tlp": "red"}

    answer = admin.get(f"/incidents/{incident.ref}/observations/new/", query)

    form = answer.context["form"]
    assert json.dumps([form["platform"].value(), form["url"].value(), form["tlp"].value()]) == (
        '["Telegram", "https://t.me/a/1", null]'
    )
