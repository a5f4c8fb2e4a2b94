"""Names that people give: the pages, the operators' admin and the commands take the same ones."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any, Final

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import ApiToken, Invitation, Member, User
from accounts.readers import Reader
from accounts.roles import Role
from accounts.services.members import change_member
from hub.audit.services import THE_HUB
from hub.kit.errors import InvalidInput
from tests import make
from tests.accounts.signing_in import PASSWORD, person, signed_in
from tests.operating import operating

pytestmark = pytest.mark.django_db

WRONG: Final = {
    "a\x1bb": "Send one line without control characters; U+001B is one.",
    "a\nb": "Send one line without control characters; U+000A is one.",
    "a\x85b": "Send one line without control characters; U+0085 is one.",
    "a\u202eb": "Send it without what turns the text around; U+202E does.",
    "a\u2066b": "Send it without what turns the text around; U+2066 does.",
}
FACTS: Final = {"kind": "member", "in_community": "on"}


def profile(member: Member, name: str) -> Any:
    fields = {"name": name, "locale": "en", "time_zone": "UTC", "theme": "dark"}
    return signed_in(person(member, role=Role.VIEWER)).post("/account/", fields)


def invitation(member: Member, name: str) -> Any:
    fields = {"email": "new@x.example", "role": "viewer", "name": name}
    return signed_in(person(member, role=Role.ADMIN)).post("/organisation/invitations/new/", fields)


def acceptance(member: Member, name: str) -> Any:
    by = Reader(member, make.user(member, role=Role.ADMIN))
    offered = make.invitation(email="new@x.example", name="", by=by)
    return Client().post(f"/invitation/{offered.text}/", {"name": name, "password": PASSWORD})


def token(member: Member, name: str) -> Any:
    fields = {"name": name, "scopes": ["lookup"], "days": "30"}
    return signed_in(person(member, role=Role.ADMIN)).post("/organisation/tokens/new/", fields)


def admission(member: Member, name: str) -> Any:
    fields = {**FACTS, "slug": "newcomer", "name": name}
    return operating().post("/admin/accounts/member/new/admit/", fields)


def facts(member: Member, name: str) -> Any:
    return operating().post(f"/admin/accounts/member/{member.pk}/facts/", {**FACTS, "name": name})


def administrator(member: Member, name: str) -> Any:
    fields = {"email": "new@x.example", "name": name}
    return operating().post(f"/admin/accounts/member/{member.pk}/administrator/", fields)


FORMS = [profile, invitation, acceptance, token, admission, facts, administrator]


def names() -> set[str]:
    rows = (Member, User, Invitation, ApiToken)
    return {
        str(name) for row in rows for name in row._default_manager.values_list("name", flat=True)
    }


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("send", FORMS)
def test_a_name_that_steers_what_stands_around_it_is_refused_at_its_field(
    send: Callable[[Member, str], Any], wrong: str
) -> None:
    answer = send(make.member("acme", kind="member"), wrong)

    page = html.unescape(answer.content.decode())
    assert answer.status_code == 200
    assert WRONG[wrong] in page
    assert 'aria-invalid="true"' in page
    assert names() <= {"Acme", ""}


@pytest.mark.parametrize("send", FORMS)
def test_a_name_is_kept_in_one_form(send: Callable[[Member, str], Any]) -> None:
    answer = send(make.member("acme", kind="member"), "  Ame\u0301lie שלום\u200f ")

    assert answer.status_code in {200, 302}
    assert "Amélie שלום\u200f" in names()


@pytest.mark.parametrize(
    "words",
    [
        ["member", "create", "--slug", "other"],
        ["user", "create", "--email", "a@x.example", "--member", "acme", "--role", "lead"],
        ["user", "create", "--email", "a@x.example", "--operator"],
        ["token", "create", "--member", "acme", "--scope", "lookup"],
    ],
)
def test_a_command_takes_no_other_names(words: list[str]) -> None:
    make.member("acme")

    with pytest.raises(CommandError, match=r"U\+001B is one"):
        call_command(*words, "--name", "a\x1bb")

    assert names() == {"Acme"}


def test_a_name_that_is_there_already_keeps_nobody_from_changing_the_rest() -> None:
    member = make.member(kind="member")
    Member.objects.filter(pk=member.pk).update(name="a\u202eb")

    changes = {"name": "a\u202eb", "jurisdictions": ["DE"]}
    changed = change_member(member_id=member.pk, changes=changes, by=THE_HUB)

    assert (changed.name, changed.jurisdictions) == ("a\u202eb", ["DE"])
    with pytest.raises(InvalidInput):
        change_member(member_id=member.pk, changes={"name": "\u202ec"}, by=THE_HUB)


def test_an_invitation_whose_name_is_refused_today_is_not_sent_again() -> None:
    member = make.member()
    admin = person(member, role=Role.ADMIN)
    waiting = make.invitation(email="new@x.example", name="a\u202eb", by=Reader(member, admin))
    path = f"/organisation/invitations/{waiting.invitation.pk}/again/"

    answer = signed_in(admin).post(path, follow=True)

    assert WRONG["a\u202eb"] in html.unescape(answer.content.decode())
    assert Invitation.objects.get().digest == waiting.invitation.digest
