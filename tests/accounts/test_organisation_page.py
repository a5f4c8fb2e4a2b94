"""The organisation page: who sees what, who may do what, and that refusals change nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.authentication import live_token
from accounts.models import ApiToken, Invitation, Member, MemberKind, Session, User
from accounts.readers import Reader
from accounts.roles import Role
from accounts.services.invitations import invite
from accounts.services.people import change_role, require_rank_over
from accounts.services.tokens import create_token
from hub.audit.models import AuditEntry
from hub.kit import clock
from hub.kit.errors import NotAllowed, ReauthenticationRequired
from tests import make
from tests.accounts.signing_in import PASSWORD, link_in_mail, person, sign_in, signed_in

pytestmark = pytest.mark.django_db

PAGE = "/organisation/"
INVITE = "/organisation/invitations/new/"
TOKEN = "/organisation/tokens/new/"
HOSTILE = "<script>alert(1)</script>\u202e{{ 7*7 }}😀"

Ask = Callable[[Client, "Scene"], Any]


class Scene:
    """An organisation with somebody in it, something waiting, and a token."""

    def __init__(self, *, other_role: str = Role.ANALYST, **other: Any) -> None:
        self.member = make.member()
        self.other = person(self.member, role=other_role, **other)
        admin = Reader(self.member, make.user(self.member, role=Role.ADMIN))
        self.waiting = invite(email="new@x.example", role=Role.VIEWER, by=admin).invitation
        self.token = make.token(self.member, "lookup").token

    def state(self) -> list[Any]:
        """All that these pages can change of the organisation."""
        people = User.objects.filter(member=self.member).order_by("pk")
        invitations = Invitation.objects.filter(member=self.member).order_by("pk")
        tokens = ApiToken.objects.filter(member=self.member).order_by("pk")
        return [
            list(people.values_list("pk", "role", "is_active", "password")),
            list(invitations.values_list("pk", "digest", "withdrawn_at")),
            list(tokens.values_list("pk", "revoked_at")),
        ]


def change_of_role(client: Client, scene: Scene) -> Any:
    return client.post(f"/organisation/people/{scene.other.pk}/", {"role": "viewer"})


def end_of_access(client: Client, scene: Scene) -> Any:
    return client.post(f"/organisation/people/{scene.other.pk}/end/")


def return_of_access(client: Client, scene: Scene) -> Any:
    User.objects.filter(pk=scene.other.pk).update(is_active=False)
    return client.post(f"/organisation/people/{scene.other.pk}/restore/")


def invitation(client: Client, scene: Scene) -> Any:
    return client.post(INVITE, {"email": "else@x.example", "role": "lead"})


def invitation_again(client: Client, scene: Scene) -> Any:
    return client.post(f"/organisation/invitations/{scene.waiting.pk}/again/")


def end_of_invitation(client: Client, scene: Scene) -> Any:
    return client.post(f"/organisation/invitations/{scene.waiting.pk}/withdraw/")


def new_token(client: Client, scene: Scene) -> Any:
    return client.post(TOKEN, {"name": "ci", "scopes": ["lookup"], "days": "30"})


def end_of_token(client: Client, scene: Scene) -> Any:
    return client.post(f"/organisation/tokens/{scene.token.pk}/revoke/")


ACTIONS: list[tuple[Ask, str, int]] = [
    (change_of_role, "user.role", 302),
    (end_of_access, "user.end", 302),
    (return_of_access, "user.restore", 302),
    (invitation, "invitation.create", 302),
    (invitation_again, "invitation.create", 302),
    (end_of_invitation, "invitation.withdraw", 302),
    (new_token, "token.create", 200),
    (end_of_token, "token.revoke", 302),
]


# Who may ------------------------------------------------------------------------------------
@pytest.mark.parametrize(("ask", "action", "success"), ACTIONS)
@pytest.mark.parametrize("role", list(Role))
def test_only_administrators_change_anything(
    ask: Ask, action: str, success: int, role: Role
) -> None:
    scene = Scene()
    actor = person(scene.member, role=role)
    client = signed_in(actor)
    User.objects.filter(pk=scene.other.pk).update(is_active=ask is not return_of_access)
    before = scene.state()

    answer = ask(client, scene)

    done = role is Role.ADMIN
    kept = AuditEntry.objects.filter(action=action, user_id=actor.pk)
    assert answer.status_code == (success if done else 403)
    assert (scene.state() != before) is done
    assert list(kept.values_list("decision", flat=True)) == ["allowed" if done else "denied"]


@pytest.mark.parametrize(("ask", "action", "success"), ACTIONS)
def test_administrators_reach_into_no_other_organisation(
    ask: Ask, action: str, success: int
) -> None:
    scene = Scene()
    client = signed_in(person(make.member(), role=Role.ADMIN))
    User.objects.filter(pk=scene.other.pk).update(is_active=ask is not return_of_access)
    before = scene.state()

    answer = ask(client, scene)

    about_others = ask not in (invitation, new_token)
    assert answer.status_code == (404 if about_others else success)
    assert scene.state() == before


@pytest.mark.parametrize(("ask", "action", "success"), ACTIONS)
def test_an_observer_administers_its_people_too(ask: Ask, action: str, success: int) -> None:
    scene = Scene()
    Member.objects.filter(pk=scene.member.pk).update(kind=MemberKind.REGULATOR, in_community=False)

    answer = ask(signed_in(person(scene.member, role=Role.ADMIN)), scene)

    assert answer.status_code == success


@pytest.mark.parametrize("ask", [change_of_role, end_of_access, return_of_access])
def test_nobody_acts_on_somebody_who_operates_the_hub(ask: Ask) -> None:
    scene = Scene(is_staff=True)
    client = signed_in(person(scene.member, role=Role.ADMIN))
    User.objects.filter(pk=scene.other.pk).update(is_active=ask is not return_of_access)
    before = scene.state()

    answer = ask(client, scene)

    assert answer.status_code == 403
    assert "higher rank" in answer.content.decode()
    assert scene.state() == before
    assert str(scene.other.pk) not in client.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("path", "fields"), [("", {"role": "viewer"}), ("end/", {}), ("restore/", {})]
)
def test_nobody_changes_their_own_role_or_access(path: str, fields: dict[str, str]) -> None:
    admin = person(make.member(), role=Role.ADMIN)
    client = signed_in(admin)

    client.post(f"/organisation/people/{admin.pk}/{path}", fields)

    admin.refresh_from_db()
    assert (admin.role, admin.is_active) == (Role.ADMIN, True)
    assert (
        "Your role is changed" in client.get(f"/organisation/people/{admin.pk}/").content.decode()
    )


@pytest.mark.parametrize(
    "path",
    [
        *("people/{}/", "people/{}/end/", "people/{}/restore/"),
        *("invitations/{}/again/", "invitations/{}/withdraw/", "tokens/{}/revoke/"),
    ],
)
def test_what_never_was_is_not_found(path: str) -> None:
    client = signed_in(person(make.member(), role=Role.ADMIN))

    assert client.post(f"/organisation/{path.format(uuid4())}").status_code == 404


def test_a_token_changes_nobody() -> None:
    scene = Scene()
    by = make.system(scene.member)

    with pytest.raises(NotAllowed, match="by people"):
        change_role(user_id=scene.other.pk, role="viewer", by=by)
    with pytest.raises(ReauthenticationRequired):
        create_token(name="x", scopes=["lookup"], by=by)

    scene.other.refresh_from_db()
    assert scene.other.role == Role.ANALYST


@pytest.mark.parametrize(
    ("operates", "role", "allowed"),
    [(False, "admin", True), (True, "viewer", False), (False, "viewer", True)],
)
def test_one_function_decides_by_rank(operates: bool, role: str, allowed: bool) -> None:
    member = make.member()
    by = Reader(member, make.user(member, role=Role.ADMIN))
    other = make.user(member, role=role, is_staff=operates)

    def decide() -> bool:
        try:
            require_rank_over(by, user=other)
        except NotAllowed:
            return False
        return True

    assert decide() is allowed


@pytest.mark.django_db(transaction=True)
def test_of_two_administrators_who_depose_each_other_one_stays() -> None:
    member = make.member()
    one, two = (make.user(member, role=Role.ADMIN) for _ in range(2))

    def depose(pair: tuple[User, User]) -> str:
        actor, other = pair
        try:
            change_role(user_id=other.pk, role="viewer", by=Reader(member, actor))
        except NotAllowed:
            return "refused"
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(2) as threads:
        outcomes = sorted(threads.map(depose, [(one, two), (two, one)]))

    assert outcomes == ["done", "refused"]
    assert User.objects.filter(member=member, role=Role.ADMIN).count() == 1


# What is seen -------------------------------------------------------------------------------
@pytest.mark.parametrize(("role", "administers"), [(role, role is Role.ADMIN) for role in Role])
def test_all_see_facts_and_people_and_administrators_the_rest(
    role: Role, administers: bool
) -> None:
    scene = Scene()
    stranger = person(make.member(), email="stranger@far.example")
    token_of_others = make.token(make.member(), "lookup").token

    text = signed_in(person(scene.member, role=role)).get(PAGE).content.decode()

    assert scene.member.name in text
    assert scene.other.email in text
    assert (scene.token.pk in text, scene.waiting.email in text) == (administers, administers)
    assert (INVITE in text, TOKEN in text) == (administers, administers)
    assert stranger.email not in text
    assert token_of_others.pk not in text


@pytest.mark.parametrize("role", list(Role))
def test_hostile_words_are_shown_as_text(role: Role) -> None:
    member = make.member()
    Member.objects.filter(pk=member.pk).update(name=HOSTILE)
    person(member, name=HOSTILE)
    by = Reader(member, make.user(member, role=Role.ADMIN), reauthenticated=True)
    create_token(name="ci", scopes=["lookup"], by=by)
    ApiToken.objects.update(name=HOSTILE)
    client = signed_in(person(member, role=role, name=HOSTILE))

    pages = [client.get(path).content.decode() for path in (PAGE, "/account/", "/sign-out/")]

    assert all("<script>alert" not in page for page in pages)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in pages[0]


def test_the_page_asks_as_much_for_many_as_for_one(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    scene = Scene()
    client = signed_in(person(scene.member, role=Role.ADMIN))

    def queries() -> int:
        with django_assert_max_num_queries(50) as counted:
            assert client.get(PAGE).status_code == 200
        return len(counted)

    few = queries()
    by = Reader(scene.member, make.user(scene.member, role=Role.ADMIN))
    for number in range(8):
        make.user(scene.member)
        make.token(scene.member, "lookup")
        invite(email=f"{number}@x.example", role=Role.VIEWER, by=by)
    many = queries()

    assert many == few <= 8


# Access -------------------------------------------------------------------------------------
def test_a_changed_role_counts_from_the_next_request() -> None:
    scene = Scene(other_role=Role.ADMIN)
    theirs, client = signed_in(scene.other), signed_in(person(scene.member, role=Role.ADMIN))
    before = theirs.get(INVITE).status_code

    change_of_role(client, scene)

    assert (before, theirs.get(INVITE).status_code) == (200, 403)


def test_access_that_comes_back_has_its_password_and_no_session() -> None:
    scene = Scene()
    theirs, client = signed_in(scene.other), signed_in(person(scene.member, role=Role.ADMIN))

    end_of_access(client, scene)
    ended = sign_in(Client(), scene.other).status_code
    client.post(f"/organisation/people/{scene.other.pk}/restore/")

    assert ended == 200
    assert theirs.get(PAGE).status_code == 302
    assert Session.objects.filter(user=scene.other).count() == 0
    assert sign_in(Client(), scene.other).status_code == 302


def test_a_role_that_does_not_exist_is_refused() -> None:
    scene = Scene()
    client = signed_in(person(scene.member, role=Role.ADMIN))

    answer = client.post(f"/organisation/people/{scene.other.pk}/", {"role": "operator"})

    scene.other.refresh_from_db()
    assert (answer.status_code, scene.other.role) == (200, Role.ANALYST)


# Invitations --------------------------------------------------------------------------------
def test_an_invited_person_makes_their_account(client: Client) -> None:
    member = make.member("acme")
    admin = signed_in(person(member, role=Role.ADMIN, name="Ada"))
    fields = {"email": "New@acme.example", "name": "N. N.", "role": "analyst"}

    sent = admin.post(INVITE, fields)
    shown = client.get(link_in_mail())
    made = client.post(link_in_mail(), {"name": "Nia", "password": PASSWORD})
    twice = Client().post(link_in_mail(), {"name": "Eve", "password": PASSWORD})

    user = User.objects.get(email="New@acme.example")
    assert (sent.status_code, sent["Location"]) == (302, PAGE)
    assert mail.outbox[0].subject == "Acme invites you to the deepfake hub"
    assert "Ada invites you" in mail.outbox[0].body
    assert 'value="N. N."' in shown.content.decode()
    assert (made.status_code, made["Location"]) == (302, "/sign-in/")
    assert (user.member, user.role, user.name) == (member, "analyst", "Nia")
    assert sign_in(Client(), user).status_code == 302
    assert twice.status_code == 404
    assert User.objects.filter(name="Eve").exists() is False
    actions = ["invitation.create", "user.create", "invitation.accept"]
    kept = AuditEntry.objects.filter(action__in=actions).order_by("pk")
    assert list(kept.values_list("action", flat=True)) == actions


def test_whether_an_address_has_an_account_elsewhere_is_not_told() -> None:
    person(make.member(), email="taken@far.example")
    admin = signed_in(person(make.member(), role=Role.ADMIN))

    answers = [
        admin.post(INVITE, {"email": email, "role": "viewer"})
        for email in ("taken@far.example", "free@far.example")
    ]
    page = admin.get(PAGE).content.decode()
    accepted = Client().post(link_in_mail(0), {"name": "T", "password": PASSWORD})

    assert [(a.status_code, a["Location"]) for a in answers] == [(302, PAGE)] * 2
    assert ("taken@far.example" in page, "free@far.example" in page) == (True, True)
    assert accepted.status_code == 200
    assert "There is an account for taken@far.example already." in accepted.content.decode()
    assert User.objects.filter(email="taken@far.example").count() == 1


def test_who_is_there_already_is_not_invited() -> None:
    scene = Scene()
    client = signed_in(person(scene.member, role=Role.ADMIN))
    before = scene.state()

    answer = client.post(INVITE, {"email": scene.other.email.upper(), "role": "viewer"})

    assert answer.status_code == 200
    assert "in your organisation already" in answer.content.decode()
    assert scene.state() == before
    assert mail.outbox == []


def test_inviting_again_ends_the_link_before() -> None:
    scene = Scene()
    client = signed_in(person(scene.member, role=Role.ADMIN))

    invitation_again(client, scene)
    invitation_again(client, scene)
    first, second = (Client().get(link_in_mail(number)).status_code for number in (0, 1))

    assert (first, second) == (404, 200)
    assert Invitation.objects.filter(member=scene.member).count() == 1


def withdraw(scene: Scene) -> None:
    end_of_invitation(signed_in(person(scene.member, role=Role.ADMIN)), scene)


def expire(scene: Scene) -> None:
    Invitation.objects.update(expires_at=clock.now())


def suspend(scene: Scene) -> None:
    Member.objects.filter(pk=scene.member.pk).update(status="suspended")


@pytest.mark.parametrize("end", [withdraw, expire, suspend])
def test_an_invitation_that_has_ended_makes_no_account(end: Callable[[Scene], None]) -> None:
    scene = Scene()
    invitation_again(signed_in(person(scene.member, role=Role.ADMIN)), scene)

    end(scene)
    answers = [
        Client().get(link_in_mail()),
        Client().post(link_in_mail(), {"name": "N", "password": PASSWORD}),
        Client().get("/invitation/never-made/"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 3
    assert User.objects.filter(email="new@x.example").exists() is False


def test_a_weak_password_makes_no_account() -> None:
    scene = Scene()
    invitation_again(signed_in(person(scene.member, role=Role.ADMIN)), scene)

    answer = Client().post(link_in_mail(), {"name": "N", "password": "12345678"})

    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert User.objects.filter(email="new@x.example").exists() is False


def test_the_mails_of_an_organisation_are_limited(settings: Settings) -> None:
    settings.HUB_RATE_MAIL_SENDER = "2/h"
    client = signed_in(person(make.member(), role=Role.ADMIN))

    statuses = [
        client.post(INVITE, {"email": f"{n}@x.example", "role": "viewer"}).status_code
        for n in range(3)
    ]

    assert statuses == [302, 302, 429]
    assert Invitation.objects.count() == len(mail.outbox) == 2


# Tokens -------------------------------------------------------------------------------------
def test_a_token_is_shown_once_and_works() -> None:
    member = make.member()
    client = signed_in(person(member, role=Role.ADMIN))

    made = client.post(TOKEN, {"name": "ci", "scopes": ["lookup", "feed:read"], "days": "90"})
    text = re.findall(r"dfh_\w{8}_\w{36}", made.content.decode())
    token = ApiToken.objects.get(name="ci")

    assert len(set(text)) == 1
    found = live_token(text[0], address="")
    assert found is not None
    assert (found.member, found.scopes) == (member, ["lookup", "feed:read"])
    assert timedelta(days=89) < token.expires_at - clock.now() <= timedelta(days=90)
    assert "no-store" in made["Cache-Control"]
    page = client.get(PAGE).content.decode()
    assert (f"dfh_{token.pk}" in page, text[0][13:] in page) == (True, False)


def test_a_revoked_token_ends_at_once_and_says_so() -> None:
    scene = Scene()
    issued = make.token(scene.member, "lookup")
    client = signed_in(person(scene.member, role=Role.ADMIN))
    path = f"/organisation/tokens/{issued.token.pk}/revoke/"

    asked = client.get(path)
    still = live_token(issued.text, address="")
    client.post(path)

    assert (asked.status_code, still is not None) == (200, True)
    assert live_token(issued.text, address="") is None
    assert "Revoked" in client.get(PAGE).content.decode()


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "", "scopes": ["lookup"], "days": "30"},
        {"name": "ci", "scopes": [], "days": "30"},
        {"name": "ci", "scopes": ["everything"], "days": "30"},
        {"name": "ci", "scopes": ["lookup"], "days": "366"},
        {"name": "x" * 101, "scopes": ["lookup"], "days": "30"},
    ],
)
def test_a_token_that_cannot_be_is_refused_at_its_field(fields: dict[str, Any]) -> None:
    answer = signed_in(person(make.member(), role=Role.ADMIN)).post(TOKEN, fields)

    assert answer.status_code == 200
    assert 'aria-invalid="true"' in answer.content.decode()
    assert ApiToken.objects.count() == 0


def test_a_token_asks_for_the_password_again() -> None:
    member = make.member()
    client = Client()
    client.force_login(make.user(member, role=Role.ADMIN))

    answers = [client.get(TOKEN), new_token(client, Scene())]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert all(answer["Location"].startswith("/sign-in/again/") for answer in answers)
    assert ApiToken.objects.filter(member=member).count() == 0


# Long lists ---------------------------------------------------------------------------------
def walk(client: Client, name: str, pattern: str) -> list[list[str]]:
    """What a list of the page shows, page by page from the first to the last by its links."""
    pages, address = [], PAGE
    while address:
        text = client.get(address).content.decode()
        part = text.partition(f'id="{name}"')[2].partition("</section>")[0]
        pages.append(re.findall(pattern, part))
        following = re.search(r'href="(\?[^"#]*)#\w+"[^>]*rel="next"', part)
        address = PAGE + html.unescape(following[1]) if following else ""
    return pages


def test_an_organisation_of_many_is_shown_page_by_page() -> None:
    member = make.member()
    admin = person(member, role=Role.ADMIN, name="A", email="aa@x.example")
    for number in range(119):
        make.user(member, name=f"P{number // 2:02}", email=f"u{number:03}@x.example")
    User.objects.filter(email="u000@x.example").update(is_active=False)
    client = signed_in(admin)

    pages = walk(client, "people", r">([a-z0-9]+@x\.example)</span></span>")

    named = [f"u{number:03}@x.example" for number in range(1, 119)]
    assert [len(page) for page in pages] == [50, 50, 20]
    assert [one for page in pages for one in page] == ["aa@x.example", *named, "u000@x.example"]


def test_many_tokens_are_shown_page_by_page_those_that_ended_last() -> None:
    member = make.member()
    made = [make.token(member, "feed:read").token.pk for _ in range(120)]
    ended, expired = made[100], made[110]
    ApiToken.objects.filter(pk=ended).update(revoked_at=clock.now())
    ApiToken.objects.filter(pk=expired).update(expires_at=clock.now())
    client = signed_in(person(member, role=Role.ADMIN))

    pages = walk(client, "tokens", r"dfh_(\w{8})…")

    working = [key for key in reversed(made) if key not in {ended, expired}]
    assert [len(page) for page in pages] == [50, 50, 20]
    assert [one for page in pages for one in page] == [*working, expired, ended]


def test_one_list_turns_its_pages_and_leaves_the_other(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    member = make.member()
    for _ in range(60):
        make.user(member)
        make.token(member, "lookup")
    client = signed_in(person(member, role=Role.ADMIN))
    first = client.get(PAGE).content.decode()
    second = html.unescape(re.findall(r'href="(\?people=[^"]+)#people"', first)[0])

    turned = client.get(PAGE + second).content.decode()
    both = re.findall(r'href="(\?[^"]+)#tokens"', turned)
    with django_assert_num_queries(5):
        client.get(PAGE + html.unescape(both[0]))

    assert "people=" in both[0]
    assert "tokens=" in both[0]


@pytest.mark.parametrize("made_up", ["x", "%00", "a" * 3000])
def test_a_place_that_is_made_up_leads_to_the_beginning(made_up: str) -> None:
    admin = person(make.member(), role=Role.ADMIN)
    client = signed_in(admin)

    answer = client.get(f"{PAGE}?people={made_up}&tokens={made_up}")

    assert answer.status_code == 200
    assert admin.email in answer.content.decode()


def test_scopes_stand_in_words() -> None:
    scene = Scene()
    client = signed_in(person(scene.member, role=Role.ADMIN))

    page = client.get(PAGE).content.decode()

    assert "Look up media and links (lookup)" in page
