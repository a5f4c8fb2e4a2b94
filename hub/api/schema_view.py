"""The OpenAPI document of the whole API, the same for everybody."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpResponse
from drf_spectacular.generators import SchemaGenerator

from hub.api.answers import json_answer
from hub.api.etags import etag_of, is_known
from hub.api.requests import HubRequest
from hub.api.views import HubViewSet


class SchemaViewSet(HubViewSet[Any]):
    """`/api/v1/schema/`, without a credential."""

    schema = None  # type: ignore[assignment] # how a view is left out of the schema
    is_public = True
    authentication_classes = []

    def retrieve(self, request: HubRequest) -> HttpResponse:
        document = openapi_document()
        etag = etag_of(document)
        if is_known(request, etag):
            return HttpResponse(status=304, headers={"ETag": etag})
        return json_answer(document, headers={"ETag": etag})


@cache
def openapi_document() -> dict[str, Any]:
    """Made once a process: the routes do not change while it runs."""
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return document
