"""One's own account: how things are shown, and where one is signed in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from accounts.browsers import browser_name
from accounts.models import Session
from accounts.tasks import purge
from hub.audit.models import AuditEntry
from hub.kit import clock
from tests import make
from tests.accounts.signing_in import person, sign_in, signed_in

PAGE = "/account/"
PROFILE = {"name": "Ada", "locale": "en", "time_zone": "Asia/Kolkata", "theme": "dark"}
WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
)


@pytest.mark.django_db
def test_what_is_chosen_is_kept_and_goes_with_the_person(client: Client) -> None:
    user = person(make.member())
    here = signed_in(user)

    answer = here.post(PAGE, PROFILE)
    sign_in(client, user)

    user.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    assert (user.name, user.locale, user.time_zone) == ("Ada", "en", "Asia/Kolkata")
    assert here.cookies["theme"].value == client.cookies["theme"].value == "dark"
    assert 'data-bs-theme="dark"' in client.get(PAGE).content.decode()
    assert "IST" in client.get(PAGE).content.decode()
    assert AuditEntry.objects.filter(action="user.profile", user_id=user.pk).count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [{"time_zone": "Mars/Olympus"}, {"locale": "tlh"}, {"theme": "pink"}, {"name": "x" * 201}],
)
def test_what_cannot_be_chosen_is_refused_and_nothing_kept(wrong: dict[str, str]) -> None:
    user = person(make.member(), name="Before")
    client = signed_in(user)

    answer = client.post(PAGE, PROFILE | wrong)

    user.refresh_from_db()
    assert answer.status_code == 200
    assert "aria-invalid" in answer.content.decode()
    assert (user.name, user.time_zone, user.display_settings) == ("Before", "UTC", {})


@pytest.mark.django_db
def test_nobody_sets_more_than_the_form_has() -> None:
    user = person(make.member(), role="viewer")

    signed_in(user).post(PAGE, PROFILE | {"role": "admin", "email": "x@y.example", "is_staff": "1"})

    user.refresh_from_db()
    assert (user.role, user.is_staff, user.name) == ("viewer", False, "Ada")
    assert user.email != "x@y.example"


@pytest.mark.django_db
def test_the_sessions_are_listed_and_another_one_can_be_ended() -> None:
    user = person(make.member())
    there = Client(headers={"User-Agent": WINDOWS}, REMOTE_ADDR="203.0.113.9")
    sign_in(there, user)
    here = signed_in(user)
    other = Session.objects.get(address="203.0.113.9")
    keys = list(Session.objects.values_list("session_key", flat=True))

    listed = here.get(PAGE).content.decode()
    answer = here.post(f"/account/sessions/{other.handle}/end/")

    assert ("Edge, Windows" in listed, "203.0.113.9" in listed) == (True, True)
    assert all(key not in listed for key in keys)
    assert answer["Location"] == PAGE
    assert (there.get(PAGE).status_code, here.get(PAGE).status_code) == (302, 200)
    assert AuditEntry.objects.get(action="session.end").detail == {"ended": 1}


@pytest.mark.django_db
def test_all_others_end_together_and_this_one_stays() -> None:
    user, stranger = person(make.member()), person(make.member())
    others, theirs, here = [signed_in(user) for _ in range(3)], signed_in(stranger), signed_in(user)

    here.post("/account/sessions/end/")

    assert [client.get(PAGE).status_code for client in (*others, theirs, here)] == [
        *[302] * 3,
        200,
        200,
    ]
    assert Session.objects.filter(user=user).count() == 1


@pytest.mark.django_db
def test_the_session_of_somebody_else_is_not_found_and_goes_on() -> None:
    member = make.member()
    theirs, client = signed_in(person(member)), signed_in(person(member, role="admin"))
    handle = Session.objects.get(session_key=theirs.session.session_key).handle

    answer = client.post(f"/account/sessions/{handle}/end/")
    never = client.post(f"/account/sessions/{'0' * 32}/end/")

    assert (answer.status_code, never.status_code) == (404, 404)
    assert theirs.get(PAGE).status_code == 200


@pytest.mark.django_db
def test_when_a_session_was_used_is_noted_to_some_minutes() -> None:
    user = person(make.member())
    client = signed_in(user)
    long_ago, lately = clock.now() - timedelta(hours=1), clock.now() - timedelta(minutes=1)

    Session.objects.update(last_seen_at=lately)
    client.get(PAGE)
    unchanged = Session.objects.get().last_seen_at
    Session.objects.update(last_seen_at=long_ago)
    client.get("/api/v1/me/")

    assert unchanged == lately
    assert Session.objects.get().last_seen_at > lately


@pytest.mark.django_db
def test_sessions_that_are_over_are_purged() -> None:
    user = person(make.member())
    over, going_on = signed_in(user), signed_in(user)
    Session.objects.filter(pk=over.session.session_key).update(expire_date=clock.now())

    purge()

    assert [row.pk for row in Session.objects.all()] == [going_on.session.session_key]


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (WINDOWS, "Edge, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Firefox/145.0", "Firefox, Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "Safari, iPhone"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
    ],
)
def test_a_browser_is_called_what_people_call_it(agent: str, name: str) -> None:
    assert browser_name(agent) == name
