"""The page of the API's documentation, and the files it is made with."""

from __future__ import annotations

import re

from django.test import Client

PAGE = "/api/v1/docs/"
BUNDLE = "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"


def policy_of(answer: object) -> dict[str, list[str]]:
    text = answer["Content-Security-Policy"]  # type: ignore[index] # a response
    parts = (part.split() for part in text.split(";"))
    return {name: values for name, *values in parts}


def test_the_page_needs_no_credential_and_lets_nothing_else_run() -> None:
    answer = Client().get(PAGE)

    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    policy = policy_of(answer)
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == ["'self'"]
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == ["'none'"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    text = answer.content.decode()
    assert re.findall(r"<script(?! src=)|<style|\son\w+=|javascript:|https?://", text) == []
    assert 'data-schema="/api/v1/schema/"' in text


def test_every_file_that_the_page_names_is_served_by_this_hub() -> None:
    named = re.findall(r'(?:src|href)="([^"]+)"', Client().get(PAGE).content.decode())

    answers = {name: Client().head(name) for name in named}

    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(
        named, 200
    )
    types = {name.rsplit(".", 1)[-1]: answer["Content-Type"] for name, answer in answers.items()}
    assert types["js"] == 'text/javascript; charset="utf-8"'
    assert types["css"] == 'text/css; charset="utf-8"'
    assert types["png"] == "image/png"


def test_head_is_answered_and_other_methods_are_refused_in_words() -> None:
    strict = Client(enforce_csrf_checks=True)

    assert Client().head(PAGE).status_code == 200
    refused = strict.post(PAGE)
    assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD")
    assert refused["Content-Type"] == "application/problem+json"
    assert Client().post(BUNDLE).status_code == 405


def test_other_answers_of_the_api_keep_the_policy_that_allows_nothing() -> None:
    assert policy_of(Client().get("/api/v1/schema/")) == {
        "default-src": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
