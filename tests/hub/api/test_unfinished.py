"""A resource that lacks a part that its actions need fails at once, and not quietly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.http import QueryDict

from hub.api.actions import CreateAction, DestroyAction, UpdateAction
from hub.api.pagination import Ordering, Pages
from hub.api.schema_view import DocumentViewSet
from hub.api.views import HubViewSet
from tests.hub.api.notes import Note

PAGES: Pages[Any] = Pages(Ordering("pk", descending=False), "/", QueryDict(), "")


@pytest.mark.parametrize(
    "part",
    [
        lambda: HubViewSet[Any]().represent(None),
        lambda: CreateAction[Any]().perform_create({}),
        lambda: UpdateAction[Any]().perform_update(None, {}),
        lambda: DestroyAction[Any]().perform_destroy(None),
        lambda: DocumentViewSet().document(),
        lambda: PAGES.fetch(None, backwards=False, limit=1),
        lambda: PAGES.place_of(None),
    ],
)
def test_a_part_that_is_missing_is_an_error(part: Callable[[], Any]) -> None:
    with pytest.raises(NotImplementedError):
        part()


def test_a_list_without_filters_is_not_filtered() -> None:
    rows = Note.objects.all()

    assert HubViewSet[Note]().filter_rows(rows) is rows
