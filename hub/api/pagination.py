"""Pages of a list by the place of their last row, so that new rows shift nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from django.conf import settings
from django.db.models import Field, Model, Q, QuerySet
from django.http import QueryDict

from hub.api.cursors import Cursor, seal_cursor, unseal_cursor
from hub.kit.errors import InvalidInput

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200
LIMIT: Final = "limit"
CURSOR: Final = "cursor"

RowT = TypeVar("RowT", bound=Model)


@dataclass(frozen=True)
class Ordering:
    """One column of the model or annotation, and the primary key among equals.

    As PostgreSQL has it, null is greater than everything.
    """

    column: str
    descending: bool

    @classmethod
    def parse(cls, text: str) -> Ordering:
        """Read `updated_at` or `-updated_at`."""
        return cls(column=text.removeprefix("-"), descending=text.startswith("-"))

    def __str__(self) -> str:
        return ("-" if self.descending else "") + self.column

    def terms(self, *, backwards: bool) -> list[str]:
        sign = "-" if self.descending != backwards else ""
        return [sign + column for column in dict.fromkeys([self.column, "pk"])]


@dataclass(frozen=True)
class Page(Generic[RowT]):
    """Rows in their order, and the addresses of the neighbouring pages."""

    rows: list[RowT]
    next: str | None
    previous: str | None


@dataclass(frozen=True)
class Listing(Generic[RowT]):
    """One list as one caller asks for it."""

    queryset: QuerySet[RowT]
    ordering: Ordering
    path: str
    parameters: QueryDict
    organisation: str

    def page(self) -> Page[RowT]:
        """Fetch the page asked for, in one query.

        Raises InvalidInput for a limit out of range, and for a cursor that was not made for this
        path, this ordering and this organisation.
        """
        limit = parse_limit(self.parameters)
        cursor = self._cursor()
        backwards = cursor is not None and cursor.backwards
        queryset = self.queryset.order_by(*self.ordering.terms(backwards=backwards))
        if cursor is not None:
            queryset = queryset.filter(self._beyond(cursor))
        rows = list(queryset[: limit + 1])
        has_more, rows = len(rows) > limit, rows[:limit]
        if backwards:
            rows.reverse()
        came_from, ahead = cursor is not None, has_more
        has_next, has_previous = (came_from, ahead) if backwards else (ahead, came_from)
        return Page(
            rows=rows,
            next=self._neighbour(rows[-1:], cursor, backwards=False) if has_next else None,
            previous=self._neighbour(rows[:1], cursor, backwards=True) if has_previous else None,
        )

    def _beyond(self, cursor: Cursor) -> Q:
        """The rows on the cursor's side of its place."""
        greater = self.ordering.descending == cursor.backwards
        way = "gt" if greater else "lt"
        column, value = self.ordering.column, cursor.value
        tied = Q(**{f"pk__{way}e" if cursor.inclusive else f"pk__{way}": cursor.pk})
        if column == "pk":
            return tied
        nulls = Q(**{f"{column}__isnull": True})
        if value is None:
            return nulls & tied if greater else ~nulls | (nulls & tied)
        # The plain range stands first, so that an index on the column serves.
        beyond = Q(**{f"{column}__{way}e": value}) & (Q(**{f"{column}__{way}": value}) | tied)
        return beyond | nulls if greater and self._field(column).null else beyond

    def _field(self, column: str) -> Field[Any, Any]:
        annotation = self.queryset.query.annotations.get(column)
        if annotation is not None:
            field: Field[Any, Any] = annotation.output_field
            return field
        model_field = self.queryset.model._meta.get_field(column)  # noqa: SLF001 - Django's API
        assert isinstance(model_field, Field)  # noqa: S101 - for the type checker
        return model_field

    def _cursor(self) -> Cursor | None:
        token = self.parameters.get(CURSOR)
        if token is None:
            return None
        cursor = unseal_cursor(token, context=self._context())
        key = self.queryset.model._meta.pk  # noqa: SLF001 - Django's API
        value = cursor.value
        if value is not None:
            value = self._field(self.ordering.column).to_python(value)
        return cursor._replace(value=value, pk=key.to_python(cursor.pk))

    def _neighbour(self, edge: Sequence[RowT], cursor: Cursor | None, *, backwards: bool) -> str:
        column = self.ordering.column
        if cursor is not None and not edge:  # an empty page: back from where it would have begun
            there = cursor.turned()
        else:
            value = None if column == "pk" else getattr(edge[0], column)
            there = Cursor(backwards=backwards, inclusive=False, value=value, pk=edge[0].pk)
        parameters = self.parameters.copy()
        parameters[CURSOR] = seal_cursor(there, context=self._context())
        return f"{settings.HUB_BASE_URL}{self.path}?{parameters.urlencode()}"

    def _context(self) -> str:
        return "cursor:" + json.dumps([self.organisation, self.path, str(self.ordering)])


def parse_limit(parameters: QueryDict) -> int:
    """How many rows a page has. Raises InvalidInput for what is not 1 to 200."""
    text = parameters.get(LIMIT)
    if text is None:
        return DEFAULT_LIMIT
    limit = int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidInput(
            f"limit is a whole number from 1 to {MAX_LIMIT}; without it a page has "
            f"{DEFAULT_LIMIT}.",
            pointer=f"/{LIMIT}",
            code="invalid_limit",
        )
    return limit
