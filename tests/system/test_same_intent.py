"""The same intent, sent many times at once, is carried out once."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from hub.cli.demo.client import Answer
from tests.system.api import Api
from tests.system.fixtures import StartHub
from tests.system.harness import report

pytestmark = pytest.mark.system

AT_ONCE = 20
PATIENCE = 50
"""Tries of one caller, each after all others have been answered."""


def test_parallel_posts_with_one_key_make_one_incident(start_hub: StartHub, chaos: bool) -> None:
    keys = [secrets.token_hex(16) for _ in range(200 if chaos else 6)]
    hub = start_hub("web")
    api = hub.api("filer")
    statuses: Counter[int] = Counter()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        refs = {key: _refs_of(api, key, pool, statuses) for key in keys}

    report(f"{statuses.total()} POSTs with {len(keys)} keys: {dict(sorted(statuses.items()))}")
    assert {len(found) for found in refs.values()} == {1}
    assert set(statuses) <= {201, 409}
    filed = _titles(api)
    assert filed == Counter({f"Filed as {key}": 1 for key in keys})


def _refs_of(api: Api, key: str, pool: ThreadPoolExecutor, statuses: Counter[int]) -> set[str]:
    """All refs that callers at once are told, who come back as long as the first one runs."""
    refs: set[str] = set()
    waiting = AT_ONCE
    for _ in range(PATIENCE):
        answers = list(pool.map(lambda _: _file(api, key), range(waiting)))
        statuses.update(answer.status for answer in answers)
        refs |= {answer.document["ref"] for answer in answers if answer.status == 201}
        refused = [answer for answer in answers if answer.status == 409]
        assert all(("Retry-After", "1") in answer.headers for answer in refused)
        waiting = len(refused)
        if not waiting:
            return refs
        time.sleep(0.05)
    raise AssertionError(f"{waiting} callers never had an answer")


def _file(api: Api, key: str) -> Answer:
    document = {"title": f"Filed as {key}", "tlp": "green", "publish": True}
    return api.ask("POST", "incidents/", document, headers={"Idempotency-Key": key})


def _titles(api: Api) -> Counter[str]:
    """Of all incidents, page by page."""
    titles: Counter[str] = Counter()
    page = api.read("incidents/?limit=200")
    while True:
        titles.update(one["title"] for one in page["results"])
        if page["next"] is None:
            return titles
        page = api.read(page["next"].partition("/api/v1/")[2])
