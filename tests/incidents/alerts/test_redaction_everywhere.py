"""A redacted text is gone from the whole database, wherever the hub had put it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rest_framework.test import APIClient

from hub.api.models import IdempotentAnswer
from incidents.alerts.engine.record import record_results
from incidents.core.models import Incident, SavedFilter
from incidents.crossrefs.models import CrossReference, Evidence
from tests import make
from tests.alerting import RUN, answer, claim_all, do_chores, endpoint, fan_out_all, result
from tests.conftest import Login
from tests.stored import places_of

NAME = "Jane Example"
ARTICLE = "https://news.example.org/2024/jane+example-called"
INCIDENT: dict[str, Any] = {
    "title": f"A clone of {NAME}'s voice",
    "tlp": "green",
    "publish": True,
    "summary": f"Calls in the voice of {NAME} were made.",
    "script": f"This is {NAME}. Stay at home on Tuesday and keep your vote for November.",
    "targets": [{"name": NAME, "kind": "candidate"}],
    "tags": [f'tag:"{NAME}"'],
    "distributed": {"precision": "unknown", "platform": f"forum of {NAME}"},
    "references": [{"url": ARTICLE, "title": f"{NAME} speaks"}],
    "observations": [{"platform": NAME, "url": "https://x.example/jane-example"}],
}
SPELLINGS = [NAME, "jane-example"]


def send_json(client: APIClient, path: str, body: Any, key: str) -> Any:
    return client.post(
        f"/api/v1/{path}",
        data=json.dumps(body),
        content_type="application/json",
        headers={"Idempotency-Key": key},
    )


def post(client: APIClient, path: str, body: Any, *, expected: int = 201) -> Any:
    """The answer, which the hub keeps under a key of its own."""
    key = f"{path}-{IdempotentAnswer.objects.count()}"
    answered = send_json(client, path, body, key)
    assert answered.status_code == expected, answered.content
    return answered.json()


def send(status: int) -> None:
    """Everything that waits, to receivers who repeat what they get."""
    fan_out_all()
    results = [result(one, answer(status, body=one.body.encode())) for one in claim_all()]
    record_results(results, run_id=RUN)


def filed(client: APIClient) -> str:
    ref: str = post(client, "incidents/", INCIDENT)["ref"]
    do_chores()
    return ref


def proposed(client: APIClient, from_ref: str, to_ref: str) -> str:
    body = {
        "from": from_ref,
        "to": to_ref,
        "type": "same_campaign",
        "explanation": f"Both have the voice of {NAME}.",
    }
    link: str = post(client, "crossrefs/", body)["id"]
    return link


def redact(client: APIClient, ref: str, texts: Sequence[str] = (NAME,)) -> None:
    body = {"texts": list(texts), "reason": "A private person was named."}
    post(client, f"incidents/{ref}/redact/", body, expected=200)


def test_a_redacted_text_is_nowhere_in_the_database(as_token: Login) -> None:
    owner, other = make.member(), make.member()
    client, others = as_token(owner), as_token(other)
    endpoint(owner), endpoint(other), endpoint(make.member())
    first, second = filed(client), filed(client)
    theirs = make.incident(other, title="Another")
    decided, undecided = proposed(others, theirs.ref, first), proposed(others, first, theirs.ref)
    gone = proposed(others, theirs.ref, second)
    post(client, f"crossrefs/{decided}/accept/", {}, expected=200)
    post(client, "saved-filters/", {"name": NAME, "query": {"country": "US"}})
    post(client, "saved-filters/", {"name": "Calls", "query": {"q": f"voice of {NAME}"}})
    post(client, "incidents/", {"title": "A", "countries": [NAME]}, expected=400)
    send(500)
    others.delete(f"/api/v1/crossrefs/{gone}/")
    do_chores()
    send(200)
    held = places_of("jane")

    for ref in (first, second):
        redact(client, ref, SPELLINGS)
    do_chores()

    assert places_of("jane") == []
    assert {
        "alerts_attempt",
        "alerts_delivery",
        "answers",
        "crossrefs_crossreference",
        "crossrefs_evidence",
        "incidents_incident",
        "incidents_incidentversion",
        "incidents_savedfilter",
    } <= set(held)
    words = CrossReference.objects.filter(pk__in=[decided, undecided]).values("explanation")
    assert [one["explanation"] for one in words] == ["Both have the voice of [redacted]."] * 2
    assert SavedFilter.objects.exists() is False


def test_nor_where_the_incident_was_withdrawn_before(as_token: Login) -> None:
    client = as_token(make.member())
    first, second = filed(client), filed(client)
    withdrawal = {"reason": f"By {NAME}."}
    post(client, f"incidents/{first}/withdraw/", withdrawal, expected=200)
    redact(client, second, SPELLINGS)
    do_chores()
    assert Evidence.objects.filter(subject__contains="jane").exists() is True

    redact(client, first, SPELLINGS)
    do_chores()

    assert places_of("jane") == []


def test_a_draft_that_was_linked_leaves_nothing_either(as_token: Login) -> None:
    owner = make.member()
    client = as_token(owner)
    draft = make.draft(owner, summary=NAME)
    link = proposed(client, draft.ref, make.incident(owner).ref)

    redact(client, draft.ref)
    do_chores()

    assert places_of("jane") == []
    assert CrossReference.objects.get(pk=link).explanation == "Both have the voice of [redacted]."


def test_what_others_say_on_their_own_is_theirs(as_token: Login) -> None:
    owner, other = make.member(), make.member()
    client, others = as_token(owner), as_token(other)
    row = make.incident(owner, summary=NAME)
    theirs = make.incident(other)
    unlinked = proposed(others, theirs.ref, make.incident(other).ref)
    post(others, "saved-filters/", {"name": NAME, "query": {"q": NAME}})
    refused = {"title": "A", "countries": [NAME]}
    post(others, "incidents/", refused, expected=400)

    redact(client, row.ref)
    do_chores()

    assert CrossReference.objects.get(pk=unlinked).explanation == f"Both have the voice of {NAME}."
    assert SavedFilter.objects.get().name == NAME
    assert IdempotentAnswer.objects.filter(is_refusal=True, organisation=str(other.pk)).count() == 1


def test_a_request_sent_again_after_a_redaction_is_answered_without_the_text(
    as_token: Login,
) -> None:
    owner, other = make.member(), make.member()
    client, others = as_token(owner), as_token(other)
    row, theirs = make.incident(owner, summary=NAME), make.incident(other)
    body = {"from": theirs.ref, "to": row.ref, "type": "related", "explanation": NAME}
    send_json(others, "crossrefs/", body, "again")

    redact(client, row.ref)
    do_chores()
    replayed = send_json(others, "crossrefs/", body, "again")

    assert replayed.status_code == 201
    assert replayed["Idempotency-Replayed"] == "true"
    assert replayed.json()["explanation"] == "[redacted]"
    assert CrossReference.objects.count() == 1


def test_a_persons_own_filters_go_and_those_that_ask_for_other_things_stay(
    as_token: Login, as_person: Login
) -> None:
    owner = make.member()
    colleague = as_person(make.user(owner))
    for name, asked in (("A", {"q": NAME}), ("B", {"platform": f"forum of {NAME}"}), ("C", {})):
        post(colleague, "saved-filters/", {"name": name, "query": asked, "shared": False})
    row = make.incident(owner, summary=NAME)

    redact(as_token(owner), row.ref)

    assert SavedFilter.objects.get().name == "C"
    assert Incident.objects.get().summary == "[redacted]"
