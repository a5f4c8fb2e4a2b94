"""Links are proposed, decided and taken back by those who may."""

from __future__ import annotations

import itertools
import json
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.readers import Reader
from accounts.roles import Role
from hub.audit.models import AuditEntry
from hub.kit.errors import Absent, Conflict, NotAllowed
from hub.outbox.models import Event
from incidents.core.models import Incident
from incidents.core.services.filing import withdraw_incident
from incidents.crossrefs.models import CrossReference, State
from incidents.crossrefs.outputs import LinkOutput
from incidents.crossrefs.services import deciding
from incidents.crossrefs.services.deciding import accept_link, delete_link, reject_link
from tests import make
from tests.conftest import Login

pytestmark = pytest.mark.django_db

LINKS, INCIDENTS = "/api/v1/crossrefs/", "/api/v1/incidents/"
CITED: dict[str, Any] = {"references": [{"url": "https://news.example.org/2024/cloned-voice"}]}


def send(client: APIClient, method: str, path: str, body: Any = None, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    data = None if body is None else json.dumps(body)
    return getattr(client, method)(path, data=data, content_type="application/json", headers=named)


def between(one: Incident, other: Incident, **words: Any) -> dict[str, Any]:
    return {"from": one.ref, "to": other.ref, "type": "variant_of", **words}


def suggested(by: Reader) -> CrossReference:
    """A suggestion about an incident of the reader's and one of somebody else's."""
    make.incident(by=by, **CITED)
    make.incident(**CITED)
    make.suggestions()
    return CrossReference.objects.get()


# Proposing ------------------------------------------------------------------------------------


def test_a_link_between_own_incidents_is_accepted_at_once(as_token: Login) -> None:
    owner = make.member("acme")
    one, other = make.incident(owner), make.incident(owner)
    client = as_token(owner)

    made = send(client, "post", LINKS, between(one, other, explanation="The same voice."))

    link = CrossReference.objects.get()
    assert made.status_code == 201
    assert made["Location"].endswith(f"{LINKS}{link.pk}/")
    assert made.json() == client.get(f"{LINKS}{link.pk}/").json()
    assert set(made.json()) == set(LinkOutput().fields)
    assert made.json() | {"created_at": 0, "decided_at": 0} == {
        "id": str(link.pk), "from": one.ref, "to": other.ref, "type": "variant_of",
        "origin": "manual", "score": None, "explanation": "The same voice.", "state": "accepted",
        "by": "acme", "created_at": 0, "decided_at": 0,
    }  # fmt: skip
    event = Event.objects.get(subject_id=link.pk)
    assert (event.topic, event.version, event.actor_id) == ("crossref.accepted", 2, owner.pk)
    entry = AuditEntry.objects.get(action="crossref.propose")
    assert entry.objects_named == [one.ref, other.ref]
    assert entry.detail["state"] == "accepted"


@pytest.mark.parametrize("role", [Role.ANALYST, Role.LEAD])
@pytest.mark.parametrize("owns_one", [True, False])
def test_any_other_is_proposed(as_person: Login, role: Role, owns_one: bool) -> None:
    member = make.member()
    one, other = make.incident(member if owns_one else None), make.incident()
    client = as_person(make.user(member, role=role))

    made = send(client, "post", LINKS, between(one, other))

    assert (made.status_code, made.json()["state"]) == (201, "suggested")
    assert (made.json()["by"], made.json()["decided_at"]) == (member.slug, None)
    event = Event.objects.get(topic="crossref.suggested")
    assert (event.version, event.actor_id, event.mark) == (1, member.pk, "green")


@pytest.mark.parametrize(
    ("owner_kind", "role", "status"),
    [("signatory", Role.VIEWER, 403), ("regulator", Role.ADMIN, 403)],
)
def test_viewers_and_observers_propose_nothing(
    as_person: Login, owner_kind: str, role: Role, status: int
) -> None:
    one, other = (make.incident(tlp="clear") for _ in range(2))
    client = as_person(make.user(make.member(kind=owner_kind), role=role))

    refused = send(client, "post", LINKS, between(one, other))

    assert refused.status_code == status
    assert CrossReference.objects.exists() is False
    assert AuditEntry.objects.filter(action="crossref.create", decision="denied").count() == 1


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"from": "DF-00000000"}, "/from", "not_found"),
        ({"to": "nonsense"}, "/to", "not_found"),
        ({"type": "twin_of"}, "/type", "unknown_value"),
        ({"score": 1}, "/score", "unknown_member"),
        ({"explanation": "x" * 2001}, "/explanation", "too_long"),
    ],
)
def test_what_is_wrong_with_a_proposal_is_said_where_it_stands(
    as_token: Login, changes: dict[str, Any], pointer: str, code: str
) -> None:
    one, other = make.incident(), make.incident()

    refused = send(as_token(make.member()), "post", LINKS, between(one, other) | changes)

    assert refused.status_code == 400
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [(pointer, code)]


def test_an_incident_is_not_linked_to_itself(as_token: Login) -> None:
    one = make.incident()

    refused = send(as_token(one.owner), "post", LINKS, between(one, one))

    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [
        ("/to", "same_incident")
    ]


def test_what_is_hidden_is_not_found_in_the_same_bytes_as_what_never_was(as_token: Login) -> None:
    one, hidden = make.incident(), make.draft()
    client = as_token(make.member())

    answers = [
        send(client, "post", LINKS, {"from": one.ref, "to": ref, "type": "related"})
        for ref in (hidden.ref, "DF-00000000")
    ]

    assert {answer.status_code for answer in answers} == {400}
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize(("is_own", "status"), [(True, 409), (False, 400)])
def test_what_was_withdrawn_is_not_linked(as_token: Login, is_own: bool, status: int) -> None:
    lead = make.person(make.member())
    gone, other = make.incident(by=lead), make.incident()
    withdraw_incident(incident_id=gone.pk, reason="Satire.", by=lead)
    client = as_token(lead.member if is_own else make.member())

    assert send(client, "post", LINKS, between(gone, other)).status_code == status


def test_the_same_is_proposed_once_until_it_is_rejected(as_token: Login) -> None:
    lead = make.person(make.member())
    one, other = make.incident(by=lead), make.incident()
    client = as_token(make.member())
    first = send(client, "post", LINKS, between(one, other))

    again = [send(client, "post", LINKS, between(*ends)) for ends in ((one, other), (other, one))]
    reject_link(link_id=UUID(first.json()["id"]), by=lead)
    anew = send(client, "post", LINKS, between(one, other))

    assert [answer.status_code for answer in (first, *again, anew)] == [201, 409, 201, 201]


def test_of_two_who_propose_the_same_at_once_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    lead = make.person(make.member())
    one, other = make.incident(by=lead), make.incident(by=lead)
    make.link(one, other, lead)
    # As if the first were committed after the second has looked.
    monkeypatch.setattr(
        CrossReference.objects, "visible_to", lambda _: CrossReference.objects.none()
    )

    with pytest.raises(Conflict):
        make.link(one, other, lead)

    assert CrossReference.objects.count() == 1


def test_a_key_sent_twice_makes_one_link(as_token: Login) -> None:
    one, other = make.incident(), make.incident()
    client = as_token(make.member())

    answers = [
        send(client, "post", LINKS, between(one, other), Idempotency_Key="k") for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[1]["Idempotency-Replayed"] == "true"
    assert CrossReference.objects.count() == 1


@pytest.mark.parametrize("chosen", [True, False])
def test_a_proposal_does_not_tell_who_is_in_a_hidden_group(as_token: Login, chosen: bool) -> None:
    owner, secret = make.member(), make.member("secret-member")
    group = make.group(make.member(), owner, secret, membership_hidden=True)
    one, other = make.incident(owner, shared_with=[group]), make.incident()

    made = send(
        as_token(secret), "post", LINKS, between(one, other, show_organisation=chosen)
    ).json()

    (to_owner,) = as_token(owner).get(f"{INCIDENTS}{one.ref}/crossrefs/").json()["results"]
    assert made["by"] == "secret-member"
    assert to_owner["by"] == ("secret-member" if chosen else None)


# Deciding -------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [0, 1])
def test_a_lead_of_either_end_accepts(as_person: Login, as_token: Login, end: int) -> None:
    incidents = make.incident(), make.incident()
    link = make.link(*incidents, make.person(make.member()))
    decider = incidents[end].owner

    accepted = send(as_person(make.user(decider)), "post", f"{LINKS}{link.pk}/accept/")

    assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted")
    assert accepted.json()["decided_at"]
    assert accepted.json() == as_token(make.member()).get(f"{LINKS}{link.pk}/").json()
    event = Event.objects.get(topic="crossref.accepted")
    assert (event.version, event.actor_id) == (2, decider.pk)
    entry = AuditEntry.objects.get(action="crossref.accept")
    assert entry.objects_named == [one.ref for one in incidents]


@pytest.mark.parametrize("action", ["accept", "reject"])
@pytest.mark.parametrize("who", ["analyst", "author", "stranger"])
def test_nobody_else_decides(as_person: Login, action: str, who: str) -> None:
    one, other, author = make.incident(), make.incident(), make.member()
    link = make.link(one, other, make.person(author))
    users = {
        "analyst": make.user(one.owner, role=Role.ANALYST),
        "author": make.user(author),
        "stranger": make.user(make.member()),
    }

    refused = send(as_person(users[who]), "post", f"{LINKS}{link.pk}/{action}/", {"x": 1})

    link.refresh_from_db()
    assert (refused.status_code, link.state) == (403, "suggested")
    entry = AuditEntry.objects.get(decision="denied")
    assert (entry.action, entry.objects_named) == (f"crossref.{action}", [str(link.pk)])
    assert Event.objects.filter(topic="crossref.accepted").exists() is False


def test_a_rejected_link_is_gone_but_for_those_who_could_have_decided(as_token: Login) -> None:
    one, other = make.incident(), make.incident()
    link = make.link(one, other, make.person(make.member()))
    owner, stranger = as_token(one.owner), as_token(make.member())

    rejected = send(owner, "post", f"{LINKS}{link.pk}/reject/", Idempotency_Key="k")
    replayed = send(owner, "post", f"{LINKS}{link.pk}/reject/", Idempotency_Key="k")

    assert (rejected.status_code, rejected.json()["state"]) == (200, "rejected")
    assert (replayed.content, replayed["Idempotency-Replayed"]) == (rejected.content, "true")
    paths = [f"{LINKS}{link.pk}/accept/", f"{LINKS}{link.pk}/reject/"]
    assert [send(owner, "post", path).status_code for path in paths] == [409, 409]
    assert [send(stranger, "post", path).status_code for path in paths] == [404, 404]
    assert [one.get(f"{LINKS}{link.pk}/").status_code for one in (owner, stranger)] == [404, 404]
    assert owner.get(f"{INCIDENTS}{one.ref}/crossrefs/").json()["results"] == []
    assert AuditEntry.objects.filter(action="crossref.reject").count() == 1
    assert Event.objects.filter(topic="crossref.accepted").exists() is False


def test_what_is_accepted_is_not_decided_again(as_token: Login) -> None:
    one, other = make.incident(), make.incident()
    link = make.link(one, other, make.person(make.member()))
    client = as_token(one.owner)

    statuses = [
        send(client, "post", f"{LINKS}{link.pk}/{action}/").status_code
        for action in ("accept", "accept", "reject")
    ]

    assert statuses == [200, 409, 409]
    assert Event.objects.filter(topic="crossref.accepted").count() == 1


def test_accepting_one_suggestion_takes_the_others_between_them_away(as_token: Login) -> None:
    lead = make.person(make.member())
    one, other = make.incident(by=lead), make.incident(by=lead)
    number = {"phone": {"number": "+16035550100"}}
    for mark in ("green", "amber"):
        for incident in (one, other):
            make.observation(incident, lead, tlp=mark, **number)
    assert make.suggestions() == 4  # one for each two observations that differ in who reads them

    kept = CrossReference.objects.order_by("pk")[0]
    accept_link(link_id=kept.pk, by=lead)

    assert list(CrossReference.objects.all()) == [kept]


def test_a_link_that_went_meanwhile_is_absent() -> None:
    lead = make.person(make.member())
    link = suggested(lead)
    CrossReference.objects.all().delete()

    for service in (accept_link, reject_link, delete_link):
        with pytest.raises(Absent):
            service(link_id=link.pk, by=lead)


def test_one_that_goes_while_it_is_locked_is_absent_too(monkeypatch: pytest.MonkeyPatch) -> None:
    lead = make.person(make.member())
    link = suggested(lead)

    class Gone:
        """Finds the link's ends, and then nothing between them."""

        def values_list(self, *names: str) -> Gone:
            return self

        def filter(self, **conditions: Any) -> Gone:
            return self

        def first(self) -> tuple[Any, Any]:
            return make.incident().pk, make.incident().pk

    monkeypatch.setattr(CrossReference.objects, "editable_by", lambda _: Gone())

    with pytest.raises(Absent):
        accept_link(link_id=link.pk, by=lead)


# Taking back ----------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["author", "owner"])
@pytest.mark.parametrize("is_accepted", [True, False])
def test_its_author_or_an_owner_takes_a_link_back(
    as_token: Login, who: str, is_accepted: bool
) -> None:
    one, other, author = make.incident(), make.incident(), make.member()
    link = make.link(one, other, make.person(author))
    if is_accepted:
        accept_link(link_id=link.pk, by=make.person(one.owner))
    client = as_token({"author": author, "owner": other.owner}[who])
    etag = client.get(f"{LINKS}{link.pk}/")["ETag"]

    stale = send(client, "delete", f"{LINKS}{link.pk}/", If_Match='"stale"')
    gone = send(client, "delete", f"{LINKS}{link.pk}/", If_Match=etag)

    assert (stale.status_code, gone.status_code) == (412, 204)
    assert CrossReference.objects.exists() is False
    assert AuditEntry.objects.filter(action="crossref.delete").count() == 1


@pytest.mark.parametrize(
    ("role", "of_author", "expected"),
    [(Role.ANALYST, True, 204), (Role.VIEWER, True, 403), (Role.ANALYST, False, 403)],
)
def test_roles_are_asked_for_to_take_it_back(
    as_person: Login, role: Role, of_author: bool, expected: int
) -> None:
    one, other, author = make.incident(), make.incident(), make.member()
    link = make.link(one, other, make.person(author))
    client = as_person(make.user(author if of_author else one.owner, role=role))

    assert send(client, "delete", f"{LINKS}{link.pk}/").status_code == expected


def test_a_suggestion_of_the_hub_is_rejected_and_not_deleted(as_token: Login) -> None:
    lead = make.person(make.member())
    link = suggested(lead)
    client = as_token(lead.member)

    assert send(client, "delete", f"{LINKS}{link.pk}/").status_code == 409
    assert send(client, "post", f"{LINKS}{link.pk}/accept/").status_code == 200
    assert send(client, "delete", f"{LINKS}{link.pk}/").status_code == 204
    assert CrossReference.objects.get().state == State.REJECTED


def test_services_ask_the_rights_themselves() -> None:
    link = suggested(make.person(make.member()))
    stranger = make.person(make.member())

    for service in (accept_link, reject_link, delete_link):
        with pytest.raises(NotAllowed):
            service(link_id=link.pk, by=stranger)
    with pytest.raises(NotAllowed):
        deciding.propose_link(
            from_ref="a",
            to_ref="b",
            link_type="related",
            by=make.person(stranger.member, role="viewer"),
        )


# Reading --------------------------------------------------------------------------------------


def test_links_are_listed_from_both_ends_newest_first(as_token: Login) -> None:
    lead = make.person(make.member())
    one, two, three = (make.incident(by=lead) for _ in range(3))
    first, second = make.link(one, two, lead), make.link(three, one, lead)

    listed = as_token(make.member()).get(f"{INCIDENTS}{one.ref}/crossrefs/").json()

    assert [link["id"] for link in listed["results"]] == [str(second.pk), str(first.pk)]


@pytest.mark.parametrize("path", ["crossrefs", "cluster"])
def test_what_hangs_on_a_withdrawn_incident_is_its_owners(as_token: Login, path: str) -> None:
    lead = make.person(make.member())
    gone = make.incident(by=lead)
    make.link(gone, make.incident(by=lead), lead)
    withdraw_incident(incident_id=gone.pk, reason="Satire.", by=lead)

    answers = [
        as_token(one).get(f"{INCIDENTS}{gone.ref}/{path}/") for one in (lead.member, make.member())
    ]

    assert [answer.status_code for answer in answers] == [200, 404]
    assert [one.get("ref") for one in answers[0].json()["results"]] == (
        [gone.ref] if path == "cluster" else []
    )


@pytest.mark.parametrize("path", ["crossrefs", "cluster"])
def test_reading_what_is_amber_is_on_record(as_token: Login, path: str) -> None:
    lead, partner = make.person(make.member()), make.member()
    green, amber = (
        make.incident(by=lead),
        make.incident(by=lead, tlp="amber", shared_with=[partner]),
    )
    make.link(green, amber, lead)

    as_token(partner).get(f"{INCIDENTS}{green.ref}/{path}/")

    assert AuditEntry.objects.get(action="incident.read").objects_named == [amber.ref]


@pytest.mark.parametrize("path", ["crossrefs", "cluster"])
def test_lists_take_as_many_queries_for_many_as_for_one(as_token: Login, path: str) -> None:
    lead = make.person(make.member())
    centre = make.incident(by=lead)
    client = as_token(make.member())
    client.get("/api/v1/me/")  # the first request notes that the token is in use

    def queries(links: int) -> int:
        for _ in range(links):
            make.link(centre, make.incident(by=lead), lead)
        with CaptureQueriesContext(connection) as captured:
            listed = client.get(f"{INCIDENTS}{centre.ref}/{path}/")
        assert len(listed.json()["results"]) >= links
        return len(captured)

    assert queries(1) == queries(12)


# Clusters -------------------------------------------------------------------------------------


def refs(client: APIClient, incident: Incident) -> set[str]:
    found = client.get(f"{INCIDENTS}{incident.ref}/cluster/").json()["results"]
    return {one["ref"] for one in found}


def chain(lead: Reader, *incidents: Incident) -> None:
    for one, other in itertools.pairwise(incidents):
        make.link(one, other, lead)


def test_a_cluster_is_what_accepted_links_hold_together(as_token: Login) -> None:
    lead = make.person(make.member())
    one, two, three, four, apart = (make.incident(by=lead) for _ in range(5))
    chain(lead, one, two, three, one)
    make.link(four, three, lead)
    make.link(apart, one, make.person(make.member()))  # proposed only

    seen = [refs(as_token(make.member()), incident) for incident in (one, four, apart)]

    together = {one.ref, two.ref, three.ref, four.ref}
    assert seen == [together, together, {apart.ref}]


@pytest.mark.parametrize("how", ["hidden", "withdrawn"])
def test_what_a_reader_may_not_see_holds_nothing_together(as_token: Login, how: str) -> None:
    lead = make.person(make.member())
    mark: dict[str, Any] = (
        {"tlp": "amber", "shared_with": [make.member()]} if how == "hidden" else {}
    )
    one, bridge, two = (
        make.incident(by=lead),
        make.incident(by=lead, **mark),
        make.incident(by=lead),
    )
    chain(lead, one, bridge, two)
    if how == "withdrawn":
        withdraw_incident(incident_id=bridge.pk, reason="Satire.", by=lead)

    assert refs(as_token(make.member()), one) == {one.ref}
    owner_sees = {one.ref, bridge.ref, two.ref} if how == "hidden" else {one.ref}
    assert refs(as_token(lead.member), one) == owner_sees


def test_a_cluster_is_read_page_by_page(as_token: Login) -> None:
    lead = make.person(make.member())
    incidents = [make.incident(by=lead) for _ in range(5)]
    chain(lead, *incidents)
    client, path, found = (
        as_token(make.member()),
        f"{INCIDENTS}{incidents[2].ref}/cluster/?limit=2",
        [],
    )

    while path:
        page = client.get(path).json()
        found += [one["ref"] for one in page["results"]]
        path = page["next"]

    assert sorted(found) == sorted(one.ref for one in incidents)


def test_words_of_models_for_their_logs() -> None:
    lead = make.person(make.member())
    link = suggested(lead)
    one = make.incident(by=lead, script="Stay at home on Tuesday and keep your vote for November.")
    make.observation(one, lead, phone={"number": "+16035550100"})
    make.suggestions()

    assert str(link) == f"{link.from_incident_id} related {link.to_incident_id}"
    assert str(link.evidence.get()).startswith("url: https://")
