"""Incidents over REST, as the contract says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.readers import Reader
from accounts.roles import Role
from hub.audit.models import AuditEntry
from hub.outbox.models import Event
from incidents.core.models import Incident, Observation
from incidents.core.services.filing import withdraw_incident
from tests import make
from tests.conftest import Login

INCIDENTS = "/api/v1/incidents/"

FIELDS = {
    "ref", "url", "title", "summary", "status", "tlp", "pap", "owner", "severity", "urgency",
    "stage", "media_kinds", "manipulation", "authenticity", "goals", "harms", "targets",
    "narrative", "script", "countries", "languages", "elections", "tags", "created",
    "distributed", "references", "fingerprints", "version", "created_at", "updated_at",
    "published_at",
}  # fmt: skip
TOMBSTONE = {
    "ref", "url", "status", "tlp", "pap", "owner", "version", "published_at", "withdrawn_at",
    "withdrawn_reason",
}  # fmt: skip


def send(client: APIClient, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """A request with a JSON body; headers as `If_Match="…"`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    data = json.dumps(body) if body is not None else None
    call = getattr(client, method)
    return call(path, data=data, content_type="application/json", headers=named)


def errors(response: Any) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in response.json()["errors"]]


def test_filing_answers_with_the_whole_object_and_where_it_lies(as_token: Login) -> None:
    client = as_token(make.member("acme"))

    created = send(client, "post", INCIDENTS, {"title": "A voice"})

    assert created.status_code == 201, created.content
    body = created.json()
    assert set(body) == FIELDS | {"audiences", "author"}
    assert (body["status"], body["tlp"], body["owner"]) == ("draft", "amber", "acme")
    assert created["Location"].endswith(f"{INCIDENTS}{body['ref']}/")
    again = client.get(f"{INCIDENTS}{body['ref']}/")
    assert again.json() == body
    assert again["ETag"] == created["ETag"]


def test_an_incident_is_filed_published_and_observed_in_one_call(as_token: Login) -> None:
    owner, other = make.member("acme"), make.member("other")

    created = send(
        as_token(owner),
        "post",
        INCIDENTS,
        {
            "title": "Robocall",
            "tlp": "amber",
            "audiences": [{"member": "other"}],
            "publish": True,
            "media_kinds": ["call", "audio"],
            "countries": ["US"],
            "languages": ["en-us"],
            "created": {"at": "2024-01-20T00:00:00Z", "precision": "day", "tool": "a service"},
            "distributed": {"at": "2024-01-21T00:00:00Z", "precision": "day", "country": "US"},
            "references": [{"url": "https://example.org/a?utm_source=x", "kind": "news"}],
            "fingerprints": [{"algorithm": "sha256", "value": "A" * 64}],
            "observations": [
                {
                    "platform": "Telephone",
                    "phone": {"number": "+1 603 555 0100", "spoofed": True},
                    "seen_first": "2024-01-21T20:00:00-05:00",
                    "reach": {"calls": 5000},
                }
            ],
        },
    )

    assert created.status_code == 201, created.content
    body = created.json()
    assert body["languages"] == ["en-US"]
    assert body["distributed"] == {
        "at": "2024-01-21T00:00:00Z",
        "country": "US",
        "precision": "day",
    }
    seen = as_token(other).get(f"{INCIDENTS}{body['ref']}/observations/").json()["results"]
    assert [(o["platform"], o["phone"], o["seen_first"], o["reach"]) for o in seen] == [
        ("Telephone", {"last4": "0100", "spoofed": True}, "2024-01-22T01:00:00Z", {"calls": 5000})
    ]
    assert set(Event.objects.values_list("topic", flat=True)) == {
        "incident.published",
        "observation.added",
    }


def test_an_observation_that_is_wrong_leaves_nothing_behind(as_token: Login) -> None:
    body = {
        "title": "x",
        "tlp": "green",
        "publish": True,
        "observations": [
            {
                "platform": "X",
                "seen_first": "2024-01-02T00:00:00Z",
                "seen_last": "2024-01-01T00:00:00Z",
            }
        ],
    }

    refused = send(as_token(make.member()), "post", INCIDENTS, body)

    assert refused.status_code == 400
    assert errors(refused) == [("/observations/0/seen_last", "wrong_order")]
    assert (Incident.objects.count(), Event.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, ("/title", "required")),
        ({"title": ""}, ("/title", "blank")),
        ({"title": "x" * 301}, ("/title", "too_long")),
        ({"title": "x", "ref": "DF-00000000"}, ("/ref", "unknown_member")),
        ({"title": "x", "tlp": "orange"}, ("/tlp", "unknown_value")),
        ({"title": "x", "countries": ["XX"]}, ("/countries/0", "unknown_value")),
        ({"title": "x", "languages": ["english!"]}, ("/languages/0", "invalid_language")),
        ({"title": "x", "harms": "fraud"}, ("/harms", "wrong_type")),
        ({"title": "x", "targets": [{"name": "y"}]}, ("/targets/0/kind", "required")),
        ({"title": "x", "audiences": [{}]}, ("/audiences/0", "exactly_one")),
        ({"title": "x", "created": {"at": "yesterday"}}, ("/created/at", "invalid_moment")),
        ({"title": "x", "created": {"precision": "day"}}, ("/created/at", "required")),
        (
            {
                "title": "x",
                "created": {"at": "2024-02-01T00:00:00Z", "precision": "day"},
                "distributed": {"at": "2024-01-01T00:00:00Z"},
            },
            ("/distributed/at", "wrong_order"),
        ),
        ({"title": "x", "tlp": "amber", "publish": True}, ("/audiences", "audience_required")),
        ({"title": "x", "tlp": "red"}, ("/tlp", "red_needs_a_person")),
        ({"title": "x", "tags": ["robocall"]}, ("/tags/0", "invalid")),
    ],
)
def test_bad_input_is_refused_at_its_pointer(
    as_token: Login, body: dict[str, Any], expected: tuple[str, str]
) -> None:
    refused = send(as_token(make.member()), "post", INCIDENTS, body)

    assert refused.status_code == 400, refused.content
    assert errors(refused) == [expected]
    assert refused["Content-Type"] == "application/problem+json"
    assert Incident.objects.count() == 0


def test_what_is_hidden_answers_as_what_never_was(as_token: Login) -> None:
    hidden = make.incident(make.member(), tlp="amber", shared_with=[make.member()])
    stranger = as_token(make.member())
    answers = []

    for ref in (hidden.ref, "DF-00000000", "nonsense"):
        for method, path in [
            ("get", ""),
            ("patch", ""),
            ("post", "publish/"),
            ("post", "withdraw/"),
            ("put", "tags/"),
            ("get", "history/"),
            ("get", "observations/"),
            ("post", "observations/"),
        ]:
            response = send(
                stranger, method, f"{INCIDENTS}{ref}/{path}", {} if method != "get" else None
            )
            headers = {
                k: v for k, v in response.headers.items() if k not in {"X-Request-Id", "Date"}
            }
            answers.append((response.status_code, response.content, tuple(sorted(headers.items()))))

    assert len(set(answers)) == 1
    assert answers[0][0] == 404


def test_patch_is_a_merge_patch_that_needs_the_etag(as_token: Login) -> None:
    owner = make.member()
    client = as_token(owner)
    path = f"{INCIDENTS}{make.draft(owner, summary='Old', countries=['US']).ref}/"
    etag = client.get(path)["ETag"]

    without = send(client, "patch", path, {"title": "New"})
    stale = send(client, "patch", path, {"title": "New"}, If_Match='"stale"')
    first = send(
        client,
        "patch",
        path,
        {"title": "New", "summary": None, "created": {"at": "2024-01-01T00:00:00Z", "tool": "t"}},
        If_Match=etag,
    )
    second = send(client, "patch", path, {"created": {"tool": None}}, If_Match=first["ETag"])

    assert (without.status_code, stale.status_code) == (428, 412)
    assert first.status_code == 200, first.content
    assert (first.json()["title"], first.json()["summary"]) == ("New", "")
    assert first.json()["countries"] == ["US"]
    assert second.json()["created"] == {"at": "2024-01-01T00:00:00Z", "precision": "exact"}
    assert (first.json()["version"], second.json()["version"]) == (2, 3)


def test_a_childs_write_changes_nothing_of_its_parent(as_token: Login) -> None:
    incident = make.incident(make.member())
    client = as_token(make.member())
    path = f"{INCIDENTS}{incident.ref}/"
    before = client.get(path)

    added = send(client, "post", path + "observations/", {"platform": "Telegram"})

    assert added.status_code == 201, added.content
    after = client.get(path)
    assert (after.content, after["ETag"]) == (before.content, before["ETag"])
    assert client.get(added["Location"].removeprefix("http://testserver")).status_code in {200, 404}
    assert added.json()["tlp"] == "green"


def test_a_withdrawn_incident_leaves_a_tombstone_to_others(as_token: Login) -> None:
    owner = make.member()
    incident = make.incident(owner)
    reader, own = as_token(make.member()), as_token(owner)
    path = f"{INCIDENTS}{incident.ref}/"

    withdrawn = send(own, "post", path + "withdraw/", {"reason": "It was satire."})

    assert withdrawn.status_code == 200, withdrawn.content
    left = reader.get(path).json()
    assert set(left) == TOMBSTONE
    assert left["withdrawn_reason"] == "It was satire."
    assert reader.get(path + "observations/").status_code == 404
    assert reader.get(path + "history/").status_code == 404
    assert reader.get(INCIDENTS).json()["results"] == []
    assert [
        one["ref"] for one in reader.get(INCIDENTS + "?status=withdrawn").json()["results"]
    ] == [incident.ref]
    assert set(own.get(path).json()) == FIELDS | {
        "audiences", "author", "withdrawn_at", "withdrawn_reason"
    }  # fmt: skip


def test_a_token_sees_nothing_red_of_its_own_organisation(
    as_token: Login, as_person: Login
) -> None:
    owner = make.member()
    lead = make.user(owner)
    incident = make.incident(by=Reader(owner, lead), tlp="red")

    assert as_token(owner).get(f"{INCIDENTS}{incident.ref}/").status_code == 404
    assert as_person(lead).get(f"{INCIDENTS}{incident.ref}/").status_code == 200
    assert as_token(owner).get(INCIDENTS).json()["results"] == []


@pytest.mark.parametrize(
    ("role", "expected"),
    [(Role.VIEWER, 403), (Role.ANALYST, 403), (Role.LEAD, 200), (Role.ADMIN, 200)],
)
def test_who_may_publish_in_a_session(as_person: Login, role: Role, expected: int) -> None:
    owner = make.member()
    incident = make.draft(owner, tlp="green")
    path = f"{INCIDENTS}{incident.ref}/publish/"

    response = send(as_person(make.user(owner, role=role)), "post", path)

    assert response.status_code == expected, response.content
    denied = AuditEntry.objects.filter(decision="denied", objects_named=[incident.ref])
    assert denied.count() == (1 if expected == 403 else 0)


def test_a_stranger_who_sees_it_may_not_change_it(as_token: Login) -> None:
    incident = make.incident(make.member())
    client = as_token(make.member())
    path = f"{INCIDENTS}{incident.ref}/"

    answers = [
        send(client, "patch", path, {"title": "Mine"}),
        send(client, "post", path + "publish/"),
        send(client, "post", path + "withdraw/", {"reason": "no"}),
        send(client, "put", path + "tags/", []),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert Incident.objects.get().version == 1
    assert AuditEntry.objects.filter(decision="denied").count() == 4


@pytest.mark.parametrize(
    ("scopes", "method", "path", "expected"),
    [
        (["incidents:write"], "get", "", 403),
        (["incidents:read"], "post", "", 403),
        (["incidents:read"], "get", "", 200),
    ],
)
def test_tokens_do_what_their_scopes_say(
    as_token: Login, scopes: list[str], method: str, path: str, expected: int
) -> None:
    client = as_token(make.member(), *scopes)

    response = send(client, method, INCIDENTS + path, {"title": "x"} if method == "post" else None)

    assert response.status_code == expected
    assert Incident.objects.count() == 0


def test_a_token_widens_no_mark(as_token: Login) -> None:
    owner, other = make.member(), make.member("other")
    client = as_token(owner)
    path = f"{INCIDENTS}{make.incident(owner, tlp='amber', shared_with=[other]).ref}/"
    etag = client.get(path)["ETag"]

    refused = send(client, "patch", path, {"tlp": "green"}, If_Match=etag)

    assert refused.status_code == 403
    assert refused.json()["code"] == "reauthentication_required"


def test_tags_are_put_as_a_list(as_token: Login) -> None:
    owner = make.member()
    client = as_token(owner)
    path = f"{INCIDENTS}{make.incident(owner).ref}/"
    etag = client.get(path)["ETag"]

    put = send(client, "put", path + "tags/", ['tag:"robocall"'], If_Match=etag)
    unmatched = send(client, "put", path + "tags/", [])
    wrong = send(client, "put", path + "tags/", ["x"], If_Match=put["ETag"])

    assert put.status_code == 200, put.content
    assert put.json()["tags"] == ['tag:"robocall"']
    assert unmatched.status_code == 428
    assert errors(wrong) == [("/0", "invalid")]


def test_history_shows_the_owner_old_values_and_others_what_came_after_publication(
    as_token: Login,
) -> None:
    owner, other = make.member("acme"), make.member()
    incident = make.draft(owner, tlp="green", title="First")
    own, reader = as_token(owner), as_token(other)
    path = f"{INCIDENTS}{incident.ref}/"
    send(own, "patch", path, {"title": "Second"}, If_Match=own.get(path)["ETag"])
    send(own, "post", path + "publish/")
    send(own, "patch", path, {"title": "Third"}, If_Match=own.get(path)["ETag"])
    audiences = {"audiences": make.audience(other)}
    send(own, "patch", path, audiences, If_Match=own.get(path)["ETag"])

    mine = own.get(path + "history/").json()["results"]
    theirs = reader.get(path + "history/").json()["results"]

    assert [(v["version"], v["change"], v["fields"]) for v in mine] == [
        (4, "updated", ["audiences"]),
        (4, "updated", ["title"]),
        (3, "published", ["published_at", "status"]),
        (2, "updated", ["title"]),
        (1, "created", ["title", "tlp"]),
    ]
    assert [v["old"] for v in mine][1::2] == [{"title": "Second"}, {"title": "First"}]
    assert [(v["version"], v["organisation"]) for v in theirs] == [(4, "acme"), (3, "acme")]
    assert not any("old" in version for version in theirs)


def test_reading_amber_is_on_record_with_its_refs(as_token: Login) -> None:
    reader = make.member()
    green = make.incident(make.member())
    amber = make.incident(make.member(), tlp="amber", shared_with=[reader])
    client = as_token(reader)
    AuditEntry.objects.filter(action="incident.read").count()

    client.get(INCIDENTS)
    client.get(f"{INCIDENTS}{green.ref}/")
    client.get(f"{INCIDENTS}{amber.ref}/")

    entries = AuditEntry.objects.filter(action="incident.read").values_list(
        "objects_named", flat=True
    )
    assert list(entries) == [[amber.ref], [amber.ref]]


def test_a_list_takes_as_many_queries_for_many_as_for_one(
    as_token: Login, django_assert_num_queries: Any
) -> None:
    client = as_token(make.member())
    make.incident()
    client.get(INCIDENTS)
    with django_assert_num_queries(4):
        client.get(INCIDENTS)
    for _ in range(5):
        make.incident()

    with django_assert_num_queries(4):
        listed = client.get(INCIDENTS)

    assert len(listed.json()["results"]) == 6


def test_the_documented_fields_are_those_that_are_answered(as_token: Login) -> None:
    schema = as_token(make.member()).get("/api/v1/schema/").json()

    documented = schema["components"]["schemas"]["IncidentOutput"]["properties"]

    assert set(documented) == FIELDS | TOMBSTONE | {"audiences", "author", "merged_into"}


def test_withdrawal_is_told_to_those_who_read_it(as_token: Login) -> None:
    owner, reader = make.member(), make.member()
    incident = make.incident(owner, tlp="amber", shared_with=[reader])

    withdraw_incident(incident_id=incident.pk, reason="x", by=make.person(owner))

    assert Event.objects.latest("id").addressees.get().member_id == reader.pk
    assert Observation.objects.count() == 0
