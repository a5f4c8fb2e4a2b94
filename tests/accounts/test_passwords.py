"""Forgotten, changed and proven passwords."""

from __future__ import annotations

import smtplib
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client
from pytest_django import Settings

from accounts.models import MemberStatus, Session, User
from accounts.services.members import change_member_status
from hub.audit.models import AuditEntry
from hub.kit import clock
from tests import make
from tests.accounts.signing_in import PASSWORD, SIGN_IN, link_in_mail, person, sign_in, signed_in

pytestmark = pytest.mark.django_db

FORGOTTEN = "/password/forgotten/"
CHANGE = "/account/password/"
AGAIN = "/sign-in/again/"
NEW = "an even longer walk by the sea"


def opens(user: User, password: str) -> bool:
    return bool(sign_in(Client(), user, password).status_code == 302)


# Forgotten ----------------------------------------------------------------------------------
def test_a_link_in_a_mail_gives_a_new_password_once(client: Client) -> None:
    user = person(make.member(), email="Ada@acme.example")
    elsewhere = signed_in(user)

    asked = client.post(FORGOTTEN, {"email": "ada@acme.example"})
    link = link_in_mail()
    form_page = client.get(link)
    saved = client.post(form_page["Location"], {"password": NEW})
    again = Client().get(link)

    assert asked["Location"] == "/password/forgotten/sent/"
    assert mail.outbox[0].to == ["Ada@acme.example"]
    assert saved["Location"] == SIGN_IN
    assert "This link has ended" in again.content.decode()
    assert (opens(user, PASSWORD), opens(user, NEW)) == (False, True)
    assert elsewhere.get("/account/").status_code == 302
    assert mail.outbox[1].subject == "Your password for the deepfake hub was changed"
    kept = AuditEntry.objects.filter(action__startswith="password").values_list("action", "user_id")
    assert list(kept) == [("password.forgotten", user.pk), ("password.reset", user.pk)]


def test_the_key_of_the_link_does_not_stay_in_the_address(client: Client) -> None:
    user = person(make.member())
    client.post(FORGOTTEN, {"email": user.email})
    key = link_in_mail().rstrip("/").rpartition("/")[2]

    form_page = client.get(link_in_mail())

    assert key not in form_page["Location"]
    assert key not in client.get(form_page["Location"]).content.decode()


def test_the_link_names_the_hub_whatever_the_request_called_it(
    client: Client, settings: Settings
) -> None:
    settings.HUB_BASE_URL = "https://hub.example"
    settings.ALLOWED_HOSTS = ["*"]
    user = person(make.member())

    client.post(FORGOTTEN, {"email": user.email}, headers={"Host": "evil.example"})

    assert "https://hub.example/password/new/" in mail.outbox[0].body
    assert "evil" not in mail.outbox[0].body


def nobody(user: User) -> str:
    return "nobody@acme.example"


def ended(user: User) -> str:
    User.objects.filter(pk=user.pk).update(is_active=False)
    return user.email


def suspended(user: User) -> str:
    assert user.member is not None
    change_member_status(member_id=user.member.pk, status=MemberStatus.SUSPENDED)
    return user.email


@pytest.mark.parametrize("case", [nobody, ended, suspended])
def test_who_cannot_sign_in_is_told_so_by_mail_only(client: Client, case: object) -> None:
    known = client.post(FORGOTTEN, {"email": person(make.member()).email})
    email = case(person(make.member()))  # type: ignore[operator] # one of the functions above

    answer = client.post(FORGOTTEN, {"email": email})

    assert (answer.status_code, answer["Location"]) == (known.status_code, known["Location"])
    assert [len(mail.outbox), mail.outbox[1].to] == [2, [email]]
    assert "It opens no account there" in mail.outbox[1].body
    assert "/password/new/" not in mail.outbox[1].body


def test_a_link_ends_with_its_time_and_with_the_next_sign_in(client: Client) -> None:
    user = person(make.member())
    client.post(FORGOTTEN, {"email": user.email})
    link = link_in_mail()

    with time_machine.travel(clock.now() + timedelta(hours=4, seconds=2), tick=False):
        late = client.get(link)
    sign_in(Client(), user)
    used = client.get(link)

    assert (late.status_code, used.status_code) == (200, 200)
    assert "This link has ended" in late.content.decode()
    assert "This link has ended" in used.content.decode()


@pytest.mark.parametrize("key", ["x", "abc-123", "0-" + "0" * 40, "%00"])
def test_a_link_that_was_never_sent_says_so(client: Client, key: str) -> None:
    answer = client.get(f"/password/new/{person(make.member()).pk.hex}/{key}/")

    assert answer.status_code == 200
    assert "This link has ended" in answer.content.decode()


@pytest.mark.parametrize("weak", ["short", "12345678901", "password", ""])
def test_a_weak_password_is_refused_in_words_and_changes_nothing(client: Client, weak: str) -> None:
    user = person(make.member())
    client.post(FORGOTTEN, {"email": user.email})
    form_page = client.get(link_in_mail())["Location"]

    answer = client.post(form_page, {"password": weak})

    assert answer.status_code == 200
    assert 'class="errorlist"' in answer.content.decode()
    assert opens(user, PASSWORD)


def test_mails_to_one_address_and_by_one_sender_are_limited(
    client: Client, settings: Settings
) -> None:
    settings.HUB_RATE_MAIL = "2/h"
    settings.HUB_RATE_MAIL_SENDER = "3/h"

    statuses = [
        client.post(FORGOTTEN, {"email": email}).status_code
        for email in ("a@x.example", "A@x.example", "a@x.example", "b@x.example", "c@x.example")
    ]

    assert statuses == [302, 302, 429, 302, 429]
    assert len(mail.outbox) == 3


@pytest.mark.parametrize("error", [ConnectionRefusedError(), smtplib.SMTPServerDisconnected()])
def test_a_mail_server_that_is_away_tells_nobody_anything(
    client: Client, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(_message: EmailMessage, **_options: Any) -> int:
        raise error

    monkeypatch.setattr(EmailMessage, "send", refuse)
    user = person(make.member())

    answers = [client.post(FORGOTTEN, {"email": e}) for e in (user.email, "no@where.example")]

    assert [answer.status_code for answer in answers] == [302, 302]


# Changed ------------------------------------------------------------------------------------
def test_a_changed_password_signs_out_everywhere_else() -> None:
    user = person(make.member())
    here, elsewhere = signed_in(user), signed_in(user)
    key = here.session.session_key

    answer = here.post(CHANGE, {"current": PASSWORD, "password": NEW})

    assert (answer.status_code, answer["Location"]) == (302, "/account/")
    assert here.get("/account/").status_code == 200
    assert here.session.session_key != key
    assert elsewhere.get("/account/").status_code == 302
    assert Session.objects.filter(user=user).count() == 1
    assert (opens(user, PASSWORD), opens(user, NEW)) == (False, True)
    assert mail.outbox[0].to == [user.email]
    assert AuditEntry.objects.filter(action="password.change", user_id=user.pk).count() == 1


@pytest.mark.parametrize(
    ("current", "new", "words"),
    [
        ("wrong", NEW, "This is not your password."),
        (PASSWORD, "short", "too short"),
        (PASSWORD, "", "required"),
        (PASSWORD, "person-x@member", "similar"),
    ],
)
def test_a_change_of_password_that_is_refused_changes_nothing(
    current: str, new: str, words: str
) -> None:
    user = person(make.member(), email="person-x@member.example")
    client = signed_in(user)

    answer = client.post(CHANGE, {"current": current, "password": new})

    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert opens(user, PASSWORD)
    assert AuditEntry.objects.filter(action="password.change").exists() is False
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("path", "fields"),
    [(CHANGE, {"current": "guess", "password": NEW}), (AGAIN, {"password": "guess"})],
)
def test_guessing_the_password_from_inside_is_limited_too(
    settings: Settings, path: str, fields: dict[str, str]
) -> None:
    settings.HUB_RATE_SIGN_IN = "2/h"
    client = signed_in(person(make.member()))

    statuses = [client.post(path, fields).status_code for _ in range(3)]

    assert statuses == [200, 200, 429]
    failures = AuditEntry.objects.filter(action="sign_in.again", decision="denied")
    assert failures.count() == 3


# Proven -------------------------------------------------------------------------------------
def test_what_is_delicate_asks_for_the_password_again_after_some_minutes() -> None:
    user = person(make.member(), role="admin")
    client = signed_in(user)
    at_once = client.get("/organisation/tokens/new/").status_code

    with time_machine.travel(clock.now() + timedelta(minutes=5, seconds=1), tick=False):
        later = client.get("/organisation/tokens/new/")
        asked = client.get(later["Location"])
        wrong = client.post(later["Location"], {"password": "wrong"})
        still_not = client.get("/organisation/tokens/new/").status_code
        proven = client.post(later["Location"], {"password": PASSWORD})
        then = client.get(proven["Location"])

    assert (at_once, later.status_code) == (200, 302)
    assert later["Location"] == "/sign-in/again/?next=%2Forganisation%2Ftokens%2Fnew%2F"
    assert (asked.status_code, wrong.status_code, still_not) == (200, 200, 302)
    assert f'value="{user.email}"' in asked.content.decode()
    assert proven["Location"] == "/organisation/tokens/new/"
    assert then.status_code == 200
    kept = AuditEntry.objects.filter(action="sign_in.again").order_by("pk")
    assert list(kept.values_list("decision", flat=True)) == ["denied", "allowed"]


def test_the_password_of_somebody_else_proves_nothing() -> None:
    member = make.member()
    user, other = person(member, role="admin"), person(member)
    other.set_password(NEW)
    other.save()
    client = signed_in(user)

    with time_machine.travel(clock.now() + timedelta(minutes=6), tick=False):
        client.post(AGAIN, {"password": NEW})
        answer = client.get("/organisation/tokens/new/")

    assert answer.status_code == 302


def test_the_api_goes_by_the_same_proof() -> None:
    user = person(make.member())
    incident = make.incident(user.member, tlp="green")
    client = signed_in(user)

    def widen() -> Any:
        etag = client.get(f"/api/v1/incidents/{incident.ref}/")["ETag"]
        return client.patch(
            f"/api/v1/incidents/{incident.ref}/",
            {"tlp": "clear"},
            "application/json",
            headers={"If-Match": etag},
        )

    with time_machine.travel(clock.now() + timedelta(minutes=6), tick=False):
        refused = widen()
        incident.refresh_from_db()
        unchanged = incident.tlp
        client.post(AGAIN, {"password": PASSWORD})
        allowed = widen()

    assert (refused.status_code, refused.json()["code"]) == (403, "reauthentication_required")
    assert unchanged == "green"
    assert (allowed.status_code, allowed.json()["tlp"]) == (200, "clear")


def test_nobody_is_asked_again_who_is_not_signed_in(client: Client) -> None:
    assert client.get(AGAIN)["Location"].startswith(SIGN_IN)
