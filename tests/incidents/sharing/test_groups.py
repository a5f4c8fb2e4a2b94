"""Sharing groups: who knows of them, who manages them, and what their end means."""

from __future__ import annotations

import json
from typing import Any

import pytest

from accounts.roles import Role
from incidents.core.models import Incident
from incidents.sharing.models import SharingGroup
from incidents.sharing.services import delete_group
from tests import make
from tests.conftest import Login

GROUPS = "/api/v1/sharing-groups/"


def send(client: Any, method: str, path: str, body: Any = None) -> Any:
    return getattr(client, method)(path, data=json.dumps(body), content_type="application/json")


def test_a_group_is_known_to_its_owner_and_its_members_only(as_token: Login) -> None:
    owner, inside, outside = make.member("owner"), make.member("inside"), make.member("outside")

    made = send(as_token(owner), "post", GROUPS, {"name": "Baltic", "members": ["inside"]})

    assert made.status_code == 201, made.content
    path = f"{GROUPS}{made.json()['id']}/"
    assert made.json()["members"] == ["inside"]
    assert as_token(inside).get(path).json() == made.json()
    assert as_token(outside).get(path).status_code == 404
    assert as_token(outside).get(GROUPS).json()["results"] == []


def test_hidden_membership_is_known_to_the_owner_only(as_token: Login) -> None:
    owner, inside = make.member(), make.member("inside")
    group = make.group(owner, inside, make.member("other"), membership_hidden=True)
    path = f"{GROUPS}{group.pk}/"

    before = as_token(inside).get(path)
    send(as_token(owner), "patch", path, {"members": ["inside"]})
    after = as_token(inside).get(path)

    assert before.json()["members"] is None
    assert (after.content, after["ETag"]) == (before.content, before["ETag"])
    assert as_token(owner).get(path).json()["members"] == ["inside"]


def test_only_its_owner_changes_a_group(as_token: Login) -> None:
    inside = make.member()
    group = make.group(make.member(), inside)
    client, path = as_token(inside), f"{GROUPS}{group.pk}/"

    answers = [send(client, "patch", path, {"name": "Mine"}), client.delete(path)]

    assert [answer.status_code for answer in answers] == [403, 403]
    group.refresh_from_db()
    assert (group.name == "Mine", group.deleted_at) == (False, None)


def test_names_are_unique_to_their_owner(as_token: Login) -> None:
    owner, other = make.member(), make.member()
    send(as_token(other), "post", GROUPS, {"name": "Baltic"})

    first = send(as_token(owner), "post", GROUPS, {"name": "Baltic"})
    second = send(as_token(owner), "post", GROUPS, {"name": "Baltic"})

    assert (first.status_code, second.status_code) == (201, 400)
    assert second.json()["errors"][0]["pointer"] == "/name"


def test_a_name_turns_nothing_around(as_token: Login) -> None:
    refused = send(as_token(make.member()), "post", GROUPS, {"name": "a\u202eb"})

    assert refused.json()["errors"][0]["code"] == "control_character"
    assert SharingGroup.objects.exists() is False


def test_a_member_that_does_not_exist_is_refused_at_its_place(as_token: Login) -> None:
    make.member("real")
    body = {"name": "x", "members": ["real", "unreal"]}

    refused = send(as_token(make.member()), "post", GROUPS, body)

    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == "/members/1"
    assert SharingGroup.objects.count() == 0


def test_an_incident_shared_with_a_deleted_group_is_shared_with_nobody_wider(
    as_token: Login,
) -> None:
    owner, inside, outside = make.member(), make.member(), make.member()
    group = make.group(owner, inside)
    incident = make.incident(owner, tlp="green", shared_with=[group])

    delete_group(group_id=group.pk, by=make.person(owner))

    for reader in (inside, outside):
        visible = Incident.objects.visible_to(make.system(reader))
        assert visible.filter(pk=incident.pk).exists() is False
    assert as_token(owner).get(f"{GROUPS}{group.pk}/").status_code == 404


@pytest.mark.parametrize(("role", "expected"), [(Role.ANALYST, 403), (Role.LEAD, 204)])
def test_leads_manage_groups(as_person: Login, role: Role, expected: int) -> None:
    owner = make.member()
    group = make.group(owner)

    response = as_person(make.user(owner, role=role)).delete(
        f"{GROUPS}{group.pk}/", headers={"X-CSRFToken": "x"}
    )

    assert response.status_code == expected


def test_a_name_may_be_taken_again_after_its_group_was_deleted(as_token: Login) -> None:
    client = as_token(make.member())
    first = send(client, "post", GROUPS, {"name": "Baltic"}).json()
    client.delete(f"{GROUPS}{first['id']}/")

    again = send(client, "post", GROUPS, {"name": "Baltic", "description": "New"})

    assert again.status_code == 201
    assert (str(SharingGroup.objects.get(pk=again.json()["id"])), again.json()["members"]) == (
        "Baltic",
        [],
    )
