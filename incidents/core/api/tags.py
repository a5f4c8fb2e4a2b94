"""REST of tags: which are in use, and tagging many incidents at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpResponse
from rest_framework import serializers

from accounts.auditing import audit_refusal
from accounts.authentication import reader_of
from accounts.readers import Reader
from accounts.roles import Right
from hub.api.answers import json_answer
from hub.api.cursors import Cursor
from hub.api.fields import Text, Values
from hub.api.models import IdempotentAnswer
from hub.api.pagination import Pages
from hub.api.parameters import Parameter
from hub.api.requests import HubRequest
from hub.api.serializers import StrictSerializer
from hub.api.views import HubViewSet
from incidents.core.api.reading import READ, WRITE
from incidents.core.models import Incident
from incidents.core.services.tagging import apply_tags, find_to_tag
from incidents.core.tag_usage import BY_COUNT, BY_TAG, COUNTED, Order, TagUse, label_of, tag_usage
from incidents.taxonomy.machinetags import TAG_LENGTH, TAGS

TAGGED_AT_ONCE: Final = 100
"""Incidents in one request: each is changed as if by itself, in one transaction for all."""


class TagOutput(serializers.Serializer[Any]):
    example = {"tag": 'tag:"robocall"', "label": "robocall", "count": 17, "more": False}

    tag = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment] # a name of ours
    count = serializers.IntegerField()
    more = serializers.BooleanField(help_text=f"true: on more than the {COUNTED} that are counted")


class ApplyInput(StrictSerializer):
    """Tags to add to some of the organisation's incidents, and to take from them."""

    example = {"incidents": ["DF-7K3Q9MXA"], "add": ['tag:"robocall"'], "remove": []}

    incidents = Values(child=Text(max_length=64), max_items=TAGGED_AT_ONCE, allow_empty=False)
    add = Values(child=Text(max_length=TAG_LENGTH), max_items=TAGS, required=False)
    remove = Values(child=Text(max_length=TAG_LENGTH), max_items=TAGS, required=False)


class AppliedOutput(serializers.Serializer[Any]):
    example = {"results": [{"ref": "DF-7K3Q9MXA", "version": 4}]}

    results = serializers.ListField(
        child=serializers.DictField(), help_text="`ref` and `version` of each, as they were named"
    )


@dataclass(frozen=True)
class _TagPages(Pages[TagUse]):
    """The tags that one reader sees in use."""

    reader: Reader
    typed: str

    def fetch(self, cursor: Cursor | None, *, backwards: bool, limit: int) -> list[TagUse]:
        order = Order(self.ordering.column, self.ordering.descending, backwards)
        return tag_usage(
            self.reader,
            typed=self.typed,
            order=order,
            limit=limit,
            beyond=TagUse(cursor.pk, cursor.value) if cursor else None,
            inclusive=cursor.inclusive if cursor else False,
        )

    def place_of(self, row: TagUse) -> tuple[Any, Any]:
        return row.incidents, row.tag


class TagViewSet(HubViewSet[Any]):
    """Tags on what the caller may see. Of what it may not see, no tag and no count tells."""

    required_scopes = {"list": READ, "apply": WRITE}
    request_serializers = {"apply": ApplyInput}
    response_serializers = {"list": TagOutput, "apply": AppliedOutput}
    query_parameters = {
        "list": {
            "q": Parameter(
                "Beginning of the tag, of its value, or of what a curated value is called",
                {"type": "string", "maxLength": TAG_LENGTH},
                "robo",
            )
        }
    }
    orderings = {BY_COUNT: BY_COUNT, BY_TAG: BY_TAG}
    default_ordering = f"-{BY_COUNT}"
    etagless_actions = ("apply",)

    @property
    def reader(self) -> Reader:
        return reader_of(self.request)

    def list(self, request: HubRequest) -> HttpResponse:
        caller = request.caller
        page = _TagPages(
            ordering=self._ordering(),
            path=request.path,
            parameters=request.query_params,
            organisation=caller.organisation if caller else "",
            reader=self.reader,
            typed=request.query_params.get("q", ""),
        ).page()
        results = [self.represent(use) for use in page.rows]
        return json_answer({"results": results, "next": page.next, "previous": page.previous})

    def represent(self, row: TagUse) -> dict[str, Any]:
        return {
            "tag": row.tag,
            "label": label_of(row.tag),
            "count": min(row.incidents, COUNTED),
            "more": row.incidents > COUNTED,
        }

    def check_rights(self) -> None:
        if self.action == "apply":
            self.reader.require(Right.FILE)

    def apply(self, request: HubRequest) -> HttpResponse:
        """Tag several incidents of your own. Either all are changed, or none."""
        sent = self.read()
        rows = apply_tags(
            refs=sent["incidents"],
            add=sent.get("add", []),
            remove=sent.get("remove", []),
            by=self.reader,
        )
        # Without the tags: what is stored for a replay must not outlive a redaction.
        changed = [{"ref": row.ref, "version": row.version} for row in rows]
        return json_answer({"results": changed})

    def replay_allowed(self, stored: IdempotentAnswer) -> None:
        find_to_tag(self.read()["incidents"], by=self.reader)

    def on_refusal(self, error: Exception) -> None:
        if self.request.caller is None:
            return
        sent = self.request.data
        refs = sent.get("incidents") if isinstance(sent, dict) else None
        named = [ref for ref in refs if isinstance(ref, str)] if isinstance(refs, list) else []
        visible = Incident.objects.visible_to(self.reader).filter(ref__in=named[:TAGGED_AT_ONCE])
        seen = visible.order_by("ref").values_list("ref", flat=True)
        audit_refusal(self.request, action="incident.tags", objects=seen, error=error)
