"""Documents that describe the hub to programs, the same for everybody."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpResponse
from drf_spectacular.generators import SchemaGenerator

from hub.api.answers import json_answer
from hub.api.etags import etag_of, is_known
from hub.api.requests import HubRequest
from hub.api.views import HubViewSet


class DocumentViewSet(HubViewSet[Any]):
    """Serves what `document` returns, without a credential."""

    schema = None  # type: ignore[assignment] # how a view is left out of the schema
    is_public = True
    authentication_classes = []

    def document(self) -> dict[str, Any]:
        raise NotImplementedError

    def retrieve(self, request: HubRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        document = self.document()
        etag = etag_of(document)
        if is_known(request, etag):
            return HttpResponse(status=304, headers={"ETag": etag})
        return json_answer(document, headers={"ETag": etag})


class SchemaViewSet(DocumentViewSet):
    """`/api/v1/schema/`: the whole API in OpenAPI 3.1."""

    def document(self) -> dict[str, Any]:
        return openapi_document()


@cache
def openapi_document() -> dict[str, Any]:
    """Made once a process: the routes do not change while it runs."""
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return document
