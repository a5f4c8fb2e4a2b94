"""Signing in and out: who may, what a refusal tells, what is counted and kept."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from accounts.models import MemberStatus, Session, User
from accounts.roles import Role
from accounts.services.members import change_member_status
from accounts.services.people import end_access
from hub.api.models import RateBucket
from hub.audit.models import AuditEntry
from hub.kit import clock
from tests import make
from tests.accounts.signing_in import PASSWORD, SIGN_IN, WRONG, person, sign_in, signed_in

ME = "/api/v1/me/"
PAGE = "/organisation/"


def entries(action: str) -> list[tuple[str, str]]:
    """Decision and code of what the audit log keeps of an action."""
    found = AuditEntry.objects.filter(action=action).order_by("pk")
    return [(entry.decision, entry.detail.get("code", "")) for entry in found]


@pytest.mark.django_db
def test_a_person_signs_in_by_address_and_password_and_goes_where_they_wanted(
    client: Client,
) -> None:
    user = person(make.member("acme"), email="Ada.Lovelace@acme.example")
    asked = client.get(f"{PAGE}?page=2")

    answer = client.post(
        asked["Location"], {"login": "ada.lovelace@ACME.example", "password": PASSWORD}
    )

    assert asked["Location"] == "/sign-in/?next=%2Forganisation%2F%3Fpage%3D2"
    assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}?page=2")
    assert client.get(PAGE).status_code == 200
    assert client.get(ME).json()["user"]["email"] == user.email
    assert entries("sign_in") == [("allowed", "")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "x"],
)
def test_the_way_back_stays_inside_the_hub(client: Client, elsewhere: str) -> None:
    answer = sign_in(client, person(make.member()), next=elsewhere)

    assert (answer.status_code, answer["Location"]) == (302, "/")


@pytest.mark.django_db
def test_the_name_of_the_session_changes_with_the_sign_in(client: Client) -> None:
    user = person(make.member())
    client.get(PAGE)
    session = client.session
    session["before"] = "yes"
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = str(before)

    sign_in(client, user)

    assert client.cookies["sessionid"].value != before
    assert Session.objects.filter(session_key=before).exists() is False
    cookie = client.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def unknown(user: User) -> dict[str, str]:
    return {"login": "nobody@acme.example", "password": PASSWORD}


def mistyped(user: User) -> dict[str, str]:
    return {"login": user.email, "password": "a long walk by the see"}


def ended(user: User) -> dict[str, str]:
    User.objects.filter(pk=user.pk).update(is_active=False)
    return {"login": user.email, "password": PASSWORD}


def suspended(user: User) -> dict[str, str]:
    assert user.member is not None
    change_member_status(member_id=user.member.pk, status=MemberStatus.SUSPENDED)
    return {"login": user.email, "password": PASSWORD}


def without_password(user: User) -> dict[str, str]:
    user.set_unusable_password()
    user.save()
    return {"login": user.email, "password": PASSWORD}


@pytest.mark.django_db
@pytest.mark.parametrize("case", [unknown, mistyped, ended, suspended, without_password])
def test_every_refusal_reads_the_same(client: Client, case: object) -> None:
    user = person(make.member())
    fields = case(user)  # type: ignore[operator] # one of the functions above

    answer = client.post(SIGN_IN, fields)
    reference = Client().post(SIGN_IN, {"login": "else@where.example", "password": "x"})

    assert answer.status_code == 200
    assert WRONG in answer.content.decode()
    assert without_what_differs(answer.content, fields["login"]) == without_what_differs(
        reference.content, "else@where.example"
    )
    assert "_auth_user_id" not in client.session
    assert client.get(ME).status_code == 401
    assert entries("sign_in") == [("denied", "wrong_credentials")] * 2


def without_what_differs(page: bytes, login: str) -> str:
    """The page without its tokens against forgery, nonces, and the address that was typed."""
    text = page.decode().replace(login, "")
    return re.sub(r'(name="csrfmiddlewaretoken" value|nonce)="[^"]*"', "", text)


@pytest.mark.django_db
def test_a_refusal_is_kept_for_the_account_and_what_was_typed_nowhere(client: Client) -> None:
    user = person(make.member())

    sign_in(client, user, "hunter2 hunter2")
    client.post(SIGN_IN, {"login": "hunter2@typed.example", "password": "x"})

    known, unknown_one = AuditEntry.objects.filter(action="sign_in").order_by("pk")
    assert (known.member_id, known.objects_named) == (user.member_id, [str(user.pk)])
    assert (unknown_one.member_id, unknown_one.objects_named) == (None, [])
    assert known.detail == {"address": "127.0.0.1", "code": "wrong_credentials"}
    stored = [*AuditEntry.objects.values_list("detail", flat=True), *map(str, all_buckets())]
    assert "hunter2" not in str(stored)


def all_buckets() -> list[RateBucket]:
    return list(RateBucket.objects.all())


@pytest.mark.django_db
def test_signing_out_ends_the_session_and_is_kept(client: Client) -> None:
    user = person(make.member())
    sign_in(client, user)
    asks = client.get("/sign-out/")
    still_in = client.get(ME).status_code

    answer = client.post("/sign-out/")

    assert (asks.status_code, still_in) == (200, 200)
    assert f"You are signed in as {user.email}." in asks.content.decode()
    assert (answer.status_code, answer["Location"]) == (302, SIGN_IN)
    assert client.get(ME).status_code == 401
    assert Session.objects.filter(user=user).exists() is False
    assert entries("sign_out") == [("allowed", "")]


@pytest.mark.django_db
def test_nobody_signs_up(client: Client) -> None:
    for path in ("/signup/", "/accounts/signup/", "/sign-up/"):
        assert client.get(path).status_code == 404


@pytest.mark.django_db
def test_signing_in_and_out_ask_for_the_token_against_forgery() -> None:
    user = person(make.member())
    strict = Client(enforce_csrf_checks=True)

    answer = sign_in(strict, user)

    assert answer.status_code == 403
    assert Session.objects.filter(user=user).exists() is False


# Losing it ----------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_suspended_organisation_is_signed_out_at_once_and_for_good() -> None:
    user = person(make.member())
    assert user.member is not None
    client = signed_in(user)

    change_member_status(member_id=user.member.pk, status=MemberStatus.SUSPENDED)
    while_suspended = (client.get(PAGE).status_code, client.get(ME).status_code)
    change_member_status(member_id=user.member.pk, status=MemberStatus.ACTIVE)

    assert while_suspended == (302, 401)
    assert client.get(PAGE).status_code == 302
    assert sign_in(client, user).status_code == 302


@pytest.mark.django_db
def test_whose_access_ends_is_signed_out_at_once() -> None:
    member = make.member()
    user = person(member)
    client = signed_in(user)

    end_access(user_id=user.pk, by=make.person(member, role=Role.ADMIN))

    assert client.get(PAGE)["Location"].startswith(SIGN_IN)
    assert client.get(ME).status_code == 401
    assert Session.objects.filter(user=user).exists() is False


@pytest.mark.django_db
def test_a_status_that_was_changed_by_other_hands_counts_too() -> None:
    user = person(make.member())
    client = signed_in(user)

    type(user.member).objects.update(status=MemberStatus.LEFT)  # type: ignore[union-attr] # has one

    assert client.get(PAGE).status_code == 302
    assert client.get(ME).status_code == 401


@pytest.mark.django_db
def test_a_session_ends_by_its_age(client: Client) -> None:
    user = person(make.member())
    sign_in(client, user)
    row = Session.objects.get(user=user)

    assert timedelta(hours=11) < row.expire_date - clock.now() <= timedelta(hours=12)
    Session.objects.update(expire_date=clock.now())
    assert client.get(PAGE).status_code == 302


# Limits -------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_after_some_failures_even_the_right_password_must_wait(
    client: Client, settings: Settings
) -> None:
    settings.HUB_RATE_SIGN_IN = "3/h"
    user = person(make.member())

    failed = [sign_in(client, user, "wrong").status_code for _ in range(3)]
    refused = sign_in(client, user)

    assert failed == [200, 200, 200]
    assert refused.status_code == 429
    assert 1100 < int(refused["Retry-After"]) <= 1200
    assert "Too many attempts. Try again in 20 minutes." in refused.content.decode()
    assert client.get(ME).status_code == 401
    assert entries("sign_in")[-1] == ("denied", "too_many_requests")


@pytest.mark.django_db
def test_an_unknown_address_is_limited_like_a_known_one(client: Client, settings: Settings) -> None:
    settings.HUB_RATE_SIGN_IN = "2/h"
    nobody = {"login": "nobody@acme.example", "password": "x"}

    statuses = [client.post(SIGN_IN, nobody).status_code for _ in range(3)]

    assert statuses == [200, 200, 429]


@pytest.mark.django_db
def test_only_failures_count(client: Client, settings: Settings) -> None:
    settings.HUB_RATE_SIGN_IN = "2/h"
    settings.HUB_RATE_SIGN_IN_ACCOUNT = "2/h"
    settings.HUB_RATE_SIGN_IN_ADDRESS = "2/h"
    user = person(make.member())

    statuses = [sign_in(Client(), user).status_code for _ in range(4)]

    assert statuses == [302] * 4


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("setting", "same_account", "same_address", "last"),
    [
        ("HUB_RATE_SIGN_IN", True, True, 429),
        ("HUB_RATE_SIGN_IN", True, False, 200),
        ("HUB_RATE_SIGN_IN", False, True, 200),
        ("HUB_RATE_SIGN_IN_ACCOUNT", True, False, 429),
        ("HUB_RATE_SIGN_IN_ACCOUNT", False, True, 200),
        ("HUB_RATE_SIGN_IN_ADDRESS", False, True, 429),
        ("HUB_RATE_SIGN_IN_ADDRESS", True, False, 200),
    ],
)
def test_failures_are_counted_for_the_account_and_for_the_address(
    settings: Settings, setting: str, same_account: bool, same_address: bool, last: int
) -> None:
    setattr(settings, setting, "2/h")
    logins = ["a@acme.example"] * 3 if same_account else [f"{n}@acme.example" for n in "abc"]
    addresses = ["192.0.2.1"] * 3 if same_address else [f"192.0.2.{n}" for n in range(3)]

    statuses = [
        Client(REMOTE_ADDR=address).post(SIGN_IN, {"login": login, "password": "x"}).status_code
        for login, address in zip(logins, addresses, strict=True)
    ]

    assert statuses == [200, 200, last]


@pytest.mark.django_db
def test_a_refused_attempt_takes_nothing_from_the_other_counts(settings: Settings) -> None:
    settings.HUB_RATE_SIGN_IN_ADDRESS = "1/h"
    settings.HUB_RATE_SIGN_IN_ACCOUNT = "2/h"
    from_one, from_other = Client(REMOTE_ADDR="192.0.2.1"), Client(REMOTE_ADDR="192.0.2.2")
    fields = {"login": "a@acme.example", "password": "x"}

    statuses = [from_one.post(SIGN_IN, fields).status_code for _ in range(4)]

    assert statuses == [200, 429, 429, 429]
    assert from_other.post(SIGN_IN, fields).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_twenty_attempts_at_once_no_more_are_tried_than_the_limit_says(
    settings: Settings,
) -> None:
    settings.HUB_RATE_SIGN_IN = "5/h"
    user = person(make.member())

    def attempt(number: int) -> int:
        try:
            return int(sign_in(Client(), user, f"guess {number}").status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as threads:
        statuses = sorted(threads.map(attempt, range(20)))

    assert statuses == [200] * 5 + [429] * 15
    tried = AuditEntry.objects.filter(action="sign_in", detail__code="wrong_credentials")
    assert tried.count() == 5


# Behind proxies -----------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.7, 203.0.113.9", "198.51.100.7"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, "not an address", "192.0.2.1"),
        (1, "2001:DB8::1", "2001:db8::1"),
    ],
)
def test_the_address_is_the_one_that_the_trusted_proxies_saw(
    settings: Settings, proxies: int, forwarded: str, address: str
) -> None:
    settings.HUB_TRUSTED_PROXIES = proxies
    user = person(make.member())
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}

    sign_in(Client(REMOTE_ADDR="192.0.2.1", headers=headers), user)

    assert Session.objects.get(user=user).address == address


# Operators ----------------------------------------------------------------------------------
@pytest.mark.django_db
def test_an_operator_signs_in_and_reads_nothing_of_the_organisations(client: Client) -> None:
    operator = person(None)

    answer = sign_in(client, operator)

    assert answer.status_code == 302
    assert client.get("/account/").status_code == 200
    page = client.get(PAGE)
    assert page.status_code == 403
    assert "You belong to no organisation" in page.content.decode()
    assert client.get(ME).status_code == 401


# Fragments ----------------------------------------------------------------------------------
@pytest.mark.django_db
def test_htmx_is_led_to_the_sign_in_whole_and_back_to_the_page_that_asked(client: Client) -> None:
    answer = client.get(
        PAGE,
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/account/?tab=1"},
    )

    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/sign-in/?next=%2Faccount%2F%3Ftab%3D1"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://testserver/organisation/tokens/new/", "%2Forganisation%2Ftokens%2Fnew%2F"),
        ("https://evil.example/organisation/", "%2F"),
        ("", "%2F"),
    ],
)
def test_what_was_sent_after_the_session_ended_leads_back_to_its_form(
    client: Client, referer: str, back: str
) -> None:
    answer = client.post("/organisation/tokens/new/", headers={"Referer": referer})

    assert (answer.status_code, answer["Location"]) == (302, f"/sign-in/?next={back}")
