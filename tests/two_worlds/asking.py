"""What the observer asks of every route, about what it sees and about what is hidden from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from hub.kit.ids import new_ref, uuid7
from tests import make
from tests.two_worlds.tracing import Trace
from tests.two_worlds.worlds import HIDDEN_REFS, HOOK, SAID, World


@dataclass
class Asker:
    """The observer at its client."""

    world: World
    trace: Trace

    def get_known(self, path: str) -> None:
        """Read one thing, and ask again whether it has changed."""
        found = self.trace.get(path)
        self.trace.get(path, If_None_Match=found.headers.get("ETag", "*"))

    def hidden(self, *labels: str) -> list[str]:
        """Refs of some hidden incidents, and one that never was."""
        return [*(self.world.hidden.refs[label] for label in labels), new_ref()]

    def seen(self, *labels: str) -> list[str]:
        """Refs of some incidents of the story, as far as it has them."""
        of_story = self.world.seen
        return [of_story[label].ref for label in labels if label in of_story]


def ask_me(asker: Asker) -> None:
    asker.trace.get("me/")


def ask_members(asker: Asker) -> None:
    asker.trace.walk("members/?limit=8")
    asker.trace.get("members/?cursor=nonsense")


def ask_member(asker: Asker) -> None:
    asker.get_known("members/acme/")
    for slug in ("leaver", "gone-org", "soon-org", "nobody"):
        asker.trace.get(f"members/{slug}/")


def ask_vocabularies(asker: Asker) -> None:
    asker.trace.get("vocabularies/")


def ask_vocabulary(asker: Asker) -> None:
    asker.get_known("vocabularies/tag/")
    asker.trace.get("vocabularies/nonsense/")


def ask_elections(asker: Asker) -> None:
    asker.trace.get("elections/")


def ask_groups(asker: Asker) -> None:
    for name in ("Deep", "Partners"):
        asker.trace.ask("POST", "sharing-groups/", {"name": name, "members": ["bolt"]})
    members = ["acme", "gone-org", "soon-org", "nobody"]
    asker.trace.ask("POST", "sharing-groups/", {"name": "Mine", "members": members})
    asker.trace.ask("POST", "sharing-groups/", {"name": "Mine"}, Idempotency_Key="a-key")
    asker.trace.walk("sharing-groups/?limit=2")


def ask_group(asker: Asker) -> None:
    for group in asker.world.groups.values():
        asker.trace.get(f"sharing-groups/{group.pk}/")
        asker.trace.ask("PATCH", f"sharing-groups/{group.pk}/", {"name": "Deep"})
    for pk in [*asker.world.hidden.groups, str(uuid7())]:
        for method in ("GET", "PATCH", "DELETE"):
            asker.trace.ask(method, f"sharing-groups/{pk}/")


def ask_incidents(asker: Asker) -> None:
    for query in (
        "limit=6", "ordering=-published_at", "status=withdrawn", "owner=acme,bolt,gone-org",
        "tlp=amber,red&severity=critical,high&limit=1", "status=withdrawn&severity=critical",
        "cursor=nonsense",
    ):  # fmt: skip
        asker.trace.walk(f"incidents/?{query}")


def ask_incident(asker: Asker) -> None:
    for ref in [*asker.seen(*asker.world.seen), *asker.hidden(*HIDDEN_REFS)]:
        asker.trace.get(f"incidents/{ref}/")
    asker.get_known(f"incidents/{asker.world.seen['clear'].ref}/")
    for ref in [*asker.seen("green", "own"), *asker.hidden("red", "own")]:
        asker.trace.ask("PATCH", f"incidents/{ref}/", {"severity": "low"})
        asker.trace.ask("PATCH", f"incidents/{ref}/", {"severity": "low"}, If_Match='"stale"')


def ask_publish(asker: Asker) -> None:
    for ref in [*asker.seen("own draft", "amber"), *asker.hidden("draft", "own")]:
        asker.trace.ask("POST", f"incidents/{ref}/publish/", Idempotency_Key="a-key")


def ask_withdraw(asker: Asker) -> None:
    for ref in [*asker.seen("clear"), *asker.hidden("strict", "withdrawn")]:
        asker.trace.ask("POST", f"incidents/{ref}/withdraw/", {"reason": "Not ours."})


def ask_tags(asker: Asker) -> None:
    for ref in [*asker.seen("granted"), *asker.hidden("narrowed", "own")]:
        asker.trace.ask("PUT", f"incidents/{ref}/tags/", ["nonsense"])


def ask_history(asker: Asker) -> None:
    asker.trace.walk(f"incidents/{asker.world.seen['green'].ref}/history/?limit=2")
    for ref in [*asker.seen("amber", "granted", "own", "lost"), *asker.hidden("draft", "own")]:
        asker.trace.get(f"incidents/{ref}/history/")


def ask_observations(asker: Asker) -> None:
    asker.trace.walk(f"incidents/{asker.world.seen['clear'].ref}/observations/?limit=1")
    for ref in [
        *asker.seen("green", "own", "amber", "lost", "quiet", "own quiet"),
        *asker.hidden("red", "grouped"),
    ]:
        asker.trace.get(f"incidents/{ref}/observations/")
    for ref in [*asker.seen("lost", "withdrawn"), *asker.hidden("amber", "own")]:
        asker.trace.ask("POST", f"incidents/{ref}/observations/", {"platform": "A forum"})


def ask_observation(asker: Asker) -> None:
    clear = asker.world.seen["clear"].ref
    for pk in [*asker.world.hidden.observations, str(uuid7()), "nonsense"]:
        asker.trace.get(f"incidents/{clear}/observations/{pk}/")
    for observation in asker.world.observations:
        asker.trace.get(f"incidents/{observation.incident.ref}/observations/{observation.pk}/")


def ask_endpoints(asker: Asker) -> None:
    asker.trace.walk("endpoints/?limit=1")
    body = {"url": HOOK, "description": "The same address"}
    asker.trace.ask("POST", "endpoints/", body, Idempotency_Key="a-key")
    asker.trace.walk("endpoints/?limit=50")


def ask_endpoint(asker: Asker) -> None:
    assert asker.world.endpoint is not None
    asker.get_known(f"endpoints/{asker.world.endpoint.pk}/")
    for pk in [*asker.world.hidden.endpoints, str(uuid7())]:
        for method in ("GET", "PATCH", "DELETE"):
            asker.trace.ask(method, f"endpoints/{pk}/")


def ask_deliveries(asker: Asker) -> None:
    assert asker.world.endpoint is not None
    path = f"endpoints/{asker.world.endpoint.pk}/deliveries/"
    asker.trace.walk(f"{path}?limit=10")
    asker.trace.get(f"{path}?state=cancelled,dead,pending,leased,superseded")
    asker.trace.get(f"{path}?sequence=2")
    for pk in [*asker.world.hidden.endpoints, str(uuid7())]:
        asker.trace.get(f"endpoints/{pk}/deliveries/")


def ask_events(asker: Asker) -> None:
    _pull(asker.trace, "limit=15")
    asker.trace.get("events/?own=true&topics=incident.published,incident.granted")
    for name in [*asker.world.hidden.events[:2], f"evt_{uuid7().hex}", "nonsense"]:
        asker.trace.get(f"events/?after={name}")
    for item in asker.trace.get("events/?limit=1").results:
        asker.trace.get(f"events/?after={item['data']['event_id']}&limit=1")


def _pull(trace: Trace, query: str) -> None:
    """Pull the feed to its end, and once more."""
    answer = trace.get(f"events/?{query}")
    while answer.results:
        answer = trace.get(f"events/?{query}&after={answer.body['cursor']}")


def ask_schema(asker: Asker) -> None:
    asker.trace.get("schema/")


def file_the_same(asker: Asker) -> None:
    """Say what hidden incidents say too, and name what is hidden."""
    trace, hidden = asker.trace, asker.world.hidden
    said: dict[str, Any] = {"title": "Mine", "tlp": "green", **SAID}
    trace.ask("POST", "incidents/", said, Idempotency_Key="a-key")
    trace.ask("POST", "incidents/", said, Idempotency_Key="a-key")
    filed = trace.ask("POST", "incidents/", said | {"publish": True, "tlp": "clear"})
    for group in [*hidden.groups, str(uuid7())]:
        body = {"title": "x", "tlp": "amber", "audiences": [{"group": group}], "publish": True}
        trace.ask("POST", "incidents/", body)
    for slug in ("gone-org", "soon-org", "nobody"):
        trace.ask("POST", "incidents/", {"title": "x", "audiences": [{"member": slug}]})
    for user in [*hidden.users, str(uuid7())]:
        body = {"title": "x", "tlp": "red", "audiences": [{"user": user}]}
        trace.ask("POST", "incidents/", body)
    if filed.status == 201:
        _go_on(asker, f"incidents/{filed.body['ref']}/", filed.headers["ETag"])


def _go_on(asker: Asker, path: str, etag: str) -> None:
    """Change, observe, tag and withdraw what was just filed."""
    trace, hidden = asker.trace, asker.world.hidden
    for group in [*hidden.groups, str(uuid7())]:
        changes = {"tlp": "amber", "audiences": [{"group": group}]}
        trace.ask("PATCH", path, changes, If_Match=etag)
        observation = {"platform": "A forum", "audiences": [{"group": group}]}
        trace.ask("POST", f"{path}observations/", observation)
    audiences = make.audience(asker.world.groups["Partners"])
    changes = {"tlp": "amber", "audiences": audiences, "title": "Mine still"}
    changed = trace.ask("PATCH", path, changes, If_Match=etag)
    tag = ['tag:"seen by nobody"', 'tag:"mine"']
    trace.ask("PUT", f"{path}tags/", tag, If_Match=changed.headers.get("ETag", etag))
    trace.ask("POST", f"{path}observations/", {"platform": "A forum"}, Idempotency_Key="a-key")
    trace.walk(f"{path}observations/?limit=1")
    trace.walk(f"{path}history/?limit=1")
    trace.ask("POST", f"{path}withdraw/", {"reason": "Enough."})


ROUTES: Final[dict[str, Callable[[Asker], None]]] = {
    "me/": ask_me,
    "members/": ask_members,
    "members/<str:slug>/": ask_member,
    "vocabularies/": ask_vocabularies,
    "vocabularies/<str:namespace>/": ask_vocabulary,
    "elections/": ask_elections,
    "incidents/": ask_incidents,
    "incidents/<str:ref>/": ask_incident,
    "incidents/<str:ref>/publish/": ask_publish,
    "incidents/<str:ref>/withdraw/": ask_withdraw,
    "incidents/<str:ref>/tags/": ask_tags,
    "incidents/<str:ref>/history/": ask_history,
    "incidents/<str:ref>/observations/": ask_observations,
    "incidents/<str:ref>/observations/<str:pk>/": ask_observation,
    "endpoints/": ask_endpoints,
    "endpoints/<str:pk>/": ask_endpoint,
    "endpoints/<str:endpoint>/deliveries/": ask_deliveries,
    "events/": ask_events,
    "sharing-groups/": ask_groups,
    "sharing-groups/<str:pk>/": ask_group,
    "schema/": ask_schema,
}
"""Everything that is served under /api/v1/, and how an observer tries it, in this order."""

BY_ROLE: Final = (
    ask_me, ask_groups, ask_group, ask_incidents, ask_incident, ask_publish, ask_withdraw,
    ask_tags, ask_history, ask_observations, ask_vocabulary, ask_endpoint, file_the_same,
)  # fmt: skip
"""What is answered to a person by their role; the rest is answered to the organisation."""
