"""The actions that resources have in common, each to be taken by a viewset that offers it."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpResponse

from hub.api.answers import json_answer
from hub.api.requests import HubRequest
from hub.api.views import HubViewSet, ModelT


class ListAction(HubViewSet[ModelT]):
    """GET of the collection, a page at a time."""

    def list(self, request: HubRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        page = self.page(self.filter_rows(self.get_queryset()))
        results = self.represent_all(page.rows)
        return json_answer({"results": results, "next": page.next, "previous": page.previous})


class RetrieveAction(HubViewSet[ModelT]):
    """GET of one object."""

    def retrieve(self, request: HubRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.answer(self.get_object())


class CreateAction(HubViewSet[ModelT]):
    """POST to the collection."""

    def create(self, request: HubRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.created(self.perform_create(self.read()))

    def perform_create(self, data: Any) -> ModelT:
        """Call the service; return the row as `get_queryset` would."""
        raise NotImplementedError


class UpdateAction(HubViewSet[ModelT]):
    """PATCH of one object, a merge patch: absent members stay as they are."""

    @transaction.atomic
    def partial_update(self, request: HubRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # The lock is held from the comparison with If-Match until the change is committed.
        row = self.get_locked_object()
        self.check_precondition(row)
        return self.answer(self.perform_update(row, self.read(partial=True)))

    def perform_update(self, row: ModelT, changes: Any) -> ModelT:
        """Call the service; return the row as `get_queryset` would."""
        raise NotImplementedError


class DestroyAction(HubViewSet[ModelT]):
    """DELETE of one object."""

    @transaction.atomic
    def destroy(self, request: HubRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        row = self.get_locked_object()
        self.check_precondition(row, required=False)
        self.perform_destroy(row)
        return HttpResponse(status=204)

    def perform_destroy(self, row: ModelT) -> None:
        """Call the service."""
        raise NotImplementedError
