"""A query that is written out once, to be asked about wherever it is needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db.models import BooleanField, Func, QuerySet
from django.db.models.expressions import RawSQL

NOTHING: Final = "SELECT NULL::uuid WHERE false"


class _IsAmong(Func):
    """Whether a query, the first argument, selects what a column says."""

    template = "EXISTS(SELECT FROM %(expressions)s%(end)s)"
    arg_joiner = " AS selected (id) WHERE selected.id = "
    arity = 2
    output_field = BooleanField()


@dataclass(frozen=True)
class Selection:
    """The ids that a query selects.

    Where querysets are nested, Django works through the inner ones again at each level, and in
    each place that one of them stands in: that takes longer than PostgreSQL takes to answer.
    """

    query: str
    parameters: tuple[Any, ...]

    @classmethod
    def of(cls, rows: QuerySet[Any, Any], column: str = "pk") -> Selection:
        """What `rows` have in `column`; they may not refer to a query around them."""
        try:
            query, parameters = rows.order_by().values(column).query.sql_with_params()
        except EmptyResultSet:  # Django knows without asking
            return cls(NOTHING, ())
        return cls(query, tuple(parameters))

    def holds(self, column: str) -> Func:
        """Whether it is among them what `column` says; asked of each row that is looked at.

        PostgreSQL would sometimes find out first all that is selected, even if few rows ask.
        """
        return self._is_among(column, end=" OFFSET 0")

    def holds_any(self, column: str) -> Func:
        """The same, for PostgreSQL to begin with the rows, or with all that is selected."""
        return self._is_among(column, end="")

    def _is_among(self, column: str, *, end: str) -> Func:
        # Values are parameters, and names are ours: the query comes as Django compiled it.
        query = RawSQL(self.query, self.parameters)  # noqa: S611
        return _IsAmong(query, column, end=end)
