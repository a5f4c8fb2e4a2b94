"""Deletion of drafts, redaction and merging, over REST."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Member
from accounts.roles import Role
from hub.audit.models import AuditEntry
from hub.outbox.models import Event, EventRecipient
from incidents.core.audiences import ChildAudience
from incidents.core.models import Incident, IncidentVersion, Observation, Status
from incidents.core.services.filing import update_incident, withdraw_incident
from tests import make
from tests.conftest import Login
from tests.stored import places_of

INCIDENTS = "/api/v1/incidents/"
NAME = "Jane Example"


def send(client: APIClient, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """A request below incidents/ with a JSON body; headers as `If_Match="…"`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    data = None if body is None else json.dumps(body)
    call = getattr(client, method)
    return call(f"{INCIDENTS}{path}", data=data, content_type="application/json", headers=named)


def errors(response: Any) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in response.json()["errors"]]


# Deletion of drafts ---------------------------------------------------------------------------


def test_a_draft_is_deleted_with_all_that_belongs_to_it(as_token: Login) -> None:
    owner, other = make.member(), make.member()
    client = as_token(owner)
    body = {
        "title": f"About {NAME}",
        "tags": [f'tag:"{NAME}"'],
        "references": [{"url": "https://example.org/jane-example", "title": NAME}],
        "observations": [{"platform": NAME, "audiences": [{"member": other.slug}]}],
    }
    ref = send(client, "post", "", body, Idempotency_Key="k").json()["ref"]
    client.patch(
        f"{INCIDENTS}{ref}/",
        data=json.dumps({"summary": NAME}),
        content_type="application/json",
        headers={"If-Match": "*"},
    )

    gone = [send(client, "delete", f"{ref}/") for _ in range(2)]
    replayed = send(client, "post", "", body, Idempotency_Key="k")

    assert [response.status_code for response in gone] == [204, 404]
    assert replayed.status_code == 404
    assert (Incident.objects.count(), IncidentVersion.objects.count()) == (0, 0)
    assert (Observation.objects.count(), ChildAudience.objects.count()) == (0, 0)
    assert Event.objects.exists() is False
    entry = AuditEntry.objects.get(action="incident.delete")
    assert (entry.objects_named, entry.detail) == ([ref], {})
    assert places_of("jane") == []
    assert places_of("example.org") == []


def test_other_versions_stay_as_they_were_written(db: None) -> None:
    row = make.incident()

    with pytest.raises(Exception, match="pgtrigger"):
        IncidentVersion.objects.filter(pgh_obj=row).delete()


@pytest.mark.parametrize("state", ["published", "withdrawn"])
def test_what_was_published_is_not_deleted(as_token: Login, state: str) -> None:
    owner = make.member()
    by = make.person(owner)
    row = make.incident(by=by)
    if state == "withdrawn":
        withdraw_incident(incident_id=row.pk, reason="x", by=by)

    refused = send(as_token(owner), "delete", f"{row.ref}/")

    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert Incident.objects.get().status == state


def test_drafts_of_others_are_absent_and_their_incidents_not_theirs_to_delete(
    as_token: Login,
) -> None:
    client = as_token(make.member())
    draft, green = make.draft(), make.incident()

    absent = send(client, "delete", f"{draft.ref}/")
    never = send(client, "delete", "DF-00000000/")
    refused = send(client, "delete", f"{green.ref}/")

    assert [response.status_code for response in (absent, never, refused)] == [404, 404, 403]
    assert absent.content == never.content
    assert AuditEntry.objects.get(decision="denied").action == "incident.destroy"
    assert Incident.objects.count() == 2


def test_a_draft_that_has_changed_since_is_not_deleted(as_token: Login) -> None:
    owner = make.member()
    row = make.draft(owner)
    client = as_token(owner)

    stale = send(client, "delete", f"{row.ref}/", If_Match='"stale"')
    etag = client.get(f"{INCIDENTS}{row.ref}/")["ETag"]
    gone = send(client, "delete", f"{row.ref}/", If_Match=etag)

    assert [stale.status_code, gone.status_code] == [412, 204]


# Redaction ------------------------------------------------------------------------------------

SAID: dict[str, Any] = {
    "title": f"A clone of {NAME}'s voice",
    "summary": "Calls in the voice of\nJANE  EXAMPLE were made.",
    "narrative": "She, Jane  example, is said to have asked for money.",
    "script": f"This is {NAME}.",
    "targets": [{"name": NAME, "kind": "candidate", "aliases": [f"{NAME} Jr", "JE"]}],
    "tags": [f'tag:"{NAME}"', 'tag:"robocall"'],
    "created": {"precision": "unknown", "tool": f"{NAME}'s own"},
    "distributed": {"precision": "unknown", "platform": f"forum of {NAME}"},
    "references": [
        {"url": "https://news.example.org/2024/jane+example-called", "title": "An article"},
        {
            "url": "https://news.example.org/1",
            "title": f"{NAME} speaks",
            "publisher": {"name": f"Blog of {NAME}", "domain": "example.org"},
            "via": ["https://x.example/Jane%20Example", "https://x.example/2"],
        },
    ],
}
REASON = "A private person was named by mistake."


def filed(client: APIClient, **more: Any) -> dict[str, Any]:
    body = {"tlp": "green", "publish": True, **SAID, **more}
    created = send(client, "post", "", body, Idempotency_Key="k")
    assert created.status_code == 201, created.content
    answer: dict[str, Any] = created.json()
    return answer


def test_what_is_redacted_is_gone_from_the_incident(as_token: Login) -> None:
    client = as_token(make.member())
    ref = filed(client)["ref"]

    answer = send(client, "post", f"{ref}/redact/", {"texts": [NAME], "reason": REASON})

    assert answer.status_code == 200, answer.content
    shown = client.get(f"{INCIDENTS}{ref}/")
    assert (shown.json(), shown["ETag"]) == (answer.json(), answer["ETag"])
    body = answer.json()
    assert body["version"] == 2
    assert body["title"] == "A clone of [redacted]'s voice"
    assert body["summary"] == "Calls in the voice of\n[redacted] were made."
    assert body["narrative"] == "She, [redacted], is said to have asked for money."
    assert body["targets"] == [
        {"name": "[redacted]", "kind": "candidate", "aliases": ["[redacted] Jr", "JE"]}
    ]
    assert body["tags"] == ['tag:"robocall"']
    assert body["created"]["tool"] == "[redacted]'s own"
    assert body["distributed"]["platform"] == "forum of [redacted]"
    (reference,) = body["references"]
    assert (reference["title"], reference["via"]) == (
        "[redacted] speaks",
        ["https://x.example/2"],
    )
    assert reference["publisher"] == {"name": "Blog of [redacted]", "domain": "example.org"}


def test_nothing_that_the_hub_stored_still_holds_it(as_token: Login) -> None:
    owner = make.member()
    client = as_token(owner)
    observed = {
        "platform": NAME,
        "url": "https://x.example/jane%20example",
        "account": {"handle": f"@{NAME}", "verified": "unknown"},
        "phone": {"carrier": f"{NAME} Telecom"},
    }
    ref = filed(client, observations=[observed])["ref"]
    other_url = {"platform": "X", "url": "https://x.example/2"}
    send(client, "post", f"{ref}/observations/", observed, Idempotency_Key="o")
    send(client, "post", f"{ref}/observations/", other_url)
    etag = client.get(f"{INCIDENTS}{ref}/")["ETag"]
    send(client, "patch", f"{ref}/", {"script": ""}, If_Match=etag)
    assert "incidents_incidentversion" in places_of(NAME)

    send(client, "post", f"{ref}/redact/", {"texts": [NAME], "reason": REASON})

    # How a redaction reaches what is said elsewhere is told by the tests of alerts.
    assert places_of("jane") == ["notes"]
    assert places_of("example.org/2024") == []
    again = {"tlp": "green", "publish": True, **SAID, "observations": [observed]}
    replayed = send(client, "post", "", again, Idempotency_Key="k")
    assert (replayed.status_code, replayed.json()["ref"]) == (201, ref)
    assert replayed.json()["title"] == "A clone of [redacted]'s voice"
    observation = Observation.objects.order_by("at")[0]
    assert (observation.platform, observation.url, observation.canonical_url) == (
        "[redacted]",
        "",
        "",
    )
    assert observation.account == {"handle": "@[redacted]", "verified": "unknown"}
    assert Observation.objects.order_by("at")[2].url == "https://x.example/2"


def test_those_who_see_it_learn_that_and_why_it_was_redacted(as_token: Login) -> None:
    owner = make.member("acme")
    client = as_token(owner)
    ref = filed(client)["ref"]
    Event.objects.filter(topic="incident.published").update(fanned_out_at=None)

    send(client, "post", f"{ref}/redact/", {"texts": [NAME], "reason": REASON})

    history = as_token(make.member()).get(f"{INCIDENTS}{ref}/history/").json()["results"]
    assert [(one["change"], one.get("note")) for one in history] == [
        ("redacted", REASON),
        ("published", None),
    ]
    assert history[0]["organisation"] == "acme"
    topics = Event.objects.order_by("id").values_list("topic", "version")
    assert list(topics) == [
        ("incident.published", 1),
        ("incident.redacted", 2),
        ("incident.updated", 2),
    ]
    entry = AuditEntry.objects.get(action="incident.redact")
    assert entry.objects_named == [ref]
    assert entry.detail["versions"] == 1
    assert NAME not in json.dumps(entry.detail)


def test_what_stands_in_earlier_versions_only_is_redacted_there(as_token: Login) -> None:
    owner = make.member()
    by = make.person(owner)
    row = make.incident(by=by, summary=f"By {NAME}.")
    update_incident(
        incident_id=row.pk, changes={"summary": ""}, by=by, expected_revision=row.revision
    )
    client = as_token(owner)

    answer = send(client, "post", f"{row.ref}/redact/", {"texts": [NAME], "reason": REASON})

    assert answer.json()["version"] == 3
    own = client.get(f"{INCIDENTS}{row.ref}/history/").json()["results"]
    assert [(one["change"], one["fields"]) for one in own[:2]] == [
        ("redacted", []),
        ("updated", ["summary"]),
    ]
    assert own[1]["old"] == {"summary": "By [redacted]."}
    others = as_token(make.member()).get(f"{INCIDENTS}{row.ref}/history/").json()["results"]
    assert [one["change"] for one in others] == ["redacted", "updated", "published"]


def test_an_earlier_reason_is_redacted_too(as_token: Login) -> None:
    client = as_token(make.member())
    ref = filed(client)["ref"]
    first = {"texts": [NAME], "reason": "Asked for by Dr Who."}
    send(client, "post", f"{ref}/redact/", first)

    send(client, "post", f"{ref}/redact/", {"texts": ["Dr Who"], "reason": REASON})

    history = client.get(f"{INCIDENTS}{ref}/history/").json()["results"]
    assert [one.get("note") for one in history[:2]] == [REASON, "Asked for by [redacted]."]


def test_observations_of_others_are_their_own(as_token: Login) -> None:
    owner, other = make.member(), make.member()
    row = make.incident(owner, summary=NAME)
    theirs = make.observation(row, make.person(other), platform=NAME)

    send(as_token(owner), "post", f"{row.ref}/redact/", {"texts": [NAME], "reason": REASON})

    theirs.refresh_from_db()
    assert theirs.platform == NAME


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, [("/texts", "required"), ("/reason", "required")]),
        ({"texts": [], "reason": "x"}, [("/texts", "empty")]),
        ({"texts": ["ab"], "reason": "x"}, [("/texts/0", "too_short")]),
        ({"texts": [f"text {n}" for n in range(51)], "reason": "x"}, [("/texts", "too_many")]),
        ({"texts": [NAME], "reason": "For jane example."}, [("/reason", "repeats_text")]),
        (
            {"texts": ["nowhere", NAME, "redacted"], "reason": "x"},
            [("/texts/0", "no_match"), ("/texts/2", "no_match")],
        ),
    ],
)
def test_a_redaction_that_cannot_be_changes_nothing(
    as_token: Login, body: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    owner = make.member()
    row = make.incident(owner, summary=f"{NAME} [redacted]")

    refused = send(as_token(owner), "post", f"{row.ref}/redact/", body)

    assert (refused.status_code, errors(refused)) == (400, expected)
    assert NAME not in refused.content.decode()
    row.refresh_from_db()
    assert (row.summary, row.version) == (f"{NAME} [redacted]", 1)
    assert Event.objects.filter(topic="incident.redacted").exists() is False


@pytest.mark.parametrize(("role", "status"), [(Role.ANALYST, 403), (Role.LEAD, 200)])
def test_leads_redact(as_person: Login, role: Role, status: int) -> None:
    owner = make.member()
    row = make.incident(owner, summary=NAME)
    client = as_person(make.user(owner, role=role))

    answer = send(client, "post", f"{row.ref}/redact/", {"texts": [NAME], "reason": REASON})

    assert answer.status_code == status


def test_a_draft_is_redacted_without_telling_anybody(as_token: Login) -> None:
    owner = make.member()
    row = make.draft(owner, title=f"{NAME} " + "x" * 287)

    texts = {"texts": ["xxx", NAME], "reason": REASON}
    answer = send(as_token(owner), "post", f"{row.ref}/redact/", texts)

    assert answer.json()["title"] == ("[redacted] " + "[redacted]" * 96)[:300]
    # Nobody has heard of it, but the hub itself may keep words about it.
    assert [event.topic for event in Event.objects.all()] == ["incident.redacted"]


@pytest.mark.parametrize("reason", ["Satire.", f"By {NAME}."])
def test_those_who_were_told_of_a_withdrawal_get_its_new_reason(
    as_token: Login, reason: str
) -> None:
    owner, other = make.member(), make.member()
    by = make.person(owner)
    row = make.incident(by=by, tlp="amber", shared_with=[other], summary=NAME)
    withdraw_incident(incident_id=row.pk, reason=reason, by=by)

    send(as_token(owner), "post", f"{row.ref}/redact/", {"texts": [NAME], "reason": REASON})

    row.refresh_from_db()
    assert (row.status, row.withdrawn_reason) == (
        Status.WITHDRAWN,
        reason.replace(NAME, "[redacted]"),
    )
    told = EventRecipient.objects.filter(event__topic="incident.withdrawn")
    expected = [(1, other.pk)] if reason == "Satire." else [(1, other.pk), (2, other.pk)]
    versions = told.order_by("event__version").values_list("event__version", "member_id")
    assert [(version - 1, member) for version, member in versions] == expected
    assert Event.objects.filter(topic="incident.updated").exists() is False


# Merging --------------------------------------------------------------------------------------


@pytest.fixture
def pair(db: None) -> tuple[Member, Incident, Incident]:
    """An owner, its incident, and another's."""
    owner = make.member()
    return owner, make.incident(owner), make.incident()


def test_a_merged_incident_is_withdrawn_and_leads_to_the_other(
    as_token: Login, pair: tuple[Member, Incident, Incident]
) -> None:
    owner, row, target = pair
    client, reader = as_token(owner), as_token(make.member())

    merged = send(client, "post", f"{row.ref}/merge/", {"into": target.ref})

    assert merged.status_code == 200, merged.content
    body = merged.json()
    assert (body["status"], body["merged_into"]) == ("withdrawn", target.ref)
    again = client.get(f"{INCIDENTS}{row.ref}/")
    assert (again.json(), again["ETag"]) == (body, merged["ETag"])
    tombstone = reader.get(f"{INCIDENTS}{row.ref}/").json()
    assert tombstone["merged_into"] == target.ref
    (listed,) = reader.get(f"{INCIDENTS}?status=withdrawn").json()["results"]
    assert listed == tombstone
    event = Event.objects.get(topic="incident.withdrawn")
    assert EventRecipient.objects.filter(event=event).count() == 2
    entry = AuditEntry.objects.get(action="incident.merge")
    assert entry.objects_named == [row.ref, target.ref]
    assert client.get(f"{INCIDENTS}{row.ref}/history/").json()["results"][0]["old"] == {
        "merged_into": None,
        "status": "published",
        "withdrawn_at": None,
        "withdrawn_reason": "",
    }


def test_who_may_not_read_the_other_sees_a_withdrawal_like_any(as_token: Login) -> None:
    owner, friend, reader = make.member(), make.member(), make.member()
    by = make.person(owner)
    row, plain = make.incident(by=by), make.incident(by=by)
    target = make.incident(friend, tlp="amber", shared_with=[owner])
    send(as_token(owner), "post", f"{row.ref}/merge/", {"into": target.ref})
    reason = "Withdrawn by the organisation that filed it."
    withdraw_incident(incident_id=plain.pk, reason=reason, by=by)

    hidden, like = (as_token(reader).get(f"{INCIDENTS}{one.ref}/").json() for one in (row, plain))

    assert set(hidden) == set(like)
    assert hidden["withdrawn_reason"] == like["withdrawn_reason"]


@pytest.mark.parametrize(
    ("into", "code"),
    [
        ("{hidden}", "not_found"),
        ("DF-00000000", "not_found"),
        ("nonsense", "not_found"),
        ("{own}", "same_incident"),
        ("{draft}", "not_published"),
        ("{gone}", "not_published"),
    ],
)
def test_only_what_is_published_and_another_takes_its_place(
    as_token: Login, into: str, code: str
) -> None:
    owner = make.member()
    by = make.person(owner)
    row, gone = make.incident(by=by), make.incident(by=by)
    withdraw_incident(incident_id=gone.pk, reason="x", by=by)
    names = {
        "hidden": make.incident(tlp="red").ref,
        "own": row.ref,
        "draft": make.draft(by=by).ref,
        "gone": gone.ref,
    }

    refused = send(as_token(owner), "post", f"{row.ref}/merge/", {"into": into.format(**names)})

    assert (refused.status_code, errors(refused)) == (400, [("/into", code)])
    row.refresh_from_db()
    assert row.status == Status.PUBLISHED


def test_what_is_hidden_is_refused_as_what_never_was(as_token: Login) -> None:
    owner = make.member()
    row, hidden = make.incident(owner), make.incident(tlp="red")
    client = as_token(owner)

    refused = [
        send(client, "post", f"{row.ref}/merge/", {"into": ref}).content
        for ref in (hidden.ref, "DF-00000000")
    ]

    assert refused[0] == refused[1]


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_only_a_published_incident_is_merged(as_token: Login, state: str) -> None:
    owner = make.member()
    by = make.person(owner)
    row = make.incident(by=by, publish=state != "draft")
    if state == "withdrawn":
        withdraw_incident(incident_id=row.pk, reason="x", by=by)

    refused = send(as_token(owner), "post", f"{row.ref}/merge/", {"into": make.incident().ref})

    assert refused.status_code == 409
