"""REST of the vocabularies: curated values, and the free tags that the caller may see."""

from __future__ import annotations

from typing import Any

from django.db.models import Func, TextField
from django.http import HttpResponse
from rest_framework import serializers

from accounts.authentication import reader_of
from accounts.readers import Reader
from hub.api.answers import json_answer
from hub.api.etags import etag_of, is_known
from hub.api.requests import HubRequest
from hub.api.views import HubViewSet
from hub.kit.errors import Absent
from incidents.core.api.reading import READ
from incidents.core.models import Incident, Status
from incidents.taxonomy import registry
from incidents.taxonomy.machinetags import parse_tag, tag_of, write_tag
from incidents.taxonomy.registry import Use, Value, Vocabulary


class ValueOutput(serializers.Serializer[Any]):
    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment] # a name of ours
    description = serializers.CharField()
    group = serializers.CharField(allow_null=True)
    parent = serializers.CharField(allow_null=True)  # type: ignore[assignment] # a name of ours
    tag = serializers.CharField(allow_null=True, help_text="how it is written as a machine tag")


class VocabularyOutput(serializers.Serializer[Any]):
    namespace = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment] # a name of ours
    description = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment] # a name of ours
    licence = serializers.CharField()
    use = serializers.CharField()
    exclusive = serializers.BooleanField()
    values = serializers.ListField(child=ValueOutput())


class VocabularyViewSet(HubViewSet[Any]):
    """Curated values; free tags are the members' own words and stand on their incidents."""

    lookup_field = "namespace"
    required_scopes = {"list": READ, "retrieve": READ}
    response_serializers = {"retrieve": VocabularyOutput}

    def list(self, request: HubRequest) -> HttpResponse:
        found = [self._represent(vocabulary) for vocabulary in registry.vocabularies()]
        return json_answer({"results": found, "next": None, "previous": None})

    def retrieve(self, request: HubRequest, namespace: str) -> HttpResponse:
        vocabulary = registry.vocabulary(namespace)
        if vocabulary is None:
            raise Absent
        self.check_query()
        shown = self._represent(vocabulary)
        etag = etag_of(shown)
        if is_known(request, etag):
            return HttpResponse(status=304, headers={"ETag": etag})
        return json_answer(shown, headers={"ETag": etag})

    def _represent(self, vocabulary: Vocabulary) -> dict[str, Any]:
        if vocabulary.use is Use.FREE:
            values = [_free_value(tag) for tag in free_tags_visible_to(reader_of(self.request))]
        else:
            values = [_represent_value(vocabulary, value) for value in vocabulary.values]
        return {
            "namespace": vocabulary.namespace,
            "label": vocabulary.label,
            "description": vocabulary.description,
            "source": vocabulary.source,
            "licence": vocabulary.licence,
            "use": vocabulary.use,
            "exclusive": vocabulary.exclusive,
            "values": values,
        }


def free_tags_visible_to(reader: Reader) -> list[str]:
    """The members' own words, as far as they stand on an incident that the reader may read."""
    incidents = Incident.objects.visible_to(reader).exclude(status=Status.WITHDRAWN)
    every = incidents.annotate(tag=Func("tags", function="unnest", output_field=TextField()))
    words = every.order_by("tag").values_list("tag", flat=True).distinct()
    return [tag for tag in words if tag.startswith('tag:"')]


def _free_value(tag: str) -> dict[str, Any]:
    words = parse_tag(tag).value
    return {
        "id": words,
        "label": words,
        "description": "",
        "group": None,
        "parent": None,
        "tag": tag,
    }


def _represent_value(vocabulary: Vocabulary, value: Value) -> dict[str, Any]:
    is_tag = vocabulary.use is Use.TAG
    return {
        "id": value.id,
        "label": value.label,
        "description": value.description,
        "group": value.group or None,
        "parent": value.parent or None,
        "tag": write_tag(tag_of(vocabulary, value)) if is_tag else None,
    }
