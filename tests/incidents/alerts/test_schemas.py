"""JSON Schemas of alerts and the AsyncAPI document: served to all, and strict.

That what is sent conforms to them is asked of every alert in these tests: see `alerting.said`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped] # it ships no types
from rest_framework.test import APIClient

from accounts.models import MemberStatus
from accounts.readers import Reader
from accounts.services.members import change_member_status, create_member
from hub.api.json_schemas import COMPONENTS, Definitions
from incidents.alerts.asyncapi import asyncapi_document
from incidents.alerts.feed import feed_page
from incidents.alerts.outputs import FeedItem
from incidents.alerts.schemas import item_schema, webhook_schema
from incidents.alerts.services.endpoints import disable_endpoint
from incidents.alerts.topics import TOPICS
from incidents.core.services.filing import withdraw_incident
from incidents.crossrefs.services.deciding import accept_link
from tests import alerting, make

Json = dict[str, Any]

BOTH = [(name, kind) for name in TOPICS for kind in ("", "item/")]


def schema_of(topic: str, kind: str) -> Json:
    return item_schema(topic) if kind else webhook_schema(topic)


@pytest.mark.django_db
@pytest.mark.parametrize(("topic", "kind"), BOTH)
def test_each_topic_has_schemas_that_anybody_may_fetch(topic: str, kind: str) -> None:
    path = f"/api/v1/schemas/{topic}/{kind}"

    first, again = APIClient().get(path), APIClient().get(path)

    schema = first.json()
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].endswith(path)
    assert schema["properties"]["type"] == {"const": topic}
    assert first.content == again.content
    unchanged = APIClient().get(path, headers={"If-None-Match": first["ETag"]})
    assert unchanged.status_code == 304


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["incident.vanished/", "endpoint.test/", "incident.vanished/item/"]
)
def test_what_is_no_topic_has_none(path: str) -> None:
    assert APIClient().get(f"/api/v1/schemas/{path}").status_code == 404


@pytest.mark.parametrize(("topic", "kind"), BOTH)
def test_a_schema_carries_what_it_refers_to_and_nothing_else(topic: str, kind: str) -> None:
    schema = schema_of(topic, kind)

    named = {ref.removeprefix("#/$defs/") for ref in references(schema)}

    assert named == set(schema["$defs"])
    assert not any(ref.startswith(COMPONENTS) for ref in references(schema))


def references(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for one in node:
            yield from references(one)
    elif isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for one in node.values():
            yield from references(one)


@pytest.fixture
def told(db: None) -> dict[tuple[str, str], Json]:
    """An alert and an item of every topic, each of them as it is sent and shown."""
    acme, birch = make.person(make.member("acme")), make.person(make.member("birch"))
    cedar = make.member("cedar")
    alerting.endpoint(cedar)
    incident = make.incident(by=acme)
    make.observation(incident, acme, phone={"number": "+1 603 555 0100"}, reach={"views": 7})
    one, other = make.incident(by=birch), make.incident(by=acme, references=[CITED])
    make.observation(other, birch)
    link = make.link(one, other, birch)
    alerts: dict[tuple[str, str], Json] = {}
    send(alerts)
    accept_link(link_id=link.pk, by=acme)
    alerting.change(incident, acme, title="Newer")
    send(alerts)
    group = make.group(acme.member, cedar)
    alerting.change(incident, acme, tlp="amber", audiences=make.audience(group, birch.member))
    alerting.change(incident, acme, tlp="amber", audiences=make.audience(birch.member))
    send(alerts)
    alerting.change(incident, acme, tlp="amber", audiences=make.audience(birch.member, cedar))
    send(alerts)
    withdraw_incident(incident_id=incident.pk, reason="Satire.", by=acme)
    create_member(slug="elder", name="Elder")
    joined = create_member(slug="dogwood", name="Dogwood")
    send(alerts)
    change_member_status(member_id=joined.pk, status=MemberStatus.LEFT)
    disable_endpoint(endpoint_id=alerting.endpoint(cedar).pk, reason="test")
    send(alerts)
    alerting.place_all()
    shown = alerting.conforming(feed_page(Reader(cedar, None), limit=200))
    return alerts | {(item["type"], "item/"): item for item in shown.items}


CITED = {"url": "https://news.example.org/1", "title": "Read", "publisher": {"name": "News"}}


def send(alerts: dict[tuple[str, str], Json]) -> None:
    alerting.fan_out_all()
    while sendings := alerting.send_all():
        for sending in sendings:
            body = alerting.said(sending)
            alerts[body["type"], ""] = body


def test_every_topic_is_told_and_shown_as_its_schemas_have_it(
    told: dict[tuple[str, str], Json],
) -> None:
    assert set(told) == set(BOTH)
    for (topic, kind), body in told.items():
        assert list(Draft202012Validator(schema_of(topic, kind)).iter_errors(body)) == []


def test_each_schema_refuses_every_other_shape(told: dict[tuple[str, str], Json]) -> None:
    for (topic, kind), body in told.items():
        validator = Draft202012Validator(schema_of(topic, kind))
        passed = [one for one in changed(body) if validator.is_valid(one)]
        assert passed == [], (topic, kind)
        strangers = [other for name, other in told.items() if name != (topic, kind)]
        assert not any(validator.is_valid(other) for other in strangers)


def changed(body: Json) -> Iterator[Json]:
    """The body with a member too many or too few, or with another mark, at every level."""
    subject = next(name for name in reversed(body["data"]) if name not in {"cursor", "version"})
    for path in ([], ["data"], ["data", subject]):
        if isinstance(at(body, path), dict):
            with_more = copy.deepcopy(body)
            at(with_more, path)["unheard_of"] = 1
            yield with_more
    for path in ([], ["data"]):
        for name in at(body, path):
            with_less = copy.deepcopy(body)
            del at(with_less, path)[name]
            yield with_less
    if isinstance(body["data"][subject], dict) and "tlp" in body["data"][subject]:
        red = copy.deepcopy(body)
        red["data"][subject]["tlp"] = "red"
        yield red


def at(body: Json, path: list[str]) -> Any:
    for name in path:
        body = body[name]
    return body


def test_a_whole_incident_that_is_amber_is_refused(told: dict[tuple[str, str], Json]) -> None:
    body = copy.deepcopy(told["incident.published", ""])
    validator = Draft202012Validator(webhook_schema("incident.published"))
    assert validator.is_valid(body)

    body["data"]["incident"]["tlp"] = "amber"

    assert not validator.is_valid(body)


def test_the_example_of_an_item_in_the_documentation_conforms() -> None:
    Draft202012Validator(item_schema("incident.published")).validate(FeedItem.example)


def test_definitions_keep_what_they_are_given() -> None:
    definitions = Definitions()

    assert definitions.add("Word", {"type": "string"}) == {"$ref": "#/components/schemas/Word"}
    assert definitions.schemas == {"Word": {"type": "string"}}


# AsyncAPI ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_asyncapi_document_is_the_same_for_all() -> None:
    anonymous = APIClient().get("/api/v1/asyncapi/")
    known = APIClient()
    known.credentials(HTTP_AUTHORIZATION=f"Bearer {make.token(make.member()).text}")

    assert anonymous.status_code == 200
    assert anonymous.content == known.get("/api/v1/asyncapi/").content
    assert anonymous.json() == asyncapi_document()
    again = APIClient().get("/api/v1/asyncapi/", headers={"If-None-Match": anonymous["ETag"]})
    assert again.status_code == 304


def test_the_asyncapi_document_leads_from_operations_to_channels_to_messages() -> None:
    document = asyncapi_document()

    assert document["asyncapi"] == "3.0.0"
    assert {"info", "servers", "channels", "operations", "components"} <= set(document)
    assert {one["action"] for one in document["operations"].values()} == {"send", "receive"}
    for channel in document["channels"].values():
        assert set(channel) <= {"address", "title", "description", "servers", "messages"}
    assert [ref for ref in references(document) if resolved(document, ref) is None] == []
    unused = set(document["components"]["schemas"]) - {
        ref.removeprefix(COMPONENTS) for ref in references(document)
    }
    assert unused == set()


def resolved(document: Json, ref: str) -> Any:
    node: Any = document
    for name in ref.removeprefix("#/").split("/"):
        node = node.get(name, {})
    return node or None


def test_its_messages_are_the_topics_with_the_schemas_that_are_served() -> None:
    document = asyncapi_document()

    channel = document["channels"]["webhooks"]
    assert list(channel["messages"]) == list(TOPICS)
    for topic in TOPICS:
        message = resolved(document, channel["messages"][topic]["$ref"])
        payload = resolved(document, message["payload"]["$ref"])
        assert set(message["headers"]["required"]) == {
            "webhook-id", "webhook-timestamp", "webhook-signature",
        }  # fmt: skip
        assert payload["properties"]["type"] == {"const": topic}
    page = resolved(document, document["channels"]["feed"]["messages"]["page"]["$ref"])["payload"]
    items = [
        resolved(document, one["$ref"]) for one in page["properties"]["results"]["items"]["anyOf"]
    ]
    assert [item["properties"]["type"]["const"] for item in items] == list(TOPICS)
