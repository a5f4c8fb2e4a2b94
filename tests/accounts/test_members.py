"""Organisations and their people: admitting, suspending, and who may act on whom."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Member, MemberKind, MemberStatus, User
from accounts.readers import Reader
from accounts.roles import Rank, Right, Role, may_act_on, rank_of, role_may, roles_with
from accounts.services.members import change_member_status, create_member
from accounts.services.people import create_user
from hub.kit.errors import Conflict, InvalidInput, NotAllowed
from hub.outbox.models import Event
from tests import make
from tests.conftest import Login

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", MemberKind.values)
def test_signatories_and_members_are_the_community_from_the_start(kind: str) -> None:
    member = create_member(slug="acme", name="Acme", kind=kind)

    assert member.is_active
    assert member.in_community is (kind in {"signatory", "member"})
    assert member.is_observer is not member.in_community
    assert str(member) == "Acme"


def test_admission_is_announced_to_all() -> None:
    member = create_member(slug="acme", name="Acme")

    event = Event.objects.get()
    assert (event.topic, event.subject_id, event.actor_id) == (
        "member.joined",
        member.pk,
        member.pk,
    )
    assert event.is_directed is False


@pytest.mark.parametrize("status", ["suspended", "left"])
def test_leaving_is_announced_to_those_active_at_that_moment(status: str) -> None:
    stays, gone = make.member(), make.member(status=MemberStatus.LEFT)
    member = make.member()

    change_member_status(member_id=member.pk, status=status)
    change_member_status(member_id=member.pk, status=status)

    event = Event.objects.get()
    assert event.topic == "member.left"
    assert [a.member_id for a in event.addressees.all()] == [stays.pk]
    assert gone.pk != stays.pk


def test_coming_back_is_announced_as_joining() -> None:
    member = make.member(status=MemberStatus.SUSPENDED)

    change_member_status(member_id=member.pk, status="active")

    assert Event.objects.get().topic == "member.joined"


def test_a_change_that_is_none_to_others_is_not_announced() -> None:
    member = make.member(status=MemberStatus.SUSPENDED)

    change_member_status(member_id=member.pk, status="left")

    assert Event.objects.count() == 0


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"kind": "circus"}, "/kind"),
        ({"roles": ["juggler"]}, "/role"),
        ({"slug": "Not a slug"}, "/slug"),
        ({"name": ""}, "/name"),
    ],
)
def test_a_member_that_cannot_be_is_refused_in_words(
    wrong: dict[str, object], pointer: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        create_member(**({"slug": "acme", "name": "Acme"} | wrong))  # type: ignore[arg-type]

    assert refused.value.errors[0].pointer == pointer
    assert (Member.objects.count(), Event.objects.count()) == (0, 0)


def test_a_slug_is_given_once() -> None:
    create_member(slug="acme", name="Acme")

    with pytest.raises(Conflict):
        create_member(slug="acme", name="Other")

    assert Member.objects.get().name == "Acme"


@pytest.mark.parametrize(
    ("kind", "inside"), [("signatory", False), ("member", False), ("regulator", True)]
)
def test_the_database_itself_keeps_community_and_observers_apart(kind: str, inside: bool) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make.member(kind=kind, in_community=inside)


def test_an_address_signs_in_one_person_whatever_its_case() -> None:
    member = make.member()
    made = create_user(email="Ada@acme.example", member_id=member.pk, role="lead")

    with pytest.raises(Conflict):
        create_user(email="ADA@ACME.EXAMPLE", member_id=member.pk, role="viewer")

    assert User.objects.get_by_natural_key("aDa@acme.example") == made
    assert made.has_usable_password() is False


def test_a_weak_password_is_refused_in_words() -> None:
    with pytest.raises(InvalidInput) as refused:
        create_user(
            email="a@acme.example", member_id=make.member().pk, role="lead", password="12345678"
        )

    assert refused.value.errors[0].pointer == "/password"
    assert User.objects.count() == 0


def test_a_good_password_signs_in() -> None:
    user = create_user(
        email="a@acme.example",
        member_id=make.member().pk,
        role="lead",
        password="correct horse battery",
    )

    assert user.check_password("correct horse battery")
    assert str(user) == "a@acme.example"


@pytest.mark.parametrize(
    ("email", "role", "pointer"), [("no address", "lead", "/email"), ("a@b.example", "x", "/role")]
)
def test_a_person_who_cannot_be_is_refused_in_words(email: str, role: str, pointer: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        create_user(email=email, member_id=make.member().pk, role=role)

    assert refused.value.errors[0].pointer == pointer


@pytest.mark.parametrize(
    ("actor", "other", "expected"),
    [
        ("admin", "admin", True),
        ("admin", "viewer", True),
        ("lead", "viewer", False),
        ("viewer", "viewer", False),
        ("nobody", "viewer", False),
    ],
)
def test_nobody_acts_on_an_account_of_higher_rank(actor: str, other: str, expected: bool) -> None:
    assert may_act_on(rank_of(actor), rank_of(other)) is expected


def test_each_role_may_what_the_ones_below_it_may() -> None:
    allowed = {role: {right for right in Right if role_may(role, right)} for role in Role}

    assert allowed[Role.VIEWER] < allowed[Role.ANALYST] < allowed[Role.LEAD] < allowed[Role.ADMIN]
    assert roles_with(Right.PUBLISH) == ["lead", "admin"]
    assert rank_of("unheard of") == Rank.NONE


def test_nobody_acts_for_an_organisation_that_is_not_active() -> None:
    member = make.member(status=MemberStatus.SUSPENDED)
    reader = make.person(member, role=Role.ADMIN)

    assert not any(reader.may(right) for right in Right)
    with pytest.raises(NotAllowed, match="lead or admin"):
        reader.require(Right.PUBLISH)


def test_a_reader_without_person_or_token_only_reads_by_policy() -> None:
    reader = Reader(make.member(), None)

    assert not any(reader.may(right) for right in Right)
    assert (reader.actor.user_id, reader.actor.token_id) == (None, "")


def test_members_know_each_other_and_not_who_is_not_active(as_token: Login) -> None:
    client = as_token(make.member("acme", roles=["telecom"], jurisdictions=["DE"]))
    make.member("gone", status=MemberStatus.LEFT)

    listed = client.get("/api/v1/members/").json()["results"]

    assert listed == [
        {
            "slug": "acme",
            "name": "Acme",
            "kind": "signatory",
            "roles": ["telecom"],
            "jurisdictions": ["DE"],
            "signed_on": None,
        }
    ]
    assert client.get("/api/v1/members/acme/").json() == listed[0]
    assert client.get("/api/v1/members/gone/").status_code == 404
