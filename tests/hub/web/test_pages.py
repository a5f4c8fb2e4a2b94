"""Pages and fragments, their policy, and what they say of themselves to caches."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

PAGE = "/design/"
FRAGMENT = {"HX-Request": "true"}


def policy_of(answer: object) -> dict[str, list[str]]:
    text = answer["Content-Security-Policy"]  # type: ignore[index] # a response
    parts = (part.split() for part in text.split(";"))
    return {name: values for name, *values in parts}


def nonce_of(answer: object) -> str:
    return policy_of(answer)["script-src"][-1]


def test_a_page_may_load_from_this_hub_alone_and_run_nothing_inline() -> None:
    answer = Client().get(PAGE)

    policy = policy_of(answer)
    nonce = policy["script-src"].pop()
    assert re.fullmatch(r"'nonce-[A-Za-z0-9+/]{22}=='", nonce)
    assert policy["style-src"].pop() == nonce
    assert policy == {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    text = answer.content.decode()
    inline = re.findall(r"<script(?! src=)[^>]*>|<style|\sstyle=|\son\w+=|javascript:|hx-on", text)
    assert inline == []


def test_each_answer_has_a_nonce_of_its_own_and_its_scripts_bear_it() -> None:
    first, second = Client().get(PAGE), Client().get(PAGE)

    assert nonce_of(first) != nonce_of(second)
    named = set(re.findall(r'<script[^>]* nonce="([^"]+)"', first.content.decode()))
    assert [f"'nonce-{nonce}'" for nonce in named] == [nonce_of(first)]


def test_htmx_gets_the_part_alone_and_the_page_holds_the_same_html() -> None:
    page = Client().get(PAGE)
    part = Client().get(PAGE, headers=FRAGMENT)
    boosted = Client().get(PAGE, headers={**FRAGMENT, "HX-Boosted": "true"})

    text = part.content.decode().strip()
    assert text.startswith('<div class="table-responsive table-stacks"')
    assert "<html" not in text
    assert text in page.content.decode()
    assert "<html" in boosted.content.decode()


@pytest.mark.parametrize("headers", [{}, FRAGMENT])
def test_caches_keep_page_and_part_apart(headers: dict[str, str]) -> None:
    answer = Client().get(PAGE, headers=headers)

    assert {"HX-Request", "HX-Boosted"} <= set(answer["Vary"].split(", "))


def test_messages_stand_in_the_page_and_come_with_a_part_in_its_header() -> None:
    page = Client().get(PAGE, {"toast": "1"})
    part = Client().get(PAGE, {"toast": "1"}, headers=FRAGMENT)
    quiet = Client().get(PAGE, headers=FRAGMENT)

    assert page.content.decode().count('class="toast-line toast-success"') == 1
    assert json.loads(part["HX-Trigger"]) == {
        "toasts": [
            {"text": "The incident was published.", "level": "success"},
            {"text": "The endpoint did not answer.", "level": "error"},
        ]
    }
    assert "HX-Trigger" not in quiet


def test_a_message_is_shown_once() -> None:
    client = Client()
    client.get(PAGE, {"toast": "1"})

    again = client.get(PAGE)

    assert "toast-success" not in again.content.decode()


def test_a_page_has_its_landmarks_one_heading_and_a_way_past_the_navigation() -> None:
    text = Client().get(PAGE).content.decode()

    for once in ("<main", "<h1", 'class="skip-link" href="#main"', 'id="main"', 'lang="en"'):
        assert text.count(once) == 1
    named = ("Hub", "Main", "Above this page", "Pages")
    assert text.count("<nav") == sum(text.count(f'aria-label="{name}"') for name in named)
    assert 'name="viewport" content="width=device-width, initial-scale=1"' in text


def test_the_page_of_components_changes_nothing() -> None:
    assert Client().post(PAGE).status_code == 405
