from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import clear_url_caches
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from hub.api.schema_view import openapi_document

pytestmark = pytest.mark.urls("tests.hub.api.notes")


@pytest.fixture
def document() -> Any:
    clear_url_caches()
    openapi_document.cache_clear()
    yield Client().get("/api/v1/schema/").json()
    openapi_document.cache_clear()


def test_the_schema_is_valid_openapi_3_1_and_made_without_a_doubt(document: Any) -> None:
    validate_schema(document)

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
    assert set(create["201"]["headers"]) == {"ETag", "Location", "X-Request-Id"}
    problem = resolve(document, create["400"]["content"]["application/problem+json"]["schema"])
    assert set(problem["properties"]) == {"type", "title", "status", "detail", "code", "errors"}
    assert sorted(create) == ["201", "400", "401", "403", "409", "413", "415", "422", "429", "503"]
    page = listing["200"]["content"]["application/json"]["schema"]
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
    assert set(document["components"]["securitySchemes"]) == {"token", "session"}


def resolve(document: Any, schema: Any) -> Any:
    name = schema["$ref"].rsplit("/", 1)[1]
    return document["components"]["schemas"][name]
