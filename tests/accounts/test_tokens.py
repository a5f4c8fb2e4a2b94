"""API tokens: their form, their life, and what is asked on every request."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db.models import Model
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.authentication import live_token
from accounts.models import ApiToken, Member, MemberStatus
from accounts.services.members import change_member_status
from accounts.services.tokens import issue_token, revoke_token
from accounts.tokens import digest, new_token_text, parse_token
from hub.audit.models import AuditEntry
from hub.kit import clock
from hub.kit.errors import InvalidInput
from tests import make
from tests.conftest import Login

ME = "/api/v1/me/"


def test_a_token_has_an_id_a_secret_and_a_checksum() -> None:
    text = new_token_text()

    parts = parse_token(text)

    assert re.fullmatch(r"dfh_[0-9A-Za-z]{8}_[0-9A-Za-z]{36}", text)
    assert parts is not None
    assert (parts.id, parts.secret) == (text[4:12], text[13:43])


@given(place=st.integers(0, 48), letter=st.sampled_from("0Zz_-é "))
def test_a_mistyped_token_is_told_without_asking_the_database(place: int, letter: str) -> None:
    text = new_token_text()
    mistyped = text[:place] + letter + text[place + 1 :]

    parsed = parse_token(mistyped)

    assert (parsed is None) == (mistyped != text)


@pytest.mark.django_db
def test_only_a_keyed_digest_of_the_secret_is_stored() -> None:
    issued = make.token(make.member())
    parts = parse_token(issued.text)
    assert parts is not None

    stored = ApiToken.objects.get(pk=issued.token.pk)

    assert bytes(stored.digest) == digest(parts.secret)
    assert parts.secret not in str(vars(stored))


@pytest.mark.django_db
def test_a_token_opens_the_api_for_its_organisation(as_token: Login) -> None:
    answer = as_token(make.member("acme"), "lookup").get(ME)

    assert answer.status_code == 200
    body = answer.json()
    assert (body["organisation"]["slug"], body["user"], body["scopes"]) == (
        "acme",
        None,
        ["lookup"],
    )


def test_a_session_opens_the_api_for_its_person(as_person: Login) -> None:
    user = make.user(make.member("acme"))

    body = as_person(user).get(ME).json()

    assert (body["user"]["email"], body["token"], body["scopes"]) == (user.email, None, None)


def revoke(token: ApiToken) -> None:
    revoke_token(token_id=token.pk)


def expire(token: ApiToken) -> None:
    ApiToken.objects.filter(pk=token.pk).update(expires_at=clock.now())


def suspend(token: ApiToken) -> None:
    change_member_status(member_id=token.member_id, status=MemberStatus.SUSPENDED)


def move(token: ApiToken) -> None:
    ApiToken.objects.filter(pk=token.pk).update(addresses=["192.0.2.0/24"])


def forge(token: ApiToken) -> None:
    ApiToken.objects.filter(pk=token.pk).update(digest=b"\0" * 32)


@pytest.mark.parametrize("end", [revoke, expire, suspend, move, forge])
def test_what_ends_a_token_ends_it_with_the_next_request(end: object, db: None) -> None:
    issued = make.token(make.member())
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {issued.text}")
    before = client.get(ME).status_code

    end(issued.token)  # type: ignore[operator] # one of the functions above
    after = client.get(ME)

    assert (before, after.status_code) == (200, 401)
    assert after["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer dfh_x", "Basic abc", "Bearer " + "x" * 999]
)
def test_without_a_good_token_the_answer_is_401(header: str, db: None) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=header)

    answer = client.get(ME)

    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


def test_a_token_that_was_found_is_as_the_database_has_it(db: None) -> None:
    issued = make.token(make.member(jurisdictions=["SK"]), "feed:read", "members:read")
    stored = ApiToken.objects.select_related("member").get()

    found = live_token(issued.text, address="")

    assert found is not None
    assert columns(found) == columns(stored)
    assert columns(found.member) == columns(stored.member)


def columns(row: Model) -> dict[str, object]:
    """What every column of a row holds; the time of a token's last use changes with it."""
    names = [field.attname for field in row._meta.concrete_fields]
    return {name: getattr(row, name) for name in names if name != "last_used_at"}


@pytest.mark.parametrize(
    ("address", "expected"), [("192.0.2.7", True), ("198.51.100.1", False), ("", False)]
)
def test_a_token_may_be_bound_to_addresses(address: str, expected: bool, db: None) -> None:
    issued = issue_token(
        member_id=make.member().pk, name="ci", scopes=["lookup"], addresses=["192.0.2.0/24"]
    )

    found = live_token(issued.text, address=address)

    assert (found is not None) is expected


def test_its_last_use_is_noted_to_the_minute(db: None) -> None:
    issued = make.token(make.member())
    live_token(issued.text, address="192.0.2.1")
    first = ApiToken.objects.get().last_used_at
    live_token(issued.text, address="192.0.2.1")
    second = ApiToken.objects.get().last_used_at
    ApiToken.objects.update(last_used_at=clock.now() - timedelta(minutes=2))
    live_token(issued.text, address="192.0.2.1")

    third = ApiToken.objects.get().last_used_at

    assert first is not None
    assert first == second
    assert third is not None
    assert third > first


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"scopes": []}, "/scope"),
        ({"scopes": ["everything"]}, "/scope"),
        ({"scopes": ["lookup"], "addresses": ["nowhere"]}, "/addresses"),
        ({"scopes": ["lookup"], "expires_at": clock.now() + timedelta(days=400)}, "/expires_at"),
        ({"scopes": ["lookup"], "expires_at": clock.now() - timedelta(days=1)}, "/expires_at"),
        ({"scopes": ["lookup"], "name": "x" * 101}, "/name"),
    ],
)
def test_a_token_that_cannot_be_is_refused_in_words(
    options: dict[str, object], pointer: str, db: None
) -> None:
    wanted = {"name": "ci", "member_id": make.member().pk} | options

    with pytest.raises(InvalidInput) as refused:
        issue_token(**wanted)  # type: ignore[arg-type] # wrong on purpose

    assert refused.value.errors[0].pointer == pointer
    assert ApiToken.objects.count() == 0


def test_revoking_twice_is_on_record_once(db: None) -> None:
    issued = make.token(make.member())

    revoke_token(token_id=issued.token.pk)
    revoke_token(token_id=issued.token.pk)

    assert AuditEntry.objects.filter(action="token.revoke").count() == 1


def test_a_person_of_a_suspended_organisation_is_not_let_in(as_person: Login) -> None:
    member = make.member()
    client = as_person(make.user(member))
    Member.objects.filter(pk=member.pk).update(status=MemberStatus.SUSPENDED)

    assert client.get(ME).status_code == 401


def test_an_operator_without_an_organisation_has_no_api(as_person: Login) -> None:
    assert as_person(make.user(None)).get(ME).status_code == 401
