"""The lists on web pages, page by page: by the place of the last row, so that none is shifted."""

from __future__ import annotations

from typing import Final, TypeVar
from urllib.parse import parse_qs, urlsplit

from django.db.models import Model, QuerySet
from django.http import QueryDict

from accounts.sessions import PageRequest
from hub.api.pagination import CURSOR, LIMIT, Listing, Ordering, Page
from hub.kit.errors import InvalidInput

ROWS: Final = 50

RowT = TypeVar("RowT", bound=Model)


def page_of(
    request: PageRequest,
    rows: QuerySet[RowT],
    *,
    name: str,
    ordering: str,
    limit: int = ROWS,
) -> Page[RowT]:
    """The page of a list that the request asks for, with the addresses of its neighbours.

    `name` is both the parameter that holds the place and the id of the list in the page, which may
    show several; `ordering` is one column or annotation. A place of another list, or one that is
    made up, leads to the beginning.
    """
    place = request.GET.get(name)
    try:
        found = _listing(request, rows, ordering, limit, place).page()
    except InvalidInput:
        found = _listing(request, rows, ordering, limit, None).page()
    return Page(
        found.rows,
        next=_address(request, name, found.next),
        previous=_address(request, name, found.previous),
    )


def _listing(
    request: PageRequest, rows: QuerySet[RowT], ordering: str, limit: int, place: str | None
) -> Listing[RowT]:
    parameters = QueryDict(mutable=True)
    parameters[LIMIT] = str(limit)
    if place is not None:
        parameters[CURSOR] = place
    return Listing(
        ordering=Ordering.parse(ordering),
        path=request.path,
        parameters=parameters,
        organisation=str(request.reader.member.pk),
        queryset=rows,
    )


def _address(request: PageRequest, name: str, found: str | None) -> str | None:
    """A neighbour's address on this page, where the other lists stay as they are."""
    if found is None:
        return None
    query = request.GET.copy()
    query[name] = parse_qs(urlsplit(found).query)[CURSOR][0]
    return f"?{query.urlencode()}#{name}"
