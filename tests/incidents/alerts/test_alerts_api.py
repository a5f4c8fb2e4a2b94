"""REST of endpoints, their deliveries and the feed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import Member
from accounts.readers import Reader
from incidents.alerts.models import Endpoint
from incidents.core.services.filing import withdraw_incident
from tests import alerting, make

pytestmark = pytest.mark.django_db

URL = "https://hooks.example.com/alerts"


@pytest.fixture
def birch() -> Member:
    return make.member("birch")


@pytest.fixture
def client(birch: Member) -> APIClient:
    made = APIClient()
    made.credentials(HTTP_AUTHORIZATION=f"Bearer {make.token(birch).text}")
    return made


@pytest.fixture
def lead() -> Reader:
    return make.person(make.member("acme"))


def deliver(lead: Reader, *, status: int | None) -> None:
    make.incident(by=lead)
    alerting.fan_out_all()
    alerting.send_all(status=status)


def refused(client: APIClient, path: str) -> list[tuple[str, str]]:
    """Pointer and code of each error of a refusal."""
    response = client.get(f"/api/v1/{path}")
    assert response.status_code == 400
    return [(one["pointer"], one["code"]) for one in response.json()["errors"]]


def test_an_endpoint_is_made_read_changed_and_deleted(client: APIClient, birch: Member) -> None:
    made = client.post("/api/v1/endpoints/", {"url": URL}, format="json")
    assert made.status_code == 201
    shown = made.json()
    path = f"/api/v1/endpoints/{shown['id']}/"
    assert made["Location"].endswith(path)
    assert shown.pop("secret").startswith("whsec_")
    assert client.get(path).json() == shown
    assert client.get("/api/v1/endpoints/").json()["results"] == [shown]

    changed = client.patch(path, {"topics": ["crossref.accepted"]}, format="json")

    assert changed.json()["topics"] == ["crossref.accepted"]
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404
    assert Endpoint.objects.get().state == "deleted"


def test_a_delivery_is_shown_with_its_attempts(
    client: APIClient, lead: Reader, birch: Member
) -> None:
    hook = alerting.endpoint(birch)
    deliver(lead, status=500)

    (shown,) = client.get(f"/api/v1/endpoints/{hook.pk}/deliveries/").json()["results"]

    assert (shown["sequence"], shown["state"], shown["topic"]) == (
        1,
        "pending",
        "incident.published",
    )
    assert shown["next_at"] is not None
    assert [(one["number"], one["status"]) for one in shown["attempts"]] == [(1, 500)]


def test_of_a_delivery_that_was_cancelled_only_that_is_told(
    client: APIClient, lead: Reader, birch: Member
) -> None:
    hook = alerting.endpoint(birch, topics=["incident.published"])
    incident = make.incident(by=lead)
    alerting.fan_out_all()
    alerting.send_all(status=500)
    withdraw_incident(incident_id=incident.pk, reason="Satire.", by=lead)
    alerting.let_pass(minutes=5)
    alerting.send_all()

    shown = client.get(f"/api/v1/endpoints/{hook.pk}/deliveries/").json()["results"]

    assert shown == [{"sequence": 1, "state": "cancelled"}]


@pytest.mark.parametrize(
    ("query", "sequences"),
    [
        ("", [2, 1]),
        ("?sequence=2", [2]),
        (f"?sequence={10**18}", []),
        ("?state=ok", [2]),
        ("?state=ok,pending", [2, 1]),
        ("?state=dead", []),
    ],
)
def test_deliveries_are_filtered(
    client: APIClient, lead: Reader, birch: Member, query: str, sequences: list[int]
) -> None:
    hook = alerting.endpoint(birch)
    deliver(lead, status=500)
    deliver(lead, status=204)

    shown = client.get(f"/api/v1/endpoints/{hook.pk}/deliveries/{query}").json()["results"]

    assert [one["sequence"] for one in shown] == sequences


def test_what_cannot_be_asked_of_deliveries_is_refused(client: APIClient, birch: Member) -> None:
    path = f"endpoints/{alerting.endpoint(birch).pk}/deliveries/"

    assert refused(client, f"{path}?sequence=two")[0][0] == "/sequence"
    assert refused(client, f"{path}?sequence={10**20}")[0][0] == "/sequence"
    assert refused(client, f"{path}?state=lost") == [("/state", "unknown_value")]


@pytest.mark.parametrize("name", ["01a20447-cd2a-73f6-98ca-151a39353d51", "nonsense"])
def test_deliveries_of_no_endpoint_of_one_s_own_are_absent(client: APIClient, name: str) -> None:
    assert client.get(f"/api/v1/endpoints/{name}/deliveries/").status_code == 404


def test_deliveries_cost_as_many_queries_for_many_as_for_one(
    client: APIClient, lead: Reader, birch: Member
) -> None:
    path = f"/api/v1/endpoints/{alerting.endpoint(birch).pk}/deliveries/"
    deliver(lead, status=204)
    client.get(path)
    counts: list[tuple[int, int]] = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            shown: list[Any] = client.get(path).json()["results"]
        counts.append((len(shown), len(captured)))
        deliver(lead, status=204)
        deliver(lead, status=204)

    assert counts == [(1, counts[0][1]), (3, counts[0][1])]


def test_the_feed_is_served_from_a_cursor_on(client: APIClient, lead: Reader) -> None:
    refs = [make.incident(by=lead).ref for _ in range(2)]
    alerting.place_all()

    first = client.get("/api/v1/events/?limit=1").json()
    rest = client.get(f"/api/v1/events/?after={first['cursor']}&topics=incident.published").json()

    shown = [item["data"]["incident"]["ref"] for item in first["results"] + rest["results"]]
    assert shown == refs
    assert client.get("/api/v1/events/?own=true&topics=member.left").json()["results"] == []


def test_what_cannot_be_asked_of_the_feed_is_refused(client: APIClient) -> None:
    assert refused(client, "events/?own=yes")[0][0] == "/own"
    assert refused(client, "events/?after=nonsense") == [("/after", "invalid_cursor")]
    assert refused(client, "events/?topics=nonsense") == [("/topics", "unknown_value")]


def test_endpoints_are_for_admins(birch: Member) -> None:
    analyst = APIClient()
    analyst.force_login(make.user(birch, role="analyst"))
    hook = alerting.endpoint(birch)

    paths = ["endpoints/", f"endpoints/{hook.pk}/", f"endpoints/{hook.pk}/deliveries/"]

    assert [analyst.get(f"/api/v1/{path}").status_code for path in paths] == [403] * 3
