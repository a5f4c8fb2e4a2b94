"""Tags in use, as each reader sees them, and tagging of several incidents at once."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import Member, MemberKind
from accounts.readers import Reader
from accounts.roles import Role
from hub.audit.models import AuditEntry
from hub.outbox.models import Event
from incidents.core import tag_usage
from incidents.core.models import Incident, IncidentVersion, Status
from incidents.core.services.filing import update_incident, withdraw_incident
from incidents.core.services.tagging import apply_tags
from incidents.core.taggings import Tagging
from tests import make
from tests.conftest import Login

TAGS, APPLY = "/api/v1/tags/", "/api/v1/tags/apply/"
ROBOCALL, CLONE = 'tag:"robocall"', 'tag:"Clone"'
CURATED = "likelihood:likely"


def post(client: APIClient, body: Any, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    data = json.dumps(body)
    return client.post(APPLY, data=data, content_type="application/json", headers=named)


def used(client: APIClient, query: str = "") -> dict[str, int]:
    results = client.get(f"{TAGS}?{query}").json()["results"]
    return {result["tag"]: result["count"] for result in results}


def errors(response: Any) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in response.json()["errors"]]


# What is in use -------------------------------------------------------------------------------


def test_tags_come_by_how_many_incidents_bear_them(as_token: Login) -> None:
    make.incident(tags=[ROBOCALL])
    make.incident(tags=[ROBOCALL, CLONE, CURATED])

    found = as_token(make.member()).get(TAGS).json()

    assert found["results"] == [
        {"tag": ROBOCALL, "label": "robocall", "count": 2, "more": False},
        {"tag": CURATED, "label": "Likely", "count": 1, "more": False},
        {"tag": CLONE, "label": "Clone", "count": 1, "more": False},
    ]
    assert (found["next"], found["previous"]) == (None, None)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("robo", {ROBOCALL}),
        ("ROBO", {ROBOCALL}),
        ('tag:"ro', {ROBOCALL}),
        ("tag:", {ROBOCALL, CLONE, 'tag:"José says"'}),
        ("jose", {'tag:"José says"'}),
        ("clo", {CLONE}),
        ("like", {CURATED}),
        ("likelihood:l", {CURATED}),
        ("call", set()),
        ("%", set()),
    ],
)
def test_what_is_typed_is_the_beginning_of_a_tag_or_of_its_value(
    as_token: Login, typed: str, expected: set[str]
) -> None:
    make.incident(tags=[ROBOCALL, CLONE, CURATED, 'tag:"José says"'])

    assert set(used(as_token(make.member()), f"q={typed}")) == expected


def test_counts_are_of_what_the_reader_may_see(as_token: Login) -> None:
    owner, other, outside = make.member(), make.member(), make.member(kind=MemberKind.REGULATOR)
    by = make.person(owner)
    make.incident(by=by, tlp="clear", tags=[ROBOCALL])
    make.incident(by=by, tlp="green", tags=[ROBOCALL])
    make.incident(by=by, tlp="green", tags=[ROBOCALL], shared_with=[outside])
    make.incident(by=by, tlp="amber", tags=[ROBOCALL], shared_with=[other, make.group(owner)])
    make.incident(by=by, tlp="red", tags=[ROBOCALL, CLONE])
    make.draft(by=by, tags=[ROBOCALL])
    gone = make.incident(by=by, tags=[ROBOCALL])
    withdraw_incident(incident_id=gone.pk, reason="Satire.", by=by)

    counts = [used(as_token(reader)) for reader in (owner, other, outside)]

    assert counts == [{ROBOCALL: 5}, {ROBOCALL: 3}, {ROBOCALL: 1}]


def test_a_person_finds_the_tags_of_what_is_red_for_them(as_person: Login) -> None:
    named, other = make.user(make.member()), make.user(make.member())
    make.incident(tlp="red", tags=[CLONE], shared_with=[named])

    assert [used(as_person(user)) for user in (named, other)] == [{CLONE: 1}, {}]


def test_an_organisation_that_is_not_active_sees_no_tags(db: None) -> None:
    make.incident(tlp="clear", tags=[CLONE])
    gone = make.member(status="suspended")
    order = tag_usage.Order(tag_usage.BY_TAG, descending=False)

    assert tag_usage.tag_usage(Reader(gone, None), order=order, limit=9) == []


def everything_that_is_read(readers: list[Reader]) -> list[dict[str, int]]:
    """Tags of what each may read, one incident after the other."""
    found = []
    for reader in readers:
        counts: dict[str, int] = {}
        for incident in Incident.objects.visible_to(reader).exclude(status=Status.WITHDRAWN):
            for tag in incident.tags:
                counts[tag] = counts.get(tag, 0) + 1
        found.append(counts)
    return found


def test_the_index_and_the_policy_agree_whatever_changes(db: None) -> None:
    owner, other = make.member(), make.member()
    lead = make.person(owner, reauthenticated=True)
    readers = [
        lead,
        make.person(owner, role=Role.VIEWER),
        make.system(owner),
        make.person(other),
        make.system(make.member()),
        make.system(make.member(kind=MemberKind.REGULATOR)),
    ]
    groups = [make.group(owner, other), make.group(owner)]
    audiences = [[], make.audience(other), make.audience(groups[0]), make.audience(groups[1])]
    rows = [
        make.incident(by=lead, tlp=mark, audiences=audience, publish=publish, tags=[ROBOCALL])
        for mark in ("clear", "green", "amber", "amber+strict", "red")
        for audience in audiences
        for publish in (True, False)
        if not (mark == "red" and audience)
        if not (mark.startswith("amber") and publish and not audience)
    ]
    order = tag_usage.Order(tag_usage.BY_COUNT, descending=True)

    for step in range(3):
        for row in rows if step else []:
            row.refresh_from_db()
            if row.status == Status.WITHDRAWN:
                continue
            if step == 1:
                changes = {"tlp": "amber", "audiences": audiences[1], "tags": [CLONE, CURATED]}
            else:
                changes = {"tlp": "clear", "audiences": []}
            update_incident(
                incident_id=row.pk, changes=changes, by=lead, expected_revision=row.revision
            )
        counted = [
            {use.tag: use.incidents for use in tag_usage.tag_usage(one, order=order, limit=None)}
            for one in readers
        ]
        assert counted == everything_that_is_read(readers)


def test_no_more_are_counted_than_anybody_wants_to_know(
    as_token: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = make.member()
    for _ in range(3):
        make.incident(owner, tags=[ROBOCALL])
    made = tag_usage.tag_usage(
        make.system(owner),
        order=tag_usage.Order(tag_usage.BY_COUNT, descending=True),
        limit=5,
        counted=2,
    )

    assert made == [tag_usage.TagUse(ROBOCALL, 3)]
    monkeypatch.setattr("incidents.core.api.tags.COUNTED", 2)
    (shown,) = as_token(owner).get(TAGS).json()["results"]
    assert (shown["count"], shown["more"]) == (2, True)


@pytest.mark.parametrize("ordering", ["-count", "count", "tag", "-tag"])
def test_pages_lead_through_all_tags_and_back(as_token: Login, ordering: str) -> None:
    for number in range(5):
        tags = [f'tag:"t{other}"' for other in range(number, 7)]
        make.incident(tags=tags)
    client = as_token(make.member())
    whole = client.get(f"{TAGS}?ordering={ordering}").json()["results"]

    pages = [client.get(f"{TAGS}?ordering={ordering}&limit=3").json()]
    while pages[-1]["next"]:
        pages.append(client.get(below(pages[-1]["next"])).json())
    back = [pages[-1]]
    while back[-1]["previous"]:
        back.append(client.get(below(back[-1]["previous"])).json())

    counts = [(result["count"], result["tag"]) for result in whole]
    key = {"-count": lambda one: (-one[0], one[1]), "count": lambda one: one}.get(
        ordering, lambda one: one[1]
    )
    assert counts == sorted(counts, key=key, reverse=ordering == "-tag")
    assert [tag for page in pages for tag in page["results"]] == whole
    assert [page["results"] for page in reversed(back)] == [page["results"] for page in pages]


def below(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def test_a_page_that_has_become_empty_leads_back(as_token: Login) -> None:
    owner = make.member()
    by = make.person(owner)
    rows = [make.incident(by=by, tags=[f'tag:"t{number}"']) for number in range(3)]
    client = as_token(owner)
    first = client.get(f"{TAGS}?limit=2&ordering=tag").json()
    withdraw_incident(incident_id=rows[2].pk, reason="x", by=by)

    empty = client.get(below(first["next"])).json()
    again = client.get(below(empty["previous"])).json()

    assert (empty["results"], empty["next"]) == ([], None)
    assert again["results"] == first["results"]


def test_the_list_takes_one_query_however_many_tags(as_token: Login) -> None:
    client = as_token(make.member())
    counts = []
    for number in (1, 20):
        make.incident(tags=[f'tag:"{number}-{other}"' for other in range(number)])
        client.get(TAGS)
        with CaptureQueriesContext(connection) as captured:
            client.get(TAGS)
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_unknown_parameters_orderings_and_cursors_are_refused(as_token: Login) -> None:
    client = as_token(make.member())

    refused = [client.get(f"{TAGS}?{query}") for query in ("a=1", "ordering=x", "cursor=x")]

    assert [errors(response) for response in refused] == [
        [("/a", "unknown_parameter")],
        [("/ordering", "invalid_ordering")],
        [("/cursor", "invalid_cursor")],
    ]


def test_the_index_of_tags_is_that_of_the_incidents(db: None) -> None:
    owner = make.member()
    row = make.incident(owner, tags=[ROBOCALL, CLONE])
    update_incident(
        incident_id=row.pk,
        changes={"tags": [CURATED, CLONE]},
        by=make.person(owner),
        expected_revision=1,
    )

    assert set(Tagging.objects.values_list("tag", "folded")) == {
        (CURATED, CURATED),
        (CLONE, 'tag:"clone"'),
    }


# Tagging several at once ----------------------------------------------------------------------


def test_several_incidents_are_tagged_as_if_one_by_one(as_token: Login) -> None:
    owner = make.member()
    by = make.person(owner)
    first = make.incident(by=by, tags=[CLONE])
    second = make.draft(by=by, tags=[ROBOCALL])
    Event.objects.all().update(fanned_out_at=None)

    applied = post(
        as_token(owner),
        {"incidents": [second.ref, first.ref], "add": [ROBOCALL], "remove": [CLONE]},
    )

    assert applied.status_code == 200, applied.content
    assert applied.json() == {
        "results": [{"ref": second.ref, "version": 1}, {"ref": first.ref, "version": 2}]
    }
    first.refresh_from_db()
    assert (first.tags, first.change, first.changed_fields) == ([ROBOCALL], "tagged", ["tags"])
    assert IncidentVersion.objects.filter(pgh_obj=second).count() == 1
    assert Event.objects.filter(topic="incident.updated").count() == 1
    entry = AuditEntry.objects.get(action="incident.tagged")
    assert entry.objects_named == [first.ref]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, [("/incidents", "required")]),
        ({"incidents": []}, [("/incidents", "empty")]),
        ({"incidents": ["{own}"], "add": ["nonsense"]}, [("/add/0", "invalid")]),
        ({"incidents": ["{own}"], "remove": ["nonsense"]}, [("/remove/0", "invalid")]),
        (
            {"incidents": ["{own}"], "add": [CLONE], "remove": [ROBOCALL, CLONE]},
            [("/remove/1", "contradiction")],
        ),
        (
            {"incidents": ["{own}", "DF-00000000", "{hidden}"]},
            [("/incidents/1", "not_found"), ("/incidents/2", "not_found")],
        ),
        (
            {"incidents": ["{other}", "{own}"], "add": ["likelihood:unlikely"]},
            [("/incidents/1", "invalid")],
        ),
    ],
)
def test_what_cannot_be_applied_changes_nothing(
    as_token: Login, body: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    owner = make.member()
    by = make.person(owner)
    names = {
        "own": make.incident(by=by, tags=[CURATED]).ref,
        "other": make.incident(by=by).ref,
        "hidden": make.draft().ref,
    }
    if "incidents" in body:
        body = body | {"incidents": [ref.format(**names) for ref in body["incidents"]]}

    refused = post(as_token(owner), body)

    assert refused.status_code == 400, refused.content
    assert errors(refused) == expected
    assert set(Incident.objects.values_list("version", flat=True)) == {1}


def test_only_own_incidents_are_tagged_and_the_attempt_is_on_record(as_token: Login) -> None:
    owner, theirs = make.member(), make.incident()
    own = make.incident(owner)

    refused = post(as_token(owner), {"incidents": [own.ref, theirs.ref], "add": [CLONE]})

    assert refused.status_code == 403
    assert set(Incident.objects.values_list("version", flat=True)) == {1}
    entry = AuditEntry.objects.get(decision="denied")
    assert entry.objects_named == sorted([own.ref, theirs.ref])


@pytest.mark.parametrize("body", [{}, {"incidents": 1}, {"incidents": [1]}, []])
def test_a_viewer_tags_nothing_whatever_is_sent(as_person: Login, body: Any) -> None:
    refused = post(as_person(make.user(make.member(), role=Role.VIEWER)), body)

    assert refused.status_code == 403
    assert AuditEntry.objects.get(decision="denied").objects_named == []


def test_a_session_without_its_csrf_token_tags_nothing(as_person: Login) -> None:
    client = as_person(make.user(make.member()), enforce_csrf_checks=True)

    assert post(client, {}).status_code == 403
    assert AuditEntry.objects.exists() is False


def test_what_was_withdrawn_keeps_its_tags(as_token: Login) -> None:
    owner = make.member()
    by = make.person(owner)
    row, gone = make.incident(by=by), make.incident(by=by)
    withdraw_incident(incident_id=gone.pk, reason="Satire.", by=by)

    refused = post(as_token(owner), {"incidents": [row.ref, gone.ref], "add": [CLONE]})

    assert refused.status_code == 409
    row.refresh_from_db()
    assert row.tags == []


def test_a_replay_asks_again_whether_the_incidents_are_the_callers(as_token: Login) -> None:
    owner = make.member()
    row = make.incident(owner)
    client, body = as_token(owner), {"incidents": [row.ref], "add": [CLONE]}

    answers = [post(client, body, Idempotency_Key="k") for _ in range(2)]
    Incident.objects.filter(pk=row.pk).update(owner=make.member(), tlp="amber")
    answers.append(post(client, body, Idempotency_Key="k"))

    assert [answer.status_code for answer in answers] == [200, 200, 400]
    assert answers[0].content == answers[1].content
    assert answers[1]["Idempotency-Replayed"] == "true"


def test_the_tags_of_a_red_draft_are_its_authors_to_change(db: None) -> None:
    owner: Member = make.member()
    author = make.person(owner, role=Role.ANALYST)
    row = make.draft(by=author, tlp="red")

    (changed,) = apply_tags(refs=[row.ref], add=[CLONE], remove=[], by=author)

    assert changed.tags == [CLONE]
