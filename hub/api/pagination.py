"""Pages of a list by the place of their last row, so that new rows shift nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from django.conf import settings
from django.db.models import BooleanField, F, Field, Func, Lookup, Model, Q, QuerySet, Value
from django.db.models.lookups import GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual
from django.http import QueryDict

from hub.api.cursors import Cursor, seal_cursor, unseal_cursor
from hub.kit.errors import InvalidInput

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200
LIMIT: Final = "limit"
CURSOR: Final = "cursor"

ItemT = TypeVar("ItemT")
RowT = TypeVar("RowT", bound=Model)


class _Row(Func):
    """The columns of a place in a list, compared in their order."""

    function = "ROW"
    output_field = BooleanField()  # of none of its own; lookups ask for one


_COMPARISONS: Final[dict[tuple[bool, bool], type[Lookup[Any]]]] = {
    (False, False): LessThan,
    (False, True): LessThanOrEqual,
    (True, False): GreaterThan,
    (True, True): GreaterThanOrEqual,
}
"""By whether the greater rows are wanted, and whether the row itself is."""


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
class Page(Generic[ItemT]):
    """Rows in their order, and the addresses of the neighbouring pages."""

    rows: list[ItemT]
    next: str | None
    previous: str | None


@dataclass(frozen=True)
class Pages(Generic[ItemT]):
    """One list as one caller asks for it, wherever its rows come from."""

    ordering: Ordering
    path: str
    parameters: QueryDict
    organisation: str

    def fetch(self, cursor: Cursor | None, *, backwards: bool, limit: int) -> list[ItemT]:
        """Up to `limit` rows beyond the cursor's place, nearest first."""
        raise NotImplementedError

    def place_of(self, row: ItemT) -> tuple[Any, Any]:
        """The value that orders the list, and the key among equals; as JSON can say them."""
        raise NotImplementedError

    def page(self) -> Page[ItemT]:
        """Fetch the page asked for, in one query.

        Raises InvalidInput for a limit out of range, and for a cursor that was not made for this
        path, this ordering and this organisation.
        """
        limit = parse_limit(self.parameters)
        token = self.parameters.get(CURSOR)
        cursor = None if token is None else unseal_cursor(token, context=self._context())
        backwards = cursor is not None and cursor.backwards
        rows = self.fetch(cursor, backwards=backwards, limit=limit + 1)
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

    def _neighbour(self, edge: Sequence[ItemT], cursor: Cursor | None, *, backwards: bool) -> str:
        if cursor is not None and not edge:  # an empty page: back from where it would have begun
            there = cursor.turned()
        else:
            value, pk = self.place_of(edge[0])
            there = Cursor(backwards=backwards, inclusive=False, value=value, pk=pk)
        parameters = self.parameters.copy()
        parameters[CURSOR] = seal_cursor(there, context=self._context())
        return f"{settings.HUB_BASE_URL}{self.path}?{parameters.urlencode()}"

    def _context(self) -> str:
        return "cursor:" + json.dumps([self.organisation, self.path, str(self.ordering)])


@dataclass(frozen=True)
class Listing(Pages[RowT]):
    """The rows of a queryset, filtered and not yet ordered."""

    queryset: QuerySet[RowT]

    def fetch(self, cursor: Cursor | None, *, backwards: bool, limit: int) -> list[RowT]:
        queryset = self.queryset.order_by(*self.ordering.terms(backwards=backwards))
        if cursor is not None:
            queryset = queryset.filter(self._beyond(self._read(cursor)))
        return list(queryset[:limit])

    def place_of(self, row: RowT) -> tuple[Any, Any]:
        column = self.ordering.column
        return None if column == "pk" else getattr(row, column), row.pk

    def _beyond(self, cursor: Cursor) -> Q | Lookup[Any]:
        """The rows on the cursor's side of its place."""
        greater = self.ordering.descending == cursor.backwards
        way = "gt" if greater else "lt"
        column, value = self.ordering.column, cursor.value
        if column != "pk" and not self._field(column).null:
            return self._row_beyond(cursor, greater=greater)
        tied = Q(**{f"pk__{way}e" if cursor.inclusive else f"pk__{way}": cursor.pk})
        if column == "pk":
            return tied
        nulls = Q(**{f"{column}__isnull": True})
        if value is None:
            return nulls & tied if greater else ~nulls | (nulls & tied)
        # The plain range stands first, so that an index on the column serves.
        beyond = Q(**{f"{column}__{way}e": value}) & (Q(**{f"{column}__{way}": value}) | tied)
        return beyond | nulls if greater and self._field(column).null else beyond

    def _row_beyond(self, cursor: Cursor, *, greater: bool) -> Lookup[Any]:
        """As one comparison, by which an index on both is entered at the very row.

        However many rows share the value, none of them is read twice.
        """
        column = self.ordering.column
        key = self.queryset.model._meta.pk  # noqa: SLF001 - Django's API
        place = _Row(
            Value(cursor.value, output_field=self._field(column)),
            Value(cursor.pk, output_field=key),
        )
        return _COMPARISONS[greater, cursor.inclusive](_Row(F(column), F("pk")), place)

    def _field(self, column: str) -> Field[Any, Any]:
        annotation = self.queryset.query.annotations.get(column)
        if annotation is not None:
            field: Field[Any, Any] = annotation.output_field
            return field
        model_field = self.queryset.model._meta.get_field(column)  # noqa: SLF001 - Django's API
        assert isinstance(model_field, Field)  # noqa: S101 - for the type checker
        return model_field

    def _read(self, cursor: Cursor) -> Cursor:
        """The cursor with its values as the columns have them."""
        key = self.queryset.model._meta.pk  # noqa: SLF001 - Django's API
        value = cursor.value
        if value is not None:
            value = self._field(self.ordering.column).to_python(value)
        return cursor._replace(value=value, pk=key.to_python(cursor.pk))


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
