"""Every route and method, tried by every kind of caller: what it answers, and what it leaves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.db import connection, transaction
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from accounts.models import Member, MemberStatus, TokenScope
from accounts.roles import Role, rank_of
from incidents.alerts.services.endpoints import create_endpoint
from incidents.core.models import SavedFilter
from tests import make

READ, WRITE, FEED = "incidents:read", "incidents:write", "feed:read"
MEMBERS, HOOKS = "members:read", "webhooks:admin"
ANY, PUBLIC = "any", "public"


class Route(NamedTuple):
    """One line of the contract: who may do it, and what others are told."""

    method: str
    path: str
    scope: str
    role: Role
    """The lowest that may."""
    success: int
    other: int
    """Another organisation of the community, with every scope."""
    outside: int
    """An organisation outside the community, which green incidents are not for."""
    body: Any = None
    if_match: bool = False


VIEWER, ANALYST, LEAD, ADMIN = Role
HOOK = {"url": "https://hooks.example.org/1"}
PUBLISHED = {"title": "New", "tlp": "green", "publish": True}
TAGS = ['tag:"robocall"']
APPLIED = {"incidents": ["{green}"], "add": TAGS}
REDACTED = {"texts": ["cloned"], "reason": "A mistake."}
SEEN = {"platform": "A forum"}
KEPT = {"name": "Ours", "query": {"q": "voice"}}
FILTER = "saved-filters/{filter}/"
GROUP, ENDPOINT = "sharing-groups/{group}/", "endpoints/{endpoint}/"
LINK = {"from": "{green}", "to": "{mate}", "type": "variant_of"}
CROSSREF = "crossrefs/{link}/"
GREEN, DRAFT = "incidents/{green}/", "incidents/{draft}/"

MATRIX = (
    Route("get", "me/", ANY, VIEWER, 200, 200, 200),
    Route("get", "members/", MEMBERS, VIEWER, 200, 200, 200),
    Route("get", "members/{member}/", MEMBERS, VIEWER, 200, 200, 200),
    Route("get", "vocabularies/", READ, VIEWER, 200, 200, 200),
    Route("get", "vocabularies/tag/", READ, VIEWER, 200, 200, 200),
    Route("get", "elections/", READ, VIEWER, 200, 200, 200),
    Route("get", "sharing-groups/", READ, VIEWER, 200, 200, 200),
    Route("post", "sharing-groups/", WRITE, LEAD, 201, 201, 403, {"name": "New"}),
    Route("get", GROUP, READ, VIEWER, 200, 404, 404),
    Route("patch", GROUP, WRITE, LEAD, 200, 404, 404, {"name": "New"}),
    Route("delete", GROUP, WRITE, LEAD, 204, 404, 404),
    Route("get", "saved-filters/", READ, VIEWER, 200, 200, 200),
    Route("post", "saved-filters/", WRITE, VIEWER, 201, 201, 403, KEPT),
    Route("get", FILTER, READ, VIEWER, 200, 404, 404),
    Route("patch", FILTER, WRITE, ANALYST, 200, 404, 404, {"name": "New"}),
    Route("delete", FILTER, WRITE, ANALYST, 204, 404, 404),
    Route("get", "incidents/", READ, VIEWER, 200, 200, 200),
    Route("post", "incidents/", WRITE, ANALYST, 201, 201, 403, {"title": "New"}),
    Route("post", "incidents/", WRITE, LEAD, 201, 201, 403, PUBLISHED),
    Route("get", GREEN, READ, VIEWER, 200, 200, 404),
    Route("get", DRAFT, READ, VIEWER, 200, 404, 404),
    Route("patch", GREEN, WRITE, ANALYST, 200, 403, 404, {"title": "New"}, if_match=True),
    Route("patch", DRAFT, WRITE, ANALYST, 200, 404, 404, {"title": "New"}, if_match=True),
    Route("post", f"{DRAFT}publish/", WRITE, LEAD, 200, 404, 404),
    Route("post", f"{GREEN}withdraw/", WRITE, LEAD, 200, 403, 404, {"reason": "Satire."}),
    Route("put", f"{GREEN}tags/", WRITE, ANALYST, 200, 403, 404, TAGS, if_match=True),
    Route("post", f"{GREEN}redact/", WRITE, LEAD, 200, 403, 404, REDACTED),
    Route("post", f"{GREEN}merge/", WRITE, LEAD, 200, 403, 404, {"into": "{mate}"}),
    Route("delete", DRAFT, WRITE, ANALYST, 204, 404, 404),
    Route("delete", GREEN, WRITE, ANALYST, 409, 403, 404),
    Route("get", "tags/", READ, VIEWER, 200, 200, 200),
    Route("post", "tags/apply/", WRITE, ANALYST, 200, 403, 403, APPLIED),
    Route("get", f"{GREEN}history/", READ, VIEWER, 200, 200, 404),
    Route("get", f"{DRAFT}history/", READ, VIEWER, 200, 404, 404),
    Route("get", f"{GREEN}observations/", READ, VIEWER, 200, 200, 404),
    Route("post", f"{GREEN}observations/", WRITE, ANALYST, 201, 201, 404, SEEN),
    Route("get", f"{DRAFT}observations/", READ, VIEWER, 200, 404, 404),
    Route("post", f"{DRAFT}observations/", WRITE, ANALYST, 201, 404, 404, SEEN),
    Route("get", GREEN + "observations/{observation}/", READ, VIEWER, 200, 200, 404),
    Route("get", f"{GREEN}crossrefs/", READ, VIEWER, 200, 200, 404),
    Route("get", f"{GREEN}cluster/", READ, VIEWER, 200, 200, 404),
    Route("post", "crossrefs/", WRITE, ANALYST, 201, 201, 403, LINK),
    Route("get", CROSSREF, READ, VIEWER, 200, 200, 404),
    Route("post", f"{CROSSREF}accept/", WRITE, LEAD, 200, 403, 404),
    Route("post", f"{CROSSREF}reject/", WRITE, LEAD, 200, 403, 404),
    Route("delete", CROSSREF, WRITE, LEAD, 204, 403, 404),
    Route("get", "endpoints/", HOOKS, ADMIN, 200, 200, 200),
    Route("post", "endpoints/", HOOKS, ADMIN, 201, 201, 201, HOOK),
    Route("get", ENDPOINT, HOOKS, ADMIN, 200, 404, 404),
    Route("patch", ENDPOINT, HOOKS, ADMIN, 200, 404, 404, {"topics": ["member.joined"]}),
    Route("delete", ENDPOINT, HOOKS, ADMIN, 204, 404, 404),
    Route("get", f"{ENDPOINT}deliveries/", HOOKS, ADMIN, 200, 404, 404),
    Route("get", "events/", FEED, VIEWER, 200, 200, 200),
    Route("get", "asyncapi/", PUBLIC, VIEWER, 200, 200, 200),
    Route("get", "schemas/{topic}/", PUBLIC, VIEWER, 200, 200, 200),
    Route("get", "schemas/{topic}/item/", PUBLIC, VIEWER, 200, 200, 200),
    Route("get", "schema/", PUBLIC, VIEWER, 200, 200, 200),
)
"""The contract's table of paths and the policy's of roles, of what `acme` has filed."""

Told = tuple[int, str]
"""Status and code of an answer."""

UNCHANGED = """
SELECT md5(string_agg(kept, ';' ORDER BY kept)) FROM (
    SELECT 'incident' || t::text AS kept FROM incidents_incident AS t
    UNION ALL SELECT 'version' || t::text FROM incidents_incidentversion AS t
    UNION ALL SELECT 'audience' || t::text FROM incidents_audience AS t
    UNION ALL SELECT 'observation' || t::text FROM incidents_observation AS t
    UNION ALL SELECT 'link' || t::text FROM crossrefs_crossreference AS t
    UNION ALL SELECT 'evidence' || t::text FROM crossrefs_evidence AS t
    UNION ALL SELECT 'disclosure' || t::text FROM incidents_disclosure AS t
    UNION ALL SELECT 'group' || t::text FROM sharing_sharinggroup AS t
    UNION ALL SELECT 'membership' || t::text FROM sharing_membership AS t
    UNION ALL SELECT 'filter' || t::text FROM incidents_savedfilter AS t
    UNION ALL SELECT 'endpoint' || t::text FROM alerts_endpoint AS t
    UNION ALL SELECT 'delivery' || t::text FROM alerts_delivery AS t
    UNION ALL SELECT 'event' || t::text FROM outbox_event AS t
    UNION ALL SELECT 'recipient' || t::text FROM outbox_eventrecipient AS t
    UNION ALL SELECT 'answer' || t::text FROM api_idempotentanswer AS t
    UNION ALL SELECT 'member' || t::text FROM accounts_member AS t
    UNION ALL SELECT 'user' || t::text FROM accounts_user AS t
) AS everything
"""
"""All that is kept but the audit log, which denied attempts enter, and what counts requests."""


class Place(NamedTuple):
    """What the routes are tried on."""

    owner: Member
    names: dict[str, str]
    etags: dict[str, str]


@pytest.fixture
def place(db: None) -> Place:
    owner = make.member("acme")
    lead = make.person(owner)
    green = make.incident(by=lead)
    draft = make.incident(by=lead, publish=False)
    mate = make.incident()
    names = {
        "mate": mate.ref,
        "link": str(make.link(green, mate, make.person(mate.owner)).pk),
        "topic": "incident.published",
        "member": owner.slug,
        "green": green.ref,
        "draft": draft.ref,
        "group": str(make.group(owner).pk),
        "observation": str(make.observation(green, lead).pk),
        "filter": str(SavedFilter.objects.create(member=owner, name="All").pk),
        "endpoint": str(create_endpoint(member_id=owner.pk, url=HOOK["url"]).endpoint.pk),
    }
    reader = by_token(owner)
    etags = {ref: reader.get(f"/api/v1/incidents/{ref}/")["ETag"] for ref in (green.ref, draft.ref)}
    return Place(owner, names, etags)


def by_token(member: Member, *scopes: str) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make.token(member, *scopes).text}")
    return client


def by_session(member: Member, role: Role) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.force_login(make.user(member, role=role))
    return client


def suspended(member: Member) -> Member:
    Member.objects.filter(pk=member.pk).update(status=MemberStatus.SUSPENDED)
    return member


def unchanged() -> str:
    with connection.cursor() as cursor:
        cursor.execute(UNCHANGED)
        (digest,) = cursor.fetchone()
    return str(digest)


def tried(client: APIClient, place: Place, route: Route) -> tuple[int, str, bool]:
    """Status and code of the answer, and whether anything changed; all of it is undone."""
    path = "/api/v1/" + route.path.format(**place.names)
    etag = next((tag for ref, tag in place.etags.items() if ref in path), "")
    before = unchanged()
    with transaction.atomic():
        response = getattr(client, route.method)(
            path,
            data=None if route.body is None else sent(route.body, place),
            content_type="application/json",
            headers={"If-Match": etag} if route.if_match else {},
        )
        is_changed = unchanged() != before
        transaction.set_rollback(True)
    code = response.json().get("code", "") if response.status_code >= 400 else ""
    return response.status_code, code, is_changed


def sent(body: Any, place: Place) -> str:
    """The body of a route, with its names filled in."""
    text = json.dumps(body)
    for name, value in place.names.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def differing(client: APIClient, place: Place, expected: list[tuple[Route, Told]]) -> list[str]:
    """What is not as expected, in words; what is refused must also change nothing."""
    found = []
    for route, (status, code) in expected:
        answer = tried(client, place, route)
        changes = status < 400 and route.method != "get"
        if answer != (status, code, changes):
            found.append(f"{route.method} {route.path} {route.body}: {answer}, not {status} {code}")
    return found


CODES = {
    401: "not_authenticated",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
}


def told(status: int) -> Told:
    return status, CODES.get(status, "")


def test_without_a_good_credential_nothing_is_served(place: Place) -> None:
    gone = suspended(make.member())
    mistyped, token = APIClient(), make.token(place.owner).text
    other = "x" if token[-1] != "x" else "y"
    mistyped.credentials(HTTP_AUTHORIZATION=f"Bearer {token[:-1]}{other}")
    strangers = [APIClient(), mistyped, by_token(gone), by_session(gone, ADMIN)]
    expected = [(route, told(200 if route.scope == PUBLIC else 401)) for route in MATRIX]

    answers = [differing(client, place, expected) for client in strangers]

    assert answers == [[], [], [], []]


@pytest.mark.parametrize("scope", TokenScope.values)
def test_a_token_opens_what_its_scope_names(place: Place, scope: str) -> None:
    missing = (403, "scope_missing")
    expected = [
        (route, told(route.success) if route.scope in {scope, ANY, PUBLIC} else missing)
        for route in MATRIX
    ]

    assert differing(by_token(place.owner, scope), place, expected) == []


@pytest.mark.parametrize("role", Role)
def test_a_person_does_what_their_role_may(place: Place, role: Role) -> None:
    expected = [
        (route, told(route.success if rank_of(role) >= rank_of(route.role) else 403))
        for route in MATRIX
    ]

    assert differing(by_session(place.owner, role), place, expected) == []


def test_another_organisation_sees_what_is_shared_and_changes_nothing(place: Place) -> None:
    expected = [(route, told(route.other)) for route in MATRIX]

    assert differing(by_token(make.member()), place, expected) == []


def test_another_organisations_viewer_is_told_first_what_is_not_there(place: Place) -> None:
    expected = [
        (route, told(route.other if route.role == VIEWER else max(route.other, 403)))
        for route in MATRIX
    ]

    assert differing(by_session(make.member(), VIEWER), place, expected) == []


def test_an_organisation_outside_the_community_reads_what_is_for_it(place: Place) -> None:
    expected = [(route, told(route.outside)) for route in MATRIX]

    assert differing(by_token(make.member(kind="regulator")), place, expected) == []


def test_other_methods_are_refused_by_name(place: Place) -> None:
    offered = {(route.method, shape(fill(route.path))) for route in MATRIX}
    expected = [
        (Route(method, path, ANY, VIEWER, 405, 405, 405), told(405))
        for path in sorted({route.path for route in MATRIX})
        for method in ("get", "post", "put", "patch", "delete", "options")
        if (method, shape(fill(path))) not in offered
    ]

    assert differing(by_token(place.owner), place, expected) == []


def test_the_matrix_names_every_route_and_method() -> None:
    served = {
        (method, pattern)
        for pattern, methods in routes(get_resolver().url_patterns)
        for method in methods
        if pattern.startswith("api/v1/")
    }
    tried = {(route.method, "api/v1/" + fill(route.path)) for route in MATRIX}

    assert {(method, shape(path)) for method, path in served} == {
        (method, shape(path)) for method, path in tried
    }


def fill(path: str) -> str:
    """A path of the matrix, with its names as URL patterns write them."""
    return path.replace("{", "<").replace("}", ">")


def routes(
    patterns: list[URLPattern | URLResolver], above: str = ""
) -> Iterator[tuple[str, list[str]]]:
    for pattern in patterns:
        path = above + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path)
        else:
            actions = getattr(pattern.callback, "actions", {})
            yield path, [method for method in actions if method != "head"]


def shape(path: str) -> str:
    """The path with every name in it left out."""
    parts = ["*" if part.startswith("<") or part == "tag" else part for part in path.split("/")]
    return "/".join(parts)
