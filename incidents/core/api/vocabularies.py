"""REST of the vocabularies: curated values, and the free tags that the caller may see."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers

from accounts.authentication import reader_of
from hub.api.answers import json_answer
from hub.api.etags import etag_of, is_known
from hub.api.parameters import Parameter
from hub.api.requests import HubRequest
from hub.api.views import HubViewSet
from hub.kit.errors import Absent
from incidents.core.api.reading import READ
from incidents.core.tag_usage import free_tags
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
    example = {
        "namespace": "harms",
        "label": "Harms",
        "description": "What the deepfake does to people, votes or money.",
        "source": "The hub's own",
        "licence": "CC0-1.0",
        "use": "field",
        "exclusive": False,
        "values": [
            {
                "id": "voter_suppression",
                "label": "Voter suppression",
                "description": "Keeps people from voting.",
                "group": "election",
                "parent": None,
                "tag": None,
            }
        ],
    }

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

    noun = "vocabulary"
    lookup_field = "namespace"
    path_parameters = {"namespace": Parameter("Its namespace", example="harms")}
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
            values = [_free_value(tag) for tag in free_tags(reader_of(self.request))]
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
