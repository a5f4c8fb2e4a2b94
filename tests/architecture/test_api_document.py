"""The OpenAPI document says of every operation all that a stranger needs to call it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.conf import settings
from drf_spectacular.drainage import GENERATOR_STATS
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from accounts.models import TokenScope
from hub.api.schema.examples import UNKNOWN
from hub.api.schema_view import openapi_document

ROOT = Path(__file__).resolve().parents[2]
BY_THE_SERVER = ("414", "431")
"""Answered before the hub sees the request."""
WRITES = ("post", "put", "patch", "delete")
BODIES = ("post", "put", "patch")


class Operation(NamedTuple):
    """One method of one path."""

    name: str
    method: str
    path: str
    said: dict[str, Any]

    @property
    def all_parameters(self) -> list[dict[str, Any]]:
        given: list[dict[str, Any]] = self.said.get("parameters", [])
        return given

    def parameters(self, place: str) -> dict[str, dict[str, Any]]:
        return {one["name"]: one for one in self.all_parameters if one["in"] == place}


def document() -> dict[str, Any]:
    # As it is sent: lazy texts are texts, tuples are lists.
    made: dict[str, Any] = json.loads(json.dumps(openapi_document(), default=str))
    return made


DOCUMENT = document()


def operations() -> list[Operation]:
    return [
        Operation(f"{method.upper()} {path}", method, path, said)
        for path, methods in DOCUMENT["paths"].items()
        for method, said in methods.items()
    ]


every_operation = pytest.mark.parametrize("operation", operations(), ids=lambda one: one.name)


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """What a reference leads to."""
    if "$ref" not in part:
        return part
    found: Any = DOCUMENT
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    assert isinstance(found, dict)
    return found


def faults(value: Any, schema: dict[str, Any]) -> list[str]:
    """What keeps a value from being what the schema says."""
    whole = {**schema, "components": DOCUMENT["components"]}
    return [
        f"{fault.json_path}: {fault.message}" for fault in OAS31Validator(whole).iter_errors(value)
    ]


def contents(operation: Operation) -> Iterator[tuple[str, dict[str, Any]]]:
    """Bodies that are sent or answered, refusals apart."""
    body = operation.said.get("requestBody", {"content": {}})
    for media_type, content in body["content"].items():
        yield f"request as {media_type}", content
    for status, answer in operation.said["responses"].items():
        if status.startswith("2"):
            for content in answer.get("content", {}).values():
                yield status, content


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def test_the_document_is_valid_and_was_made_without_a_doubt() -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []
    assert not GENERATOR_STATS


def test_its_bytes_do_not_depend_on_the_process_that_made_it() -> None:
    script = (
        "import django, hashlib; django.setup();"
        "from hub.api.answers import to_json;"
        "from hub.api.schema_view import openapi_document;"
        "print(hashlib.sha256(to_json(openapi_document())).hexdigest())"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={"DJANGO_SETTINGS_MODULE": "hub.settings.test", "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
        )
        for seed in ("1", "2")
    ]

    first, second = (process.communicate(timeout=60)[0] for process in running)

    assert first == second != b""


def test_no_two_operations_have_one_name() -> None:
    for name in ("operationId", "summary"):
        names = [operation.said[name] for operation in operations()]
        assert sorted(set(names)) == sorted(names)


@every_operation
def test_it_says_in_words_what_it_does_and_takes(operation: Operation) -> None:
    said = operation.said

    assert len(said["summary"]) in range(5, 80)
    assert not said["summary"].endswith(".")
    assert said["description"].strip()
    wordless = [one["name"] for one in operation.all_parameters if not one.get("description")]
    assert wordless == []


@every_operation
def test_its_examples_are_what_its_schemas_say(operation: Operation) -> None:
    for place, content in contents(operation):
        assert "example" in content, place
        assert faults(content["example"], content["schema"]) == [], place
        # Say what it looks like: `example` of its serializer, or hub.api.schema.examples.
        assert UNKNOWN not in set(texts(content["example"])), place
    for parameter in operation.all_parameters:
        if "example" in parameter:
            assert faults(parameter["example"], parameter["schema"]) == [], parameter["name"]


@every_operation
def test_it_names_every_status_it_can_answer(operation: Operation) -> None:
    answers = set(operation.said["responses"])
    takes_key = "Idempotency-Key" in operation.parameters("header")
    match = operation.parameters("header").get("If-Match")
    expected = {"400", "401", "403", "406", "429", "503", *BY_THE_SERVER}
    expected |= {"404"} if "{" in operation.path else set()
    expected |= {"409"} if operation.method in WRITES else set()
    expected |= {"411", "413", "415"} if operation.method in BODIES else set()
    expected |= {"422"} if takes_key else set()
    expected |= {"412"} if match else set()
    expected |= {"428"} if match and match.get("required") else set()

    assert {status for status in answers if status >= "4"} == expected
    assert len({status for status in answers if status.startswith("2")}) == 1
    assert ("304" in answers) == ("If-None-Match" in operation.parameters("header"))


@every_operation
def test_its_refusals_are_problems_with_examples(operation: Operation) -> None:
    for status, answer in operation.said["responses"].items():
        headers = resolved(answer)["headers"]
        assert headers["X-Request-Id"]["required"]
        if status < "4":
            continue
        refusal = resolved(answer)
        assert refusal["description"]
        content = refusal["content"]["application/problem+json"]
        assert content["examples"]
        for example in content["examples"].values():
            assert faults(example["value"], content["schema"]) == []
            assert str(example["value"]["status"]) == status
    assert resolved(operation.said["responses"]["503"])["headers"]["Retry-After"]["required"]


@every_operation
def test_it_says_who_may_call_it(operation: Operation) -> None:
    token, session = operation.said["security"]

    assert set(token) == {"token"}
    assert set(token["token"]) <= set(TokenScope.values)
    assert set(session) == ({"session", "csrf"} if operation.method in WRITES else {"session"})
    assert set(token) | set(session) <= set(DOCUMENT["components"]["securitySchemes"])


@every_operation
def test_what_is_created_bears_its_address_and_its_validator(operation: Operation) -> None:
    for status, answer in operation.said["responses"].items():
        names = set(answer.get("headers", {}))
        assert ("Location" in names) == (status == "201")
        assert status not in {"201", "304"} or "ETag" in names


def test_it_says_how_to_call_it_at_all() -> None:
    said = DOCUMENT["info"]["description"]

    for name in ("Bearer", "ETag", "If-Match", "Idempotency-Key", "405", "Retry-After"):
        assert name in said
    assert settings.SPECTACULAR_SETTINGS["OAS_VERSION"] == DOCUMENT["openapi"] == "3.1.0"
