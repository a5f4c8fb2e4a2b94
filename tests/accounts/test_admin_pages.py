"""What operators do with organisations, people and what they sign in with: on record."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError
from django.test import Client

from accounts.models import ApiToken, Invitation, Member, MemberStatus, Session, User
from accounts.readers import Reader
from accounts.roles import Role
from accounts.services import people
from accounts.services.invitations import invite
from hub.audit.models import AuditEntry
from hub.audit.services import Actor
from hub.kit.errors import Absent
from hub.kit.provisioning import answer_of
from hub.outbox.models import Event
from tests import make
from tests.accounts.signing_in import PASSWORD, link_in_mail, person, sign_in, signed_in
from tests.operating import operating, operator, said

pytestmark = pytest.mark.django_db

FACTS = {
    "name": "Acme & Sons",
    "kind": "fact_checker",
    "in_community": "on",
    "roles": ["telecom", "messaging"],
    "jurisdictions": "de, fr DE",
    "domains": "Acme.example",
    "signed_on": "2026-05-01",
}


@pytest.fixture
def user() -> User:
    return operator()


@pytest.fixture
def client(user: User) -> Client:
    return operating(user)


def entry_of(user: User, action: str) -> AuditEntry:
    """What is kept of the one time that the operator did it."""
    return AuditEntry.objects.get(user_id=user.pk, action=action, decision="allowed")


def deed(client: Client, row: Any, name: str, /, **fields: Any) -> Any:
    """Ask for it, as a browser does, and do it."""
    path = f"/admin/accounts/{type(row).__name__.lower()}/{row.pk}/{name}/"
    assert client.get(path).status_code == 200
    return client.post(path, fields)


# The account --------------------------------------------------------------------------------
def test_an_operator_is_made_from_the_command_line_and_belongs_to_nobody() -> None:
    printed = answer_of(
        "user", "create", "--operator", "--email", "Op@hub.example", "--password", PASSWORD
    )

    made = User.objects.get()
    assert printed == {"id": str(made.pk), "email": "Op@hub.example", "operator": True}
    assert (made.member, made.is_staff, made.is_operator) == (None, True, True)
    assert AuditEntry.objects.get().action == "operator.create"
    assert sign_in(Client(), made).status_code == 302


@pytest.mark.parametrize(
    "words",
    [
        ["--operator", "--member", "acme"],
        ["--operator", "--role", "admin"],
        ["--member", "acme"],
        ["--role", "admin"],
        [],
    ],
)
def test_an_account_is_an_operators_or_a_members(words: list[str]) -> None:
    make.member("acme")

    with pytest.raises(CommandError, match="or else --operator"):
        answer_of("user", "create", "--email", "a@x.example", *words)
    assert User.objects.exists() is False


def test_an_address_is_one_account(user: User) -> None:
    with pytest.raises(CommandError, match="already"):
        answer_of("user", "create", "--operator", "--email", user.email.upper())


@pytest.mark.parametrize(("staff", "belongs", "active"), [(1, 1, 1), (0, 1, 1), (1, 0, 0)])
def test_nobody_else_operates_the_hub(*, staff: int, belongs: int, active: int) -> None:
    of = make.member() if belongs else None
    user = make.user(of, is_staff=bool(staff), is_active=bool(active), role=Role.ADMIN)

    assert user.is_operator is False


# Organisations ------------------------------------------------------------------------------
def test_an_organisation_is_admitted_and_the_others_are_told(client: Client, user: User) -> None:
    answer = client.post("/admin/accounts/member/new/admit/", FACTS | {"slug": "acme"})

    made = Member.objects.get()
    assert answer["Location"] == f"/admin/accounts/member/{made.pk}/"
    assert (made.slug, made.name, made.kind, made.in_community) == (
        "acme", "Acme & Sons", "fact_checker", True,
    )  # fmt: skip
    assert (made.roles, made.jurisdictions, made.domains) == (
        ["telecom", "messaging"], ["DE", "FR"], ["acme.example"],
    )  # fmt: skip
    assert entry_of(user, "member.create").objects_named == ["acme"]
    assert Event.objects.get().topic == "member.joined"


@pytest.mark.parametrize(
    ("wrong", "said_of_it"),
    [
        ({"slug": "Not This"}, "lower-case letters"),
        ({"slug": "taken"}, "already"),
        ({"kind": "regulator"}, "only fact-checkers"),
        ({"kind": "signatory", "in_community": ""}, "belong to the community"),
        ({"jurisdictions": "Germany"}, "GERMANY is not written like this"),
        ({"name": ""}, "required"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_saved(
    client: Client, wrong: dict[str, str], said_of_it: str
) -> None:
    make.member("taken")

    answer = client.post("/admin/accounts/member/new/admit/", FACTS | {"slug": "acme"} | wrong)

    assert answer.status_code == 200
    assert said_of_it in said(answer.content.decode())
    assert "Acme &amp; Sons" in answer.content.decode() or "name" in wrong
    assert Member.objects.count() == 1


def test_facts_are_changed_and_the_short_name_is_not(client: Client, user: User) -> None:
    member = make.member("acme")

    deed(client, member, "facts", **FACTS, slug="other")

    member.refresh_from_db()
    assert (member.slug, member.name, member.kind) == ("acme", "Acme & Sons", "fact_checker")
    kept = entry_of(user, "member.change")
    assert kept.detail["before"] == {"kind": "signatory"}
    assert "slug" not in kept.detail["fields"]


def test_facts_that_do_not_fit_stay_as_they_were(client: Client) -> None:
    member = make.member("acme")

    answer = deed(client, member, "facts", **FACTS | {"kind": "regulator"})

    assert "only fact-checkers" in answer.content.decode()
    member.refresh_from_db()
    assert (member.name, member.kind) == ("Acme", "signatory")


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("suspend", MemberStatus.ACTIVE, MemberStatus.SUSPENDED),
        ("leave", MemberStatus.ACTIVE, MemberStatus.LEFT),
        ("restore", MemberStatus.SUSPENDED, MemberStatus.ACTIVE),
    ],
)
def test_a_membership_is_suspended_ended_and_restored(
    client: Client, user: User, name: str, before: str, after: str
) -> None:
    member = make.member("acme", status=before)

    deed(client, member, name)

    member.refresh_from_db()
    assert member.status == after
    assert entry_of(user, "member.status").detail == {"status": after}
    joined = after == MemberStatus.ACTIVE
    assert Event.objects.get().topic == ("member.joined" if joined else "member.left")


def test_the_first_administrator_is_invited_by_mail(client: Client, user: User) -> None:
    member = make.member("acme")

    deed(client, member, "administrator", email="Ada@acme.example", name="Ada")

    invitation = Invitation.objects.get()
    assert (invitation.role, invitation.created_by) == ("admin", user)
    assert entry_of(user, "invitation.create").objects_named == [str(invitation.pk)]
    assert mail.outbox[0].to == ["Ada@acme.example"]
    assert Client().get(link_in_mail()).status_code == 200


def test_an_organisation_with_an_administrator_invites_by_itself(client: Client) -> None:
    member = make.member("acme")
    path = f"/admin/accounts/member/{member.pk}/administrator/"
    assert "Invite its first" in client.get(f"/admin/accounts/member/{member.pk}/").content.decode()
    make.user(member, role=Role.ADMIN)

    answer = client.post(path, {"email": "more@acme.example"})

    assert answer.status_code == 302
    assert Invitation.objects.exists() is False
    assert mail.outbox == []


# People -------------------------------------------------------------------------------------
def test_a_role_is_given(client: Client, user: User) -> None:
    other = make.user(make.member(), role=Role.VIEWER)

    deed(client, other, "role", role="lead")

    other.refresh_from_db()
    assert other.role == "lead"
    assert entry_of(user, "user.role").detail == {"role": "lead", "before": "viewer"}


def test_access_ends_with_its_sessions_and_is_given_back(client: Client, user: User) -> None:
    other = person(make.member())
    theirs = signed_in(other)

    deed(client, other, "end")

    assert theirs.get("/account/")["Location"].startswith("/sign-in/")
    assert Session.objects.filter(user=other).exists() is False
    assert entry_of(user, "user.end").objects_named == [str(other.pk)]
    deed(client, other, "restore")
    assert sign_in(Client(), other).status_code == 302
    assert entry_of(user, "user.restore").objects_named == [str(other.pk)]


def test_nobody_ends_their_own_access_and_operators_have_no_role(
    client: Client, user: User
) -> None:
    answer = deed(client, user, "end")

    assert "your own account" in answer.content.decode()
    assert client.post(f"/admin/accounts/user/{user.pk}/role/", {"role": "lead"}).status_code == 302
    with pytest.raises(Absent):
        people.assign_role(user_id=user.pk, role="lead", by=Actor())
    user.refresh_from_db()
    assert (user.is_active, AuditEntry.objects.filter(action="user.role").exists()) == (True, False)


def test_somebody_is_signed_out_of_one_browser_or_of_all(client: Client, user: User) -> None:
    other = person(make.member())
    browsers = [signed_in(other) for _ in range(3)]
    handle = Session.objects.visible_to(other)[0].handle

    theirs = client.get(f"/admin/accounts/user/{other.pk}/").content.decode()
    asked = client.get(f"/admin/accounts/session/{other.pk}.{handle}/end/").content.decode()
    answer = client.post(f"/admin/accounts/session/{other.pk}.{handle}/end/")

    assert (theirs.count("/end/"), theirs.count('data-label="End"')) == (4, 0)
    assert f"End the session: {other.email}" in asked
    assert answer.status_code == 302
    assert Session.objects.filter(user=other).count() == 2
    assert entry_of(user, "session.end").detail == {"ended": 1}
    deed(client, other, "sign-out")
    assert Session.objects.filter(user=other).exists() is False
    assert {one.get("/account/").status_code for one in browsers} == {302}
    assert client.post(f"/admin/accounts/session/{other.pk}.{handle}/end/").status_code == 404


# Invitations and tokens ---------------------------------------------------------------------
def test_an_invitation_is_revoked_once(client: Client, user: User) -> None:
    member = make.member()
    admin = Reader(member, make.user(member, role=Role.ADMIN))
    issued = invite(email="new@x.example", role=Role.VIEWER, by=admin)

    deed(client, issued.invitation, "revoke")

    assert Client().get(f"/invitation/{issued.text}/").status_code == 404
    assert entry_of(user, "invitation.withdraw").objects_named == [str(issued.invitation.pk)]
    again = client.get(f"/admin/accounts/invitation/{issued.invitation.pk}/revoke/", follow=True)
    assert "cannot be done" in again.content.decode()


def test_a_token_is_revoked_and_never_shown(client: Client, user: User) -> None:
    issued = make.token(make.member(), "lookup")
    secret = issued.text.rpartition("_")[2]

    deed(client, issued.token, "revoke")

    page = client.get(f"/admin/accounts/apitoken/{issued.token.pk}/").content.decode()
    assert ApiToken.objects.get().revoked_at is not None
    assert entry_of(user, "token.revoke").objects_named == [issued.token.pk]
    assert secret not in page
    assert "Revoked" in said(page)


# In general ---------------------------------------------------------------------------------
def test_what_changes_something_asks_for_the_password_again(client: Client, user: User) -> None:
    member = make.member()
    stale = client.session
    stale["account_authentication_methods"] = []
    stale.save()

    for answer in (
        client.get(f"/admin/accounts/member/{member.pk}/suspend/"),
        client.post(f"/admin/accounts/member/{member.pk}/suspend/"),
    ):
        assert answer["Location"].startswith("/sign-in/again/?next=")
    member.refresh_from_db()
    assert member.is_active
    assert client.get(f"/admin/accounts/member/{member.pk}/").status_code == 200


def test_a_form_of_another_site_changes_nothing(user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    member = make.member()

    answer = client.post(f"/admin/accounts/member/{member.pk}/suspend/")

    assert answer.status_code == 403
    member.refresh_from_db()
    assert member.is_active


def test_people_are_found_by_address_and_organisation(client: Client) -> None:
    acme, birch = make.member("acme"), make.member("birch")
    ada, bo = make.user(acme), make.user(birch, is_active=False)

    def found(query: str) -> set[str]:
        text = client.get(f"/admin/accounts/user/?{query}").content.decode()
        return {one.email for one in (ada, bo) if one.email in said(text).split()}

    assert found(f"email={ada.email.upper()}") == {ada.email}
    assert found("member=birch") == {bo.email}
    assert found("who=ended") == {bo.email}
    assert found("who=operators") == set()


def test_whoever_signs_in_to_operate_comes_to_the_first_page(user: User) -> None:
    assert sign_in(Client(), user)["Location"] == "/admin/"
    assert sign_in(Client(), person(make.member()))["Location"] == "/"
