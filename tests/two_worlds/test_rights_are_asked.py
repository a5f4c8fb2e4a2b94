"""Rights are asked in the order of the contract, and every attempt leaves its entry."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import MemberKind
from accounts.roles import Role
from hub.audit.models import AuditEntry
from incidents.core.models import Incident
from tests import make
from tests.conftest import Login

INCIDENTS, GROUPS = "/api/v1/incidents/", "/api/v1/sharing-groups/"


def send(client: APIClient, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """A request with a JSON body; headers as `If_Match="…"`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    data = None if body is None else json.dumps(body)
    return getattr(client, method)(path, data=data, content_type="application/json", headers=named)


@pytest.mark.parametrize("ref", ["{seen}", "DF-00000000"])
def test_observing_without_the_scope_is_refused_whatever_the_path_names(
    as_token: Login, ref: str
) -> None:
    path = INCIDENTS + ref.format(seen=make.incident().ref) + "/observations/"

    refused = send(as_token(make.member(), "incidents:read"), "post", path, {"platform": "X"})

    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", INCIDENTS),
        ("patch", INCIDENTS + "{ref}/"),
        ("post", INCIDENTS + "{ref}/publish/"),
        ("put", INCIDENTS + "{ref}/tags/"),
        ("post", INCIDENTS + "{ref}/observations/"),
        ("post", GROUPS),
        ("post", "/api/v1/endpoints/"),
    ],
)
def test_a_session_writes_nothing_without_the_csrf_token(
    as_person: Login, method: str, path: str
) -> None:
    owner = make.member()
    incident = make.incident(owner)
    client = as_person(make.user(owner, role=Role.ADMIN), enforce_csrf_checks=True)

    refused = send(client, method, path.format(ref=incident.ref), {})

    assert refused.status_code == 403
    assert AuditEntry.objects.filter(decision="denied").exists() is False


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", GROUPS, {}),
        ("patch", GROUPS + "{group}/", {"name": 1}),
        ("post", INCIDENTS, {}),
        ("post", INCIDENTS + "{ref}/withdraw/", {}),
        ("post", INCIDENTS + "{ref}/publish/", {"unknown": 1}),
        ("patch", INCIDENTS + "{ref}/", {"title": "Without If-Match"}),
        ("put", INCIDENTS + "{ref}/tags/", []),
    ],
)
def test_a_role_is_asked_for_before_preconditions_and_the_body(
    as_person: Login, method: str, path: str, body: Any
) -> None:
    owner = make.member()
    incident, group = make.incident(owner), make.group(owner)
    client = as_person(make.user(owner, role=Role.VIEWER))

    refused = send(client, method, path.format(ref=incident.ref, group=group.pk), body)

    assert refused.status_code == 403
    assert AuditEntry.objects.filter(decision="denied").count() == 1


@pytest.mark.parametrize("path", ["incidents/", "sharing-groups/", "incidents/{ref}/observations/"])
def test_who_stands_outside_the_community_files_nothing(as_token: Login, path: str) -> None:
    incident = make.incident(tlp="clear")
    client = as_token(make.member(kind=MemberKind.REGULATOR))

    refused = send(client, "post", "/api/v1/" + path.format(ref=incident.ref), {})

    assert refused.status_code == 403


def test_an_analyst_gives_an_observer_no_sight_of_what_was_green(as_person: Login) -> None:
    owner, observer = make.member(), make.member(kind=MemberKind.REGULATOR)
    path = f"{INCIDENTS}{make.incident(owner).ref}/"
    client = as_person(make.user(owner, role=Role.ANALYST))
    change = {"tlp": "amber", "audiences": make.audience(observer)}

    refused = send(client, "patch", path, change, If_Match="*")

    assert refused.status_code == 403
    assert Incident.objects.get().version == 1
    assert Incident.objects.visible_to(make.system(observer)).exists() is False


def test_an_analyst_gives_an_observers_person_no_sight_of_what_was_green(
    as_person: Login,
) -> None:
    owner, person = make.member(), make.user(make.member(kind=MemberKind.REGULATOR))
    path = f"{INCIDENTS}{make.incident(owner).ref}/"
    client = as_person(make.user(owner, role=Role.ANALYST))
    change = {"tlp": "red", "audiences": make.audience(person)}

    refused = send(client, "patch", path, change, If_Match="*")

    assert refused.status_code == 403
    assert Incident.objects.get().tlp == "green"


@pytest.mark.parametrize(
    ("path", "body", "first"),
    [
        (INCIDENTS + "{draft}/publish/", {}, 200),
        (INCIDENTS + "{green}/withdraw/", {"reason": "Satire."}, 200),
        (GROUPS, {"name": "New"}, 201),
    ],
)
def test_a_replay_asks_for_the_same_role_again(
    as_person: Login, path: str, body: dict[str, Any], first: int
) -> None:
    owner = make.member()
    lead = make.user(owner)
    draft, green = make.draft(owner, tlp="green"), make.incident(owner)
    client, path = as_person(lead), path.format(draft=draft.ref, green=green.ref)
    answers = [send(client, "post", path, body, Idempotency_Key="k")]
    lead.role = Role.VIEWER
    lead.save()

    answers.append(send(client, "post", path, body, Idempotency_Key="k"))

    assert [answer.status_code for answer in answers] == [first, 403]


def test_reading_one_observation_of_what_is_amber_is_on_record(as_token: Login) -> None:
    owner, reader = make.member(), make.member()
    amber = make.incident(owner, tlp="amber", shared_with=[reader])
    seen = make.observation(amber, make.person(owner))

    read = as_token(reader).get(f"{INCIDENTS}{amber.ref}/observations/{seen.pk}/")

    assert read.status_code == 200
    assert AuditEntry.objects.get(action="incident.read").objects_named == [amber.ref]


def test_reading_an_amber_observation_of_what_is_green_is_on_record(as_token: Login) -> None:
    green, reader = make.incident(), make.member()
    shared = {"tlp": "amber", "audiences": make.audience(reader)}
    make.observation(green, make.person(make.member()), **shared)

    read = as_token(reader).get(f"{INCIDENTS}{green.ref}/observations/")

    assert len(read.json()["results"]) == 1
    assert AuditEntry.objects.get(action="incident.read").objects_named == [green.ref]


def test_trying_to_change_the_group_of_another_is_on_record(as_token: Login) -> None:
    member = make.member()
    group = make.group(make.member(), member)

    refused = send(as_token(member), "patch", f"{GROUPS}{group.pk}/", {"name": "Mine"})

    assert refused.status_code == 403
    assert AuditEntry.objects.get(decision="denied").objects_named == [str(group.pk)]
