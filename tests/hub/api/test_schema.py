from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import clear_url_caches
from drf_spectacular.drainage import GENERATOR_STATS
from openapi_spec_validator import validate
from pytest_django.fixtures import Settings

from hub.api.schema.examples import UNKNOWN
from hub.api.schema_view import openapi_document

pytestmark = pytest.mark.urls("tests.hub.api.notes")


@pytest.fixture
def document() -> Any:
    clear_url_caches()
    return Client().get("/api/v1/schema/").json()


def test_the_schema_is_valid_openapi_3_1_and_made_without_a_doubt(document: Any) -> None:
    validate(document)

    assert document["openapi"].startswith("3.1")
    assert not GENERATOR_STATS


def test_it_needs_no_credential_and_is_the_same_for_all(writer: Client, document: Any) -> None:
    anonymous = Client().get("/api/v1/schema/")
    known = writer.get("/api/v1/schema/")

    assert anonymous.content == known.content
    etag = anonymous.headers["ETag"]
    again = Client().get("/api/v1/schema/", headers={"If-None-Match": etag})
    assert again.status_code == 304
    assert Client().post("/api/v1/schema/").status_code == 405


@pytest.mark.parametrize(
    ("rate", "burst", "words"),
    [
        ("1200/m", 200, "1,200 requests a minute and token, 200 of them at once;"),
        ("20/s", 5, "20 requests a second and token, 5 of them at once;"),
        ("1/h", 1000, "1 request an hour and token, 1,000 of them at once;"),
    ],
)
def test_it_tells_the_limits_in_force(
    settings: Settings, rate: str, burst: int, words: str
) -> None:
    settings.HUB_RATE_TOKEN = rate
    settings.HUB_RATE_TOKEN_BURST = burst
    openapi_document.cache_clear()

    description = openapi_document()["info"]["description"]
    openapi_document.cache_clear()

    assert words in description
    assert "{limit}" not in description


def test_it_names_every_path_and_method(document: Any) -> None:
    methods = {
        path: sorted(set(operations) - {"parameters"})
        for path, operations in document["paths"].items()
    }

    assert methods["/api/v1/notes/"] == ["get", "post"]
    assert methods["/api/v1/notes/{id}/"] == ["delete", "get", "patch"]
    assert methods["/api/v1/notes/{id}/lock/"] == ["post"]
    assert "/api/v1/schema/" not in methods
    ids = [
        operation["operationId"]
        for operations in document["paths"].values()
        for operation in operations.values()
    ]
    assert len(ids) == len(set(ids))


def test_bodies_carry_the_limits_that_are_enforced(document: Any) -> None:
    create = document["paths"]["/api/v1/notes/"]["post"]
    body = resolve(document, create["requestBody"]["content"]["application/json"]["schema"])

    assert list(create["requestBody"]["content"]) == ["application/json"]
    assert body["required"] == ["title"]
    assert body["properties"]["title"]["maxLength"] == 20
    assert body["properties"]["rank"] == {"type": "integer", "minimum": 0, "maximum": 9}
    assert body["properties"]["tags"]["maxItems"] == 3
    assert body["properties"]["tags"]["items"]["maxLength"] == 10
    links = body["properties"]["links"]
    assert (links["type"], links["maxItems"]) == ("array", 2)
    assert set(resolve(document, links["items"])["properties"]) == {"url", "kind"}
    patch = document["paths"]["/api/v1/notes/{id}/"]["patch"]
    assert set(patch["requestBody"]["content"]) == {
        "application/json",
        "application/merge-patch+json",
    }
    assert body["additionalProperties"] is False
    assert "updated_at" not in body["properties"]
    assert body["properties"]["weight"]["maximum"] == 1
    assert "requestBody" not in document["paths"]["/api/v1/notes/{id}/lock/"]["post"]
    ranks = document["paths"]["/api/v1/notes/ranks/"]["put"]["requestBody"]["content"]
    assert ranks["application/json"]["schema"]["type"] == "array"


def test_answers_are_described_with_their_errors(document: Any) -> None:
    create = document["paths"]["/api/v1/notes/"]["post"]["responses"]
    listing = document["paths"]["/api/v1/notes/"]["get"]["responses"]

    shape = resolve(document, create["201"]["content"]["application/json"]["schema"])
    assert set(shape["properties"]) == {"id", "title", "colour", "rank"}
    assert set(create["201"]["headers"]) == {
        "ETag",
        "Location",
        "Idempotency-Replayed",
        "X-Request-Id",
    }
    refusal = resolve(document, create["400"])
    problem = resolve(document, refusal["content"]["application/problem+json"]["schema"])
    assert set(problem["properties"]) == {"type", "title", "status", "detail", "code", "errors"}
    statuses = "201 400 401 403 406 409 411 413 414 415 422 429 431 503"
    assert list(create) == statuses.split()
    page = resolve(document, listing["200"]["content"]["application/json"]["schema"])
    assert page["required"] == ["results", "next", "previous"]


def test_parameters_and_credentials_are_described(document: Any) -> None:
    listing = document["paths"]["/api/v1/notes/"]["get"]
    patch = document["paths"]["/api/v1/notes/{id}/"]["patch"]
    create = document["paths"]["/api/v1/notes/"]["post"]

    names = {parameter["name"] for parameter in listing["parameters"]}
    assert names == {"colour", "limit", "cursor", "ordering"}
    required = {p["name"] for p in patch["parameters"] if p.get("required")}
    assert required == {"id", "If-Match"}
    assert {p["name"] for p in create["parameters"]} == {"Idempotency-Key"}
    assert listing["security"] == [{"token": ["notes:read"]}, {"session": []}]
    assert create["security"] == [{"token": ["notes:write"]}, {"session": [], "csrf": []}]
    assert set(document["components"]["securitySchemes"]) == {"token", "session", "csrf"}


def test_what_is_not_said_is_made_up_of_what_is(document: Any) -> None:
    notes = document["paths"]["/api/v1/notes/"]
    one = document["paths"]["/api/v1/notes/{id}/"]
    create, lock = notes["post"], document["paths"]["/api/v1/notes/{id}/lock/"]["post"]

    assert (notes["get"]["summary"], create["summary"]) == ("List notes", "Create a note")
    assert [one[method]["summary"] for method in ("get", "patch", "delete")] == [
        "Read a note",
        "Change a note",
        "Delete a note",
    ]
    assert lock["summary"] == "Lock a note"
    assert create["description"].split("\n\n") == [
        "The answer is the whole object as GET shows it, with its address in `Location`.",
        "Notes of the caller's organisation.",
        "A token needs the scope `notes:write`.",
    ]
    echo = document["paths"]["/api/v1/notes/echo/"]["post"]
    assert echo["description"].endswith("Any valid token will do.")
    sent = create["requestBody"]["content"]["application/json"]["example"]
    assert sent["colour"] == "red"
    assert sent["links"] == [{"url": "https://hooks.farwire.example/deepfakes", "kind": "red"}]
    assert sent["place"] == {"city": UNKNOWN, "seen": "2026-11-22T20:04:00Z"}
    assert "updated_at" not in sent
    shown = create["responses"]["201"]["content"]["application/json"]["example"]
    assert set(shown) == {"id", "title", "colour", "rank"}


def test_values_are_listed_where_they_are_few(document: Any) -> None:
    members = document["components"]["schemas"]["NoteInput"]["properties"]

    assert members["colour"] == {"type": "string", "enum": ["red", "green", "blue"]}
    assert members["shade"]["oneOf"] == [
        {"type": "string", "enum": ["dark", "light"]},
        {"type": "null"},
    ]
    assert members["paint"] == {"type": "string"}


def test_what_needs_no_credential_says_so(document: Any) -> None:
    shown = document["paths"]["/api/v1/board/"]["get"]

    assert "security" not in shown
    assert set(shown["responses"]) == {"200", "304", "400", "406", "414", "431", "503"}
    assert shown["description"] == "What hangs on the wall."


def resolve(document: Any, part: Any) -> Any:
    for step in part["$ref"].removeprefix("#/").split("/"):
        document = document[step]
    return document
