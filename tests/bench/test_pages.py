"""What P11 measures is there: every page it names opens, and a first visit can be weighed."""

from __future__ import annotations

import pytest
from django.test import Client

from bench import visiting
from bench.incidents.loading import load
from bench.incidents.rows import Rows
from bench.weight import weigh
from incidents.taxonomy.services import load_vocabularies

DELIVERIES = 60
STYLE = """
@font-face{font-family:X;src:url("./latin.woff2") format("woff2");unicode-range:U+0000-00FF,U+20AC}
@font-face{font-family:X;src:url("./greek.woff2") format("woff2");unicode-range:U+0370-03FF}
@font-face{font-family:X;src:url("./thai.woff2") format("woff2");unicode-range:U+0E00}
"""
PAGE = """
<link rel="stylesheet" href="/static/hub.css"><link rel="canonical" href="/never/">
<script src="/static/hub.js"></script><svg><use href="/static/icons.svg#plus"></use></svg>
<svg><use href="/static/icons.svg#x"></use></svg><p>\u03b1</p>
"""


@pytest.fixture
def visited(db: None) -> list[tuple[str, str, str]]:
    load_vocabularies()
    load(Rows(count=200, seed=7))
    visiting.furnish(DELIVERIES)
    visiting.furnish(DELIVERIES)
    return visiting.pages()


def test_every_page_that_is_measured_opens(visited: list[tuple[str, str, str]]) -> None:
    cookies = {role: visiting.session(role) for _, role, _ in visited}

    opened = {
        name: Client(headers={"Cookie": cookies[role]}).get(path) for name, role, path in visited
    }

    assert {name: answer.status_code for name, answer in opened.items()} == dict.fromkeys(
        [page.name for page in visiting.PAGES], 200
    )
    assert "/deliveries/60/" in opened["delivery log"].content.decode()
    assert "204" in opened["delivery"].content.decode()


def test_a_first_visit_is_all_that_the_page_needs() -> None:
    asked = []

    def fetch(address: str) -> tuple[bytes, bytes]:
        asked.append(address)
        return b"12345", STYLE.encode() if address.endswith(".css") else b""

    weights = weigh(PAGE.encode(), path="/incidents/", fetch=fetch)

    assert asked == [
        "/static/hub.css",
        "/static/latin.woff2",
        "/static/greek.woff2",
        "/static/hub.js",
        "/static/icons.svg",
    ]
    assert {weights[address] for address in asked} == {5}
    assert 0 < weights["/incidents/"] < len(PAGE)
