"""What incidents and observations may say, and how it is kept."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from hub.kit.errors import Absent, Conflict, InvalidInput
from hub.outbox.models import Event
from incidents.core.models import Incident, Observation
from incidents.core.services.filing import publish_incident, update_incident, withdraw_incident
from incidents.core.services.observing import add_observation
from incidents.taxonomy.services import load_vocabularies
from tests import make
from tests.conftest import Login

INCIDENTS = "/api/v1/incidents/"
URL = "https://news.example.org/1"


def file(client: APIClient, **body: Any) -> Any:
    data = json.dumps({"title": "x"} | body)
    return client.post(INCIDENTS, data=data, content_type="application/json")


def errors(response: Any) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in response.json()["errors"]]


@pytest.fixture
def client(as_token: Login) -> APIClient:
    return as_token(make.member("acme"))


# Incidents ------------------------------------------------------------------------------------


def test_private_persons_are_kept_by_a_number(client: APIClient) -> None:
    targets = [
        {"name": "Jane Example", "kind": "private_person", "aliases": ["JE"]},
        {"name": "A mayor", "kind": "politician", "aliases": ["The mayor"]},
        {"name": "Private person 7", "kind": "private_person"},
    ]

    filed = file(client, targets=targets)

    assert [(one["name"], one.get("aliases")) for one in filed.json()["targets"]] == [
        ("Private person 1", []),
        ("A mayor", ["The mayor"]),
        ("Private person 7", []),
    ]


def test_a_moment_of_which_nothing_is_left_is_none(client: APIClient) -> None:
    created = {"at": "2024-01-20T00:00:00+01:00", "tool": "a service"}

    filed = file(client, created=created, distributed={"platform": "", "at": None})
    cleared = client.patch(
        f"{INCIDENTS}{filed.json()['ref']}/",
        data=json.dumps({"created": {"at": None, "tool": None, "precision": None}}),
        content_type="application/json",
        headers={"If-Match": filed["ETag"]},
    )

    assert filed.json()["distributed"] is None
    assert filed.json()["created"] == {
        "at": "2024-01-19T23:00:00Z",
        "precision": "exact",
        "tool": "a service",
    }
    assert cleared.json()["created"] is None


def test_elections_are_known_ones(client: APIClient) -> None:
    load_vocabularies()

    filed = file(client, elections=["us-nh-primary-2024"])
    none = file(client, elections=[])
    refused = file(client, elections=["us-nh-primary-2024", "nowhere"])

    assert filed.json()["elections"] == ["us-nh-primary-2024"]
    assert none.json()["elections"] == []
    assert errors(refused) == [("/elections/1", "unknown_value")]


@pytest.mark.parametrize("moment", ["2024-01-20", "2024-01-20T10:00:00+01:00"])
def test_of_an_article_a_day_is_enough(client: APIClient, moment: str) -> None:
    filed = file(client, references=[{"url": URL, "published_at": moment}])

    assert filed.json()["references"][0]["published_at"] == moment


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ({"published_at": "2024-02-30"}, ("/references/0/published_at", "invalid_moment")),
        ({"published_at": "January"}, ("/references/0/published_at", "invalid_moment")),
        ({"url": "nonsense"}, ("/references/0/url", "invalid")),
        ({"canonical_url": "https://x.example/"}, ("/references/0/canonical_url", "read_only")),
    ],
)
def test_a_reference_that_cannot_be_is_refused(
    client: APIClient, reference: dict[str, str], expected: tuple[str, str]
) -> None:
    refused = file(client, references=[{"url": URL} | reference])

    assert (refused.status_code, errors(refused)[0][0]) == (400, expected[0])
    assert Incident.objects.exists() is False


# Whom they name -------------------------------------------------------------------------------


def test_who_was_named_before_may_stay_though_they_could_not_be_named_today(db: None) -> None:
    owner, other = make.member(), make.member()
    by = make.person(owner, reauthenticated=True)
    group = make.group(other, owner)
    named = make.audience(other, group)
    incident = make.incident(by=by, tlp="amber", audiences=named)
    group.memberships.all().delete()

    changed = update_incident(
        incident_id=incident.pk,
        changes={"audiences": [*named, *make.audience(make.member("third"))]},
        by=by,
        expected_revision=1,
    )

    assert changed.audiences == [*named, {"member": "third"}]


def test_persons_who_were_named_before_may_stay(db: None) -> None:
    by, named = make.person(make.member()), make.user(make.member())
    incident = make.incident(by=by, tlp="red", shared_with=[named])
    named.is_active = False
    named.save()

    changed = update_incident(
        incident_id=incident.pk,
        changes={"audiences": make.audience(named, make.user(make.member()))},
        by=by,
        expected_revision=1,
    )

    assert len(changed.audiences) == 2


@pytest.mark.parametrize(
    ("tlp", "audience", "expected"),
    [
        ("red", {"member": "acme"}, ("/audiences/0", "audience_kind")),
        ("amber", {"user": str(uuid4())}, ("/audiences/0", "audience_kind")),
        ("red", {"user": "nonsense"}, ("/audiences/0/user", "not_found")),
        ("amber", {"group": str(uuid4())}, ("/audiences/0/group", "not_found")),
        ("amber", {"member": "nobody"}, ("/audiences/0/member", "not_found")),
    ],
)
def test_who_cannot_be_named_is_told_where(
    db: None, tlp: str, audience: dict[str, str], expected: tuple[str, str]
) -> None:
    by = make.person(make.member("acme"))

    with pytest.raises(InvalidInput) as refused:
        make.draft(by=by, tlp=tlp, audiences=[audience])

    (error,) = refused.value.errors
    assert (error.pointer, error.code) == expected


@pytest.mark.parametrize("mark", ["amber", "amber+strict"])
def test_what_is_for_those_it_names_names_some(db: None, mark: str) -> None:
    by = make.person(make.member())
    draft = make.draft(by=by, tlp=mark)

    with pytest.raises(InvalidInput) as refused:
        publish_incident(incident_id=draft.pk, by=by)

    assert refused.value.errors[0].code == "audience_required"


# Observations ---------------------------------------------------------------------------------


def test_what_is_hidden_or_gone_is_not_observed(db: None) -> None:
    owner, other = make.person(make.member()), make.person(make.member())
    hidden, gone = make.draft(by=owner), make.incident(by=owner)
    withdraw_incident(incident_id=gone.pk, reason="Satire.", by=owner)

    with pytest.raises(Absent):
        make.observation(hidden, other)
    with pytest.raises(Conflict):
        make.observation(gone, owner)
    assert Observation.objects.exists() is False


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"tlp": "clear"}, ("/tlp", "wider_than_incident")),
        ({"url": "nonsense"}, ("/url", "invalid")),
        (
            {"posted_at": "2024-01-02T00:00:00Z", "seen_first": "2024-01-01T00:00:00Z"},
            ("/seen_first", "wrong_order"),
        ),
        ({"phone": {"number": "112"}}, ("/phone/number", "invalid_number")),
        ({"phone": {"number": "call me"}}, ("/phone/number", "invalid_number")),
    ],
)
def test_an_observation_that_cannot_be_is_refused(
    client: APIClient, fields: dict[str, Any], expected: tuple[str, str]
) -> None:
    incident = make.incident()

    refused = client.post(
        f"{INCIDENTS}{incident.ref}/observations/",
        data=json.dumps({"platform": "X"} | fields),
        content_type="application/json",
    )

    assert refused.status_code == 400, refused.content
    assert errors(refused)[0][0] == expected[0]
    assert Observation.objects.exists() is False


def test_times_in_their_order_are_kept(client: APIClient) -> None:
    incident = make.incident()
    times = {
        "posted_at": "2024-01-01T00:00:00Z",
        "seen_first": "2024-01-01T00:00:00Z",
        "seen_last": "2024-01-03T00:00:00Z",
    }

    made = client.post(
        f"{INCIDENTS}{incident.ref}/observations/",
        data=json.dumps({"platform": "X", "reach": {"at": "2024-01-02T00:00:00Z"}} | times),
        content_type="application/json",
    )

    assert made.json() | times == made.json()
    assert made.json()["reach"] == {"at": "2024-01-02T00:00:00Z"}


@pytest.mark.parametrize(
    ("spoofed", "kept"),
    [({"spoofed": True}, {"spoofed": True}), ({"carrier": "Lingo"}, {"carrier": "Lingo"})],
)
def test_a_call_without_a_number_is_kept_as_it_is(
    db: None, spoofed: dict[str, Any], kept: dict[str, Any]
) -> None:
    incident = make.incident()

    made = make.observation(incident, make.person(make.member()), phone=spoofed)

    assert made.phone == kept


@pytest.mark.parametrize(
    ("hidden_group", "by_name", "shows", "expected"),
    [
        (True, False, False, True),
        (True, False, True, False),
        (True, True, False, False),
        (False, False, False, False),
    ],
)
def test_who_speaks_from_a_hidden_group_stays_unnamed_unless_they_choose_so(
    db: None, hidden_group: bool, by_name: bool, shows: bool, expected: bool
) -> None:
    owner, speaker = make.member(), make.member()
    group = make.group(owner, speaker, membership_hidden=hidden_group)
    named = make.audience(group, *([speaker] if by_name else []))
    incident = make.incident(owner, tlp="amber", audiences=named)
    fields = {"platform": "X", "show_organisation": shows}

    made = add_observation(incident_id=incident.pk, fields=fields, by=make.person(speaker))

    assert made.organisation_hidden is expected


def test_the_owner_and_readers_of_what_is_open_are_named(db: None) -> None:
    owner = make.person(make.member())
    incident = make.incident(by=owner)

    made = [make.observation(incident, one) for one in (owner, make.person(make.member()))]

    assert [one.organisation_hidden for one in made] == [False, False]


def test_of_what_is_seen_of_a_draft_nobody_is_told(db: None) -> None:
    by = make.person(make.member())

    made = make.observation(make.draft(by=by), by)

    assert (made.follows_incident, Event.objects.exists()) == (True, False)
