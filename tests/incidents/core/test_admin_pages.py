"""Operators and incidents: opening one with a reason, asking who sees it, merging tags."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.roles import Role
from hub.audit.models import AuditEntry
from hub.kit import clock
from incidents.core.models import Incident
from incidents.core.services import tagging
from incidents.taxonomy.models import TagAlias
from tests import make
from tests.operating import SECRET, a_hub, operating, operator, said

pytestmark = pytest.mark.django_db

REASON = "The owner asked us why nobody was alerted."


@pytest.fixture
def user() -> User:
    return operator()


@pytest.fixture
def client(user: User) -> Client:
    return operating(user)


def page_of(incident: Incident) -> str:
    return f"/admin/incidents/incident/{incident.pk}/"


def entries(user: User, action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(user_id=user.pk, action=action).order_by("pk"))


# Opening ------------------------------------------------------------------------------------
def test_an_incident_is_opened_with_a_reason_that_is_kept(client: Client, user: User) -> None:
    incident = make.incident(title=SECRET, script=SECRET, tlp="amber", shared_with=[make.member()])
    page = page_of(incident)
    assert SECRET not in client.get(page).content.decode()

    answer = client.post(f"{page}open/", {"reason": REASON})

    assert answer["Location"] == page
    assert client.get(page).content.decode().count(SECRET) == 2
    (opened,) = entries(user, "incident.open")
    assert (opened.objects_named, opened.detail) == (
        [incident.ref], {"reason": REASON, "tlp": "amber"},
    )  # fmt: skip
    assert [one.objects_named for one in entries(user, "incident.read")] == [[incident.ref]]
    assert SECRET not in client.get("/admin/incidents/incident/").content.decode()


def test_it_is_open_in_that_session_alone_and_for_a_quarter_of_an_hour(
    client: Client, user: User
) -> None:
    incident, other = make.incident(title=SECRET), make.incident(title=SECRET)
    elsewhere, colleague = operating(user), operating()
    client.post(f"{page_of(incident)}open/", {"reason": REASON})

    assert SECRET in client.get(page_of(incident)).content.decode()
    for browser in (elsewhere, colleague):
        assert SECRET not in browser.get(page_of(incident)).content.decode()
    assert SECRET not in client.get(page_of(other)).content.decode()
    with time_machine.travel(clock.now() + timedelta(minutes=16), tick=False):
        assert SECRET not in client.get(page_of(incident)).content.decode()


@pytest.mark.parametrize("reason", ["", "   ", "because", "         x"])
def test_what_is_no_reason_opens_nothing(client: Client, user: User, reason: str) -> None:
    incident = make.incident(title=SECRET)

    answer = client.post(f"{page_of(incident)}open/", {"reason": reason})

    assert answer.status_code == 200
    assert SECRET not in answer.content.decode()
    assert SECRET not in client.get(page_of(incident)).content.decode()
    assert entries(user, "incident.open") == []


def test_opening_asks_for_the_password_again(client: Client) -> None:
    incident = make.incident(title=SECRET)
    stale = client.session
    stale["account_authentication_methods"] = []
    stale.save()

    answer = client.post(f"{page_of(incident)}open/", {"reason": REASON})

    assert answer["Location"].startswith("/sign-in/again/")
    assert SECRET not in client.get(page_of(incident)).content.decode()


def test_no_text_is_fetched_before_it_is_opened(client: Client) -> None:
    incident = make.incident(title=SECRET)

    with CaptureQueriesContext(connection) as asked:
        client.get("/admin/incidents/incident/")
        client.get(page_of(incident))
        client.get(f"{page_of(incident)}open/")

    columns = {found for one in asked for found in re.findall(r'"title"|"narrative"', one["sql"])}
    assert columns == set()


def test_an_opened_incident_tells_what_others_observed(client: Client) -> None:
    hub = a_hub()
    client.post(f"{page_of(hub.incident)}open/", {"reason": REASON})

    text = client.get(page_of(hub.incident)).content.decode()

    assert f"t.example/{SECRET}" in text
    assert "number_hash" not in text
    assert "<script>alert" not in text


# Who sees what ------------------------------------------------------------------------------
def why(client: Client, **query: str) -> str:
    answer = client.get("/admin/why/", {"ref": "", "member": "", "email": "", **query})
    assert answer.status_code == 200
    return said(answer.content.decode())


def test_the_rule_is_named_for_an_organisation_and_the_question_is_kept(
    client: Client, user: User
) -> None:
    incident, observer = make.incident(title=SECRET), make.member(kind="regulator")

    text = why(client, ref=incident.ref.lower(), member=observer.slug)

    assert "Sees it No Because Green and amber+strict are never for observers" in text
    assert SECRET not in text
    (kept,) = entries(user, "incident.explain")
    assert (kept.objects_named, kept.detail) == (
        [incident.ref], {"member": observer.slug, "user": None},
    )  # fmt: skip


def test_a_person_speaks_for_their_organisation(client: Client) -> None:
    by = make.person(make.member(), role=Role.LEAD)
    incident = make.draft(by=by, tlp="red")
    assert by.user is not None

    text = why(client, ref=incident.ref, email=by.user.email.upper())

    assert "Sees it Yes" in text
    assert "The person is its author." in text


def test_an_observation_is_asked_for_by_its_id(client: Client) -> None:
    incident, by, other = make.incident(), make.person(make.member()), make.member()
    seen = make.observation(incident, by, tlp="amber", audiences=make.audience(by.member))

    text = why(client, ref=incident.ref, member=other.slug, observation=str(seen.pk))

    assert "Sees it No" in text
    assert "names neither the organisation nor a group" in text


@pytest.mark.parametrize(
    ("query", "said_of_it"),
    [
        ({"ref": "DF-00000000", "member": "acme"}, "There is no incident with this ref."),
        ({"ref": "nonsense", "member": "acme"}, "A ref looks like"),
        ({"member": "nobody"}, "There is no organisation with this short name."),
        ({"email": "nobody@x.example"}, "Nobody has this address."),
        ({"member": "", "email": ""}, "Name an organisation, or a person."),
        ({"observation": "01a20568-3bf7-728a-8cd6-9a1c8b745ea7"}, "no such observation"),
    ],
)
def test_what_cannot_be_asked_is_said_at_its_field(
    client: Client, query: dict[str, str], said_of_it: str
) -> None:
    incident = make.incident(make.member("acme"))

    text = why(client, **{"ref": incident.ref, "member": "acme"} | query)

    assert said_of_it in text
    assert AuditEntry.objects.filter(action="incident.explain").exists() is False


def test_operators_and_people_of_others_are_told_apart(client: Client, user: User) -> None:
    incident = make.incident(make.member("acme"))
    other = make.user(make.member("birch"))

    assert "They belong to no organisation" in why(client, ref=incident.ref, email=user.email)
    assert "They belong to birch." in why(
        client, ref=incident.ref, email=other.email, member="acme"
    )


# Tags ---------------------------------------------------------------------------------------
def test_free_tags_are_listed_with_their_numbers_and_merged(client: Client, user: User) -> None:
    owner = make.person(make.member())
    rows = [make.incident(by=owner, tags=['tag:"robo call"']) for _ in range(2)]
    make.draft(by=owner, tags=['tag:"robocall"', "likelihood:likely"])
    assert 'tag:"robo call" 2 Merge' in said(client.get("/admin/free-tags/").content.decode())
    assert "likelihood" not in client.get("/admin/free-tags/").content.decode()
    path = "/admin/taxonomy/tagalias/new/merge/"
    filled = client.get(path, {"tag": 'tag:"robo call"'}).content.decode()
    assert "tag:&quot;robo call&quot;" in filled

    client.post(path, {"tag": 'tag:"robo call"', "into": 'tag:"robocall"'})

    assert {tuple(Incident.objects.get(pk=row.pk).tags) for row in rows} == {('tag:"robocall"',)}
    assert TagAlias.objects.get().into == 'tag:"robocall"'
    (kept,) = entries(user, "tag.merge")
    assert kept.detail == {"from": 'tag:"robo call"', "into": 'tag:"robocall"'}
    assert len(entries(user, "incident.retag")) == 1


def test_a_large_merge_goes_on_when_it_is_asked_for_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tagging, "BATCH", 2)
    owner = make.person(make.member())
    for _ in range(5):
        make.incident(by=owner, tags=['tag:"old"'])

    numbers = [tagging.merge_tag(tag='tag:"old"', into='tag:"new"', most=3).incidents]
    numbers.append(tagging.merge_tag(tag='tag:"old"', into='tag:"new"', most=3).incidents)

    assert numbers == [4, 1]


@pytest.mark.parametrize(
    ("tag", "into", "said_of_it"),
    [
        ("likelihood:likely", 'tag:"x"', "curated"),
        ('tag:"x"', "likelihood:likely", "curated"),
        ('tag:"x"', 'tag:"x"', "into itself"),
    ],
)
def test_what_cannot_be_merged_is_said(
    client: Client, tag: str, into: str, said_of_it: str
) -> None:
    answer = client.post("/admin/taxonomy/tagalias/new/merge/", {"tag": tag, "into": into})

    assert said_of_it in said(answer.content.decode())
    assert TagAlias.objects.exists() is False


def test_free_tags_begin_with_what_is_typed_and_go_on(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("incidents.core.admin.tags.PER_PAGE", 2)
    owner = make.person(make.member())
    make.incident(by=owner, tags=[f'tag:"ro {letter}"' for letter in "cab"] + ['tag:"other"'])

    first = client.get("/admin/free-tags/?typed=RO").content.decode()
    further = re.search(r'href="([^"]*)" rel="next"', first)
    assert further is not None
    second = client.get(further[1].replace("&amp;", "&")).content.decode()

    assert re.findall(r'tag:"ro \w"', said(first))[::2] == ['tag:"ro a"', 'tag:"ro b"']
    assert set(re.findall(r'tag:"[^"]*"', said(second))) == {'tag:"ro c"'}
