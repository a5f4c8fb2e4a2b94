"""JSON Schemas of what alerts say, for each topic, made from what describes the API's answers.

A test holds every alert and every item of the feed that tests produce to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from django.conf import settings

from accounts.api import MemberOutput
from hub.api.json_schemas import Definitions, Schema, closed, members_of, standing_alone
from incidents.alerts.outputs import EndpointOutput
from incidents.alerts.topics import TOPICS, Subject, Topic
from incidents.core.outputs import IncidentOutput, ObservationOutput
from incidents.crossrefs.outputs import LinkOutput
from incidents.sharing.marks import OPEN_MARKS, Tlp

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_TOLD_MARKS: Final = {"enum": [mark.value for mark in Tlp if mark != Tlp.RED]}
_OPEN_MARKS: Final = {"enum": [mark.value for mark in OPEN_MARKS]}
_NUMBER: Final = {"type": "integer", "minimum": 1}
_EVENT_ID: Final = {"type": "string", "pattern": "^evt_[0-9a-f]{32}$"}
_TRUNCATED: Final = {"truncated": {"const": True}}


@dataclass(frozen=True)
class AlertSchemas:
    """For each topic a webhook's body and an item of the feed, by references into `definitions`."""

    definitions: Definitions
    webhooks: Mapping[str, Schema]
    items: Mapping[str, Schema]


@cache
def alert_schemas() -> AlertSchemas:
    """Made once a process: topics and answers do not change while it runs."""
    shapes = _Shapes()
    webhooks, items = {}, {}
    for topic in TOPICS.values():
        forms = list(shapes.forms_of(topic))
        later = list(shapes.later_forms_of(topic))
        webhooks[topic.name] = _envelope(topic, forms, {"sequence": _NUMBER})
        items[topic.name] = _item(topic, [*forms, *later])
    return AlertSchemas(shapes.definitions, webhooks, items)


def webhook_schema(topic: str) -> Schema:
    """What is posted of a topic, as JSON Schema 2020-12."""
    return _document(f"{topic}/", f"Webhook {topic}", alert_schemas().webhooks[topic])


def item_schema(topic: str) -> Schema:
    """What the pull feed shows of a topic, as JSON Schema 2020-12."""
    return _document(f"{topic}/item/", f"Feed item {topic}", alert_schemas().items[topic])


def _document(path: str, title: str, schema: Schema) -> Schema:
    root = {"$schema": DIALECT, "$id": f"{settings.HUB_BASE_URL}/api/v1/schemas/{path}"}
    return standing_alone(root | {"title": title} | schema, alert_schemas().definitions)


def _envelope(topic: Topic, forms: Iterable[Schema], more: Schema) -> Schema:
    """The body: `data` has one of several forms, each with its own members beside the common."""
    common = {"event_id": _EVENT_ID, **more, "version": _NUMBER}
    return closed(
        {
            "type": {"const": topic.name},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": {"anyOf": [closed(common | form) for form in forms]},
        }
    )


def _item(topic: Topic, forms: Iterable[Schema]) -> Schema:
    """The body without `sequence`, with a cursor, or a tombstone of what was lost."""
    schema = _envelope(topic, forms, {})
    properties = schema["properties"]
    tombstone = closed({"event_id": _EVENT_ID, "tombstone": {"const": True}})
    data = {"anyOf": [*properties["data"]["anyOf"], tombstone]}
    return closed(properties | {"data": data, "cursor": {"type": "string"}})


class _Shapes:
    """What alerts show of each kind of subject: whole as the API does, or less of it."""

    def __init__(self) -> None:
        self.definitions = Definitions()
        self.by_subject: Mapping[Subject, list[Schema]] = {
            Subject.INCIDENT: self._of_incidents(),
            Subject.OBSERVATION: self._of_observations(),
            Subject.CROSSREF: self._of_links(),
            Subject.MEMBER: self._of_members(),
            Subject.ENDPOINT: self._of_endpoints(),
        }

    def forms_of(self, topic: Topic) -> list[Schema]:
        """What may stand in `data` of a webhook, besides what stands in all of them."""
        return [{"incident": self.recalled}] if topic.is_recall else self.by_subject[topic.subject]

    def later_forms_of(self, topic: Topic) -> list[Schema]:
        """What the feed shows later: what is left of an incident that was withdrawn since."""
        is_left = topic.subject is Subject.INCIDENT and not topic.is_recall
        return [{"incident": self.withdrawn}] if is_left else []

    def _of_incidents(self) -> list[Schema]:
        add = self.definitions.add
        shown = self.definitions.object_of(IncidentOutput)
        # Of a withdrawn one others are shown what all incidents have, and little else.
        always = shown["required"]
        whole = {**shown, "required": [*always, "severity", "title"]}
        self.incident = add("Incident", _marked(whole, _OPEN_MARKS))
        reduced = members_of(
            shown, "ref", "url", "status", "tlp", "pap", "owner", "severity", "version"
        )
        self.reduced = add("ReducedIncident", _marked(reduced, _TOLD_MARKS))
        left = members_of(shown, *always, "withdrawn_at", "withdrawn_reason")
        self.withdrawn = add("WithdrawnIncident", _marked(left, _TOLD_MARKS))
        reason = "withdrawn_reason"
        self.recalled = add(
            "RecalledIncident", members_of(shown, "ref", "status", reason, optional={reason})
        )
        return _whole_or_less({"incident": self.incident}, {"incident": self.reduced})

    def _of_observations(self) -> list[Schema]:
        shown = self.definitions.object_of(ObservationOutput)
        whole = self.definitions.add("Observation", _marked(shown, _OPEN_MARKS))
        small = _marked(members_of(shown, "id", "incident", "tlp"), _TOLD_MARKS)
        reduced = self.definitions.add("ReducedObservation", small)
        return [
            *_whole_or_less(
                {"incident": self.incident, "observation": whole},
                {"incident": self.reduced, "observation": reduced},
            ),
            {"incident": self.incident, "observation": reduced},
        ]

    def _of_links(self) -> list[Schema]:
        address = {"type": "string", "format": "uri"}
        more = {"tlp": {}, "from_url": address, "to_url": address}
        shown = closed(self.definitions.object_of(LinkOutput)["properties"] | more)
        small = members_of(shown, "id", "from", "to", "type", "state", "tlp")
        whole = self.definitions.add("CrossReference", _marked(shown, _OPEN_MARKS))
        reduced = self.definitions.add("ReducedCrossReference", _marked(small, _TOLD_MARKS))
        return _whole_or_less({"crossref": whole}, {"crossref": reduced})

    def _of_members(self) -> list[Schema]:
        facts = members_of(self.definitions.object_of(MemberOutput), "slug", "name", "kind")
        return [{"member": self.definitions.add("Member", facts)}]

    def _of_endpoints(self) -> list[Schema]:
        facts = members_of(self.definitions.object_of(EndpointOutput), "id", "url", "state")
        return [{"endpoint": self.definitions.add("Endpoint", facts)}]


def _marked(schema: Schema, marks: Schema) -> Schema:
    """The same for these marks only."""
    return {**schema, "properties": {**schema["properties"], "tlp": marks}}


def _whole_or_less(whole: Schema, reduced: Schema) -> list[Schema]:
    return [whole, reduced, _TRUNCATED | reduced]
