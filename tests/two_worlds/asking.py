"""What the observer asks of every route, about what it sees and about what is hidden from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from hub.kit.ids import new_ref, uuid7
from tests import make
from tests.alerting import item_validator
from tests.two_worlds.questions import QUESTIONS
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
    for query in QUESTIONS:
        asker.trace.walk(f"incidents/?{query}")


def ask_saved_filters(asker: Asker) -> None:
    for name, q in (("Mine", "candydate"), ("Ours", "hidden"), ("Bad", "?")):
        body = {"name": name, "query": {"q": q}}
        asker.trace.ask("POST", "saved-filters/", body, Idempotency_Key=f"a-{name}")
        asker.trace.ask("POST", "saved-filters/", body | {"shared": True})
    asker.trace.walk("saved-filters/?limit=1")


def ask_saved_filter(asker: Asker) -> None:
    for saved in asker.trace.get("saved-filters/").results[:1]:
        asker.get_known(f"saved-filters/{saved['id']}/")
        asker.trace.ask("PATCH", f"saved-filters/{saved['id']}/", {"name": "Theirs"})
        asker.trace.ask("DELETE", f"saved-filters/{saved['id']}/")
    for pk in [*asker.world.hidden.filters, str(uuid7())]:
        for method in ("GET", "PATCH", "DELETE"):
            asker.trace.ask(method, f"saved-filters/{pk}/")


def ask_incident(asker: Asker) -> None:
    for ref in [*asker.seen(*asker.world.seen), *asker.hidden(*HIDDEN_REFS)]:
        asker.trace.get(f"incidents/{ref}/")
    asker.get_known(f"incidents/{asker.world.seen['clear'].ref}/")
    for ref in [*asker.seen("green", "own", "replaced"), *asker.hidden("draft", "red", "own")]:
        asker.trace.ask("DELETE", f"incidents/{ref}/")
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


def ask_tags_in_use(asker: Asker) -> None:
    for query in (
        "limit=1", "limit=2&ordering=tag", "ordering=-tag&limit=1", "ordering=count&limit=1",
        "q=seen", "q=clo&limit=1", "q=tag:", "q=likely", "q=hidden", "cursor=nonsense",
    ):  # fmt: skip
        asker.trace.walk(f"tags/?{query}")


def ask_apply(asker: Asker) -> None:
    """Tag own incidents as hidden ones are tagged, and hidden ones among them."""
    own = asker.seen("own", "own draft")
    tags = {"add": ['tag:"seen by nobody"'], "remove": ['tag:"cloned voice"']}
    for refs in (own, [*own, *asker.hidden("amber", "own")], asker.hidden("draft"), ["nonsense"]):
        asker.trace.ask("POST", "tags/apply/", {"incidents": refs, **tags})
    asker.trace.ask("POST", "tags/apply/", {"incidents": asker.seen("green"), **tags})
    back = {"incidents": own, "add": tags["remove"], "remove": tags["add"]}
    asker.trace.ask("POST", "tags/apply/", back, Idempotency_Key="a-key")


def ask_redact(asker: Asker) -> None:
    for ref in [*asker.seen("own", "own draft", "green"), *asker.hidden("red", "own")]:
        for texts in (["An article"], ["seen by nobody"], ["Hidden"]):
            body = {"texts": texts, "reason": "A mistake."}
            asker.trace.ask("POST", f"incidents/{ref}/redact/", body, Idempotency_Key=texts[0])


def ask_merge(asker: Asker) -> None:
    for ref in [*asker.seen("own amber", "green"), *asker.hidden("draft", "own")]:
        for into in [*asker.hidden("red", "narrowed", "withdrawn"), *asker.seen("lost", "clear")]:
            asker.trace.ask("POST", f"incidents/{ref}/merge/", {"into": into})
        asker.trace.get(f"incidents/{ref}/")


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


def ask_links(asker: Asker) -> None:
    """Propose links, with what is hidden too, and as hidden links have it."""
    green, clear = asker.seen("green", "clear")
    for ref in [*asker.seen("own", "granted", "withdrawn", "green"), *asker.hidden("amber", "own")]:
        body = {"from": green, "to": ref, "type": "same_actor", "explanation": "Heard it."}
        asker.trace.ask("POST", "crossrefs/", body, Idempotency_Key=f"a-{ref}")
        asker.trace.ask("POST", "crossrefs/", {"from": ref, "to": clear, "type": "related"})


def ask_incident_links(asker: Asker) -> None:
    for ref in asker.seen("clear", "green", "own"):
        asker.trace.walk(f"incidents/{ref}/crossrefs/?limit=2")
    for ref in [
        *asker.seen("own draft", "lost", "granted", "amber", "quiet", "by group", "withdrawn"),
        *asker.hidden("amber", "red", "own"),
    ]:
        asker.trace.get(f"incidents/{ref}/crossrefs/")


def ask_cluster(asker: Asker) -> None:
    asker.trace.walk(f"incidents/{asker.world.seen['clear'].ref}/cluster/?limit=1")
    for ref in [*asker.seen("green", "lost", "amber", "own", "withdrawn"), *asker.hidden("amber")]:
        asker.trace.get(f"incidents/{ref}/cluster/")


def ask_link(asker: Asker) -> None:
    for link in _links_of_clear(asker):
        asker.get_known(f"crossrefs/{link}/")
    for pk in [*asker.world.hidden.links, str(uuid7()), "nonsense"]:
        for method in ("GET", "DELETE"):
            asker.trace.ask(method, f"crossrefs/{pk}/")


def ask_accept(asker: Asker) -> None:
    _decide(asker, "accept")


def ask_reject(asker: Asker) -> None:
    _decide(asker, "reject")


def _decide(asker: Asker, action: str) -> None:
    links = [*_links_of_clear(asker)[:2], *asker.world.hidden.links, str(uuid7()), "nonsense"]
    for pk in links:
        asker.trace.ask("POST", f"crossrefs/{pk}/{action}/", Idempotency_Key="a-key")


def _links_of_clear(asker: Asker) -> list[str]:
    clear = asker.world.seen["clear"].ref
    found = asker.trace.get(f"incidents/{clear}/crossrefs/").results
    return [link["id"] for link in found]


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
        for item in answer.results:
            item_validator(item["type"]).validate(item)
        answer = trace.get(f"events/?{query}&after={answer.body['cursor']}")


def ask_asyncapi(asker: Asker) -> None:
    asker.trace.get("asyncapi/")


def ask_webhook_schema(asker: Asker) -> None:
    for topic in ("incident.published", "crossref.suggested", "nonsense"):
        asker.trace.get(f"schemas/{topic}/")


def ask_item_schema(asker: Asker) -> None:
    for topic in ("observation.added", "nonsense"):
        asker.trace.get(f"schemas/{topic}/item/")


def ask_docs(asker: Asker) -> None:
    asker.trace.get("docs/")


def ask_schema(asker: Asker) -> None:
    asker.trace.get("schema/")


def file_the_same(asker: Asker) -> None:
    """Say what hidden incidents say too, and name what is hidden."""
    trace, hidden = asker.trace, asker.world.hidden
    said: dict[str, Any] = {"title": "Mine", "tlp": "green", **SAID}
    draft = trace.ask("POST", "incidents/", said, Idempotency_Key="a-key")
    trace.ask("POST", "incidents/", said, Idempotency_Key="a-key")
    if draft.status == 201:
        for _ in range(2):
            trace.ask("DELETE", f"incidents/{draft.body['ref']}/")
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
    "tags/": ask_tags_in_use,
    "tags/apply/": ask_apply,
    "saved-filters/": ask_saved_filters,
    "saved-filters/<str:pk>/": ask_saved_filter,
    "incidents/": ask_incidents,
    "incidents/<str:ref>/": ask_incident,
    "incidents/<str:ref>/publish/": ask_publish,
    "incidents/<str:ref>/withdraw/": ask_withdraw,
    "incidents/<str:ref>/tags/": ask_tags,
    "incidents/<str:ref>/redact/": ask_redact,
    "incidents/<str:ref>/merge/": ask_merge,
    "incidents/<str:ref>/history/": ask_history,
    "incidents/<str:ref>/observations/": ask_observations,
    "incidents/<str:ref>/observations/<str:pk>/": ask_observation,
    "crossrefs/": ask_links,
    "incidents/<str:ref>/crossrefs/": ask_incident_links,
    "incidents/<str:ref>/cluster/": ask_cluster,
    "crossrefs/<str:pk>/": ask_link,
    "crossrefs/<str:pk>/accept/": ask_accept,
    "crossrefs/<str:pk>/reject/": ask_reject,
    "endpoints/": ask_endpoints,
    "endpoints/<str:pk>/": ask_endpoint,
    "endpoints/<str:endpoint>/deliveries/": ask_deliveries,
    "events/": ask_events,
    "sharing-groups/": ask_groups,
    "sharing-groups/<str:pk>/": ask_group,
    "asyncapi/": ask_asyncapi,
    "schemas/<str:topic>/": ask_webhook_schema,
    "schemas/<str:topic>/item/": ask_item_schema,
    "schema/": ask_schema,
    "docs/": ask_docs,
}
"""Everything that is served under /api/v1/, and how an observer tries it, in this order."""

BY_ROLE: Final = (
    ask_me, ask_groups, ask_group, ask_saved_filters, ask_saved_filter,
    ask_incidents, ask_incident, ask_publish, ask_withdraw,
    ask_links, ask_incident_links, ask_cluster, ask_link, ask_accept, ask_reject,
    ask_tags, ask_tags_in_use, ask_apply,
    ask_redact, ask_merge, ask_history, ask_observations, ask_vocabulary, ask_endpoint,
    file_the_same,
)  # fmt: skip
"""What is answered to a person by their role; the rest is answered to the organisation."""
