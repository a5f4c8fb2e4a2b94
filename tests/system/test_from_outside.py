"""The main job, seen by members who have the contract and nothing else."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hub.cli.home import CHECKOUT
from tests.system.api import Api
from tests.system.fixtures import StartHub
from tests.system.harness import BASICS, Hub, eventually, report, spread
from tests.system.sinks import Sink

pytestmark = pytest.mark.system

SCOPES = ("incidents:read", "incidents:write", "feed:read", "webhooks:admin")
INSIDE = ("inside",)
EVERYBODY = ("author", *INSIDE, "outside")


def test_an_incident_reaches_those_who_may_have_it_once_and_leaves_no_trace_elsewhere(
    start_hub: StartHub, sink: Sink, chaos: bool
) -> None:
    count = 100 if chaos else 10
    hub = start_hub(*BASICS)
    apis = {slug: Api(hub.port, token) for slug, token in admitted(hub).items()}
    endpoints = {slug: endpoint_of(hub, slug, sink) for slug in (*INSIDE, "outside")}
    hub.warm_up(sink)
    hub.await_quiet()
    before = seen_by(apis["outside"])
    known = [one.incident.get("ref") for one in sink.at(endpoints["outside"])]

    refs = [filed(apis["author"], sink, number) for number in range(count)]

    arrived = {slug: only(sink, endpoints[slug], refs) for slug in endpoints}
    waits = [one.seconds for slug in INSIDE for one in arrived[slug]]
    report(f"\ncommit -> verified at the receiver: {spread(waits)}")
    assert sink.refused == []
    assert {
        slug: [one.incident["ref"] for one in arrived[slug]] for slug in INSIDE
    } == dict.fromkeys(INSIDE, refs)
    # In the short form other tests keep the machine busy.
    assert statistics.median(waits) <= (0.3 if chaos else 2.0)
    # The one outside: not one alert, nothing in lists, feed or endpoints, and one same 404.
    assert [one.incident.get("ref") for one in sink.at(endpoints["outside"])] == known
    assert seen_by(apis["outside"]) == before
    assert fed_to(apis["outside"]) <= {*known, None}
    assert answers_about(apis["outside"], refs[0]) == answers_about(apis["outside"], "DF-00000000")
    hub.await_quiet()
    assert hub.books().balance


def admitted(hub: Hub) -> dict[str, str]:
    """Admit the organisations by command, and make a token for each."""
    with ThreadPoolExecutor(2) as pool:
        names = [("--slug", slug, "--name", slug.title()) for slug in EVERYBODY]
        list(pool.map(lambda named: manage(hub, "member", "create", *named), names))
        scopes = [word for scope in SCOPES for word in ("--scope", scope)]
        made = pool.map(
            lambda slug: manage(
                hub, "token", "create", "--member", slug, "--name", "system", *scopes
            ),
            EVERYBODY,
        )
        return {slug: token["token"] for slug, token in zip(EVERYBODY, made, strict=True)}


def endpoint_of(hub: Hub, slug: str, sink: Sink) -> str:
    command = ("endpoint", "create", "--member", slug, "--url", sink.url(slug))
    sink.trust(slug, manage(hub, *command)["secret"])
    return slug


def manage(hub: Hub, *arguments: str) -> dict[str, Any]:
    """What a provisioning command printed: exactly one JSON value."""
    finished = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=CHECKOUT,
        env=hub.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert finished.returncode == 0, finished.stderr
    printed: dict[str, Any] = json.loads(finished.stdout)
    return printed


def filed(author: Api, sink: Sink, number: int) -> str:
    """Publish for the members inside, and wait until they have it: the hub is idle in between."""
    document = {
        "title": f"A cloned voice, number {number}",
        "tlp": "amber",
        "audiences": [{"member": slug} for slug in INSIDE],
        "publish": True,
    }
    ref = str(author.make("incidents/", document)["ref"])
    assert eventually(lambda: len(sink.about([ref])) >= len(INSIDE), seconds=10)
    return ref


def only(sink: Sink, endpoint: str, refs: list[str]) -> list[Any]:
    return [one for one in sink.at(endpoint) if one.incident.get("ref") in refs]


def seen_by(api: Api) -> list[Any]:
    """All but the feed that an organisation can look at where an incident would show."""
    endpoints = api.read("endpoints/")["results"]
    deliveries = [api.read(f"endpoints/{one['id']}/deliveries/") for one in endpoints]
    paths = ("incidents/", "incidents/?ordering=-published_at", "vocabularies/tag/")
    return [*(api.read(path) for path in paths), endpoints, deliveries]


def fed_to(api: Api) -> set[str | None]:
    """The incidents that its feed tells of; when, depends on who else writes to the server."""
    items = api.read("events/?limit=200")["results"]
    return {item["data"].get("incident", {}).get("ref") for item in items}


def answers_about(api: Api, ref: str) -> list[Any]:
    paths = ("", "history/", "observations/", "crossrefs/", "tags/")
    asked = [api.get(f"incidents/{ref}/{path}") for path in paths]
    written = [
        api.ask("POST", f"incidents/{ref}/withdraw/", {"reason": "x"}),
        api.ask("PATCH", f"incidents/{ref}/", {"title": "x"}, headers={"If-Match": '"x"'}),
        api.ask("PUT", f"incidents/{ref}/tags/", {}),
    ]
    return [answer.comparable for answer in (*asked, *written)]
