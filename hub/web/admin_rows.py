"""Rows of one model for operators: a list that counts nothing, and a page for each row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, NamedTuple, TypeVar

from django import forms
from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import label_for_field, quote, unquote
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from hub.kit.errors import Absent
from hub.web.admin_cells import Column, cell, nothing
from hub.web.pages import render_page

Row = TypeVar("Row", bound=Model)

PER_PAGE: Final = 50
SCANNED: Final = 100_000
"""Rows that one page of a narrowed list looks through at most; the next page goes on from there."""


LABELS: Final = {
    "slug": _("Short name"),
    "pap": "PAP",
    "email": _("E-mail address"),
    "id": _("Number"),
    "created_at": _("Made"),
    "updated_at": _("Changed"),
    "published_at": _("Published"),
    "withdrawn_at": _("Withdrawn"),
    "expires_at": _("Ends"),
    "accepted_at": _("Accepted"),
    "revoked_at": _("Revoked"),
    "merged_at": _("Merged"),
    "last_used_at": _("Last used"),
    "last_seen_at": _("Last seen"),
    "last_login": _("Last sign-in"),
    "signed_in_at": _("Signed in"),
    "recorded_at": _("Recorded"),
    "first_attempt_at": _("First attempt"),
    "finished_at": _("Ended"),
    "fanned_out_at": _("Fan-out done"),
    "not_before": _("Left alone until"),
    "attempt_no": _("Attempts"),
    "created_by": _("Made by"),
    "url": _("Address"),
    "subject_id": _("Subject"),
    "stream_id": _("Stream"),
    "state_reason": _("Reason of the state"),
    "objects_named": _("Subject"),
    "at": _("When"),
}
"""What columns are called that are called alike everywhere."""


NEVER: Final = frozenset(
    {
        *("published_at", "withdrawn_at", "expires_at", "accepted_at", "revoked_at"),
        *("last_used_at", "last_seen_at", "last_login", "first_attempt_at", "finished_at"),
    }
)
"""Moments that may not have come, and need not come."""


def example(text: str | Promise) -> dict[str, Any]:
    """What a field of `Narrowing` is filled in with, for its widget: there is no room for help."""
    return {"widget": forms.TextInput({"placeholder": text})}


class Narrowing(forms.Form):
    """What a list is narrowed to. Subclasses name their fields; nothing else reaches the query."""

    after = forms.CharField(required=False, widget=forms.HiddenInput)

    @property
    def given(self) -> dict[str, Any]:
        """What was filled in."""
        wanted: Mapping[str, Any] = self.cleaned_data if self.is_valid() else {}
        return {name: value for name, value in wanted.items() if name != "after" and value}


class Panel(NamedTuple):
    """A titled part of the page of a row, besides its facts."""

    title: str | Promise
    content: SafeString


class Door(NamedTuple):
    """A way to something that can be done, or seen."""

    name: str
    label: str | Promise
    url: str
    is_dangerous: bool = False


@dataclass(frozen=True)
class Cut(Generic[Row]):
    """A page of a list, and where the next one begins if there may be one."""

    rows: list[Row]
    older: str


class RowAdmin(ModelAdmin, Generic[Row]):  # type: ignore[type-arg] # not generic at run time
    """Shows rows, and changes none.

    Django's own list takes any column from the address (`?password__startswith=`), counts, and
    sorts by whatever is asked; this one knows the fields of `narrowing`, and one order. `order` is
    a unique column, which the cursor of the list holds.
    """

    title: str | Promise = ""
    """What the rows are called together."""
    facts: Sequence[str] = ()
    """Of the page of a row, as `list_display` of the list."""
    order: str = "-pk"
    narrowing: type[Narrowing] = Narrowing
    exact: frozenset[str] = frozenset()
    """Fields of `narrowing` that an index answers; a list narrowed by others is looked through."""
    has_page = True
    explanation: str | Promise = ""
    """A sentence above the list."""
    numbers: frozenset[str] = frozenset()
    """Columns of numbers that are compared with those above and below."""
    quiet: frozenset[str] = frozenset()
    """Columns that need no heading for the eye."""

    # What Django asks -----------------------------------------------------------------------
    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.admin_site.has_permission(request)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        base = f"{self.opts.app_label}/{self.opts.model_name}/"
        pages = [path(base, wrap(require_safe(self.list_view)), name=self._name("changelist"))]
        if self.has_page:
            at = f"{base}<str:object_id>/"
            pages.append(path(at, wrap(require_safe(self.row_view)), name=self._name("change")))
        return pages

    def _name(self, what: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{what}"

    def list_url(self) -> str:
        return reverse(f"admin:{self._name('changelist')}")

    def row_url(self, row: Row) -> str:
        """The page of a row; empty where rows have none."""
        if not self.has_page:
            return ""
        return reverse(f"admin:{self._name('change')}", args=[self.key(row)])

    def key(self, row: Row) -> str:
        """What names a row in addresses; `find` is its inverse."""
        return str(quote(row.pk))

    # The list -------------------------------------------------------------------------------
    def list_view(self, request: HttpRequest) -> HttpResponse:
        form = self.narrowing(request.GET or None)
        cut = self.cut(request, form)
        self.prepare(cut.rows)
        context = {
            "title": self.title,
            "explanation": self.explanation,
            "form": form,
            "filters": form.visible_fields(),
            "is_narrowed": bool(form.given),
            "is_mistaken": form.is_bound and not form.is_valid(),
            "columns": [self._column(name) for name in self.columns],
            "rows": [self._shown(row) for row in cut.rows],
            "older": _at(request, cut.older) if cut.older else "",
            "newest": _at(request, "") if request.GET.get("after") else "",
            "doors": self.list_doors(request),
            "together": self.together(request),
        }
        return render_page(request, "admin/change_list.html", context)

    def cut(self, request: HttpRequest, form: Narrowing) -> Cut[Row]:
        """One page of the rows that were asked for. One query, two if the list is narrowed."""
        if form.is_bound and not form.is_valid():
            return Cut([], "")
        name, sign = self._order()
        after = self._place(form.cleaned_data["after"] if form.is_bound else "")
        everything: QuerySet[Row] = self.get_queryset(request).order_by(self.order)
        beyond = {f"{name}__{sign}": after} if after is not None else {}
        rows, edge = everything.filter(**beyond), None
        if form.given:
            edge = None if form.given.keys() <= self.exact else self._edge(beyond)
            within = {f"{name}__{'gte' if sign == 'lt' else 'lte'}": edge} if edge else {}
            rows = self.narrow(rows.filter(**within), form.given)
        found = list(rows[: PER_PAGE + 1])
        if len(found) > PER_PAGE:
            return Cut(found[:PER_PAGE], str(getattr(found[PER_PAGE - 1], name)))
        return Cut(found, str(edge) if edge else "")

    def _edge(self, beyond: Mapping[str, Any]) -> Any:
        """The last row that this page looks at, if there are more behind it; by the index alone."""
        keys: QuerySet[Row, Any] = self.model._default_manager.filter(**beyond)  # noqa: SLF001 - Django's documented API
        name, _sign = self._order()
        last = keys.order_by(self.order).values_list(name, flat=True)
        return next(iter(last[SCANNED - 1 : SCANNED]), None)

    def narrow(self, rows: QuerySet[Row], given: Mapping[str, Any]) -> QuerySet[Row]:
        """The rows that `given`, of the fields of `narrowing`, means."""
        return rows

    def prepare(self, rows: Sequence[Row]) -> None:
        """Fetch together what the columns need of all rows."""

    def list_doors(self, request: HttpRequest) -> list[Door]:
        """What can be done that is about no row that is there."""
        return []

    def together(self, request: HttpRequest) -> list[Door]:
        """What can be done with several rows at once."""
        return []

    def _order(self) -> tuple[str, str]:
        name = self.order.removeprefix("-")
        column = self.opts.pk.attname if name == "pk" else name
        return column, "lt" if self.order.startswith("-") else "gt"

    def _place(self, text: str) -> Any:
        """Where to go on; None for the beginning, and for what is no place."""
        name, _sign = self._order()
        try:
            place = self._field(name).to_python(text) if text else None
        except ValidationError:
            return None
        is_without_zone = isinstance(place, datetime) and timezone.is_naive(place)
        return None if is_without_zone else place

    def _field(self, name: str) -> Any:
        return self.opts.get_field(name)

    def _shown(self, row: Row) -> dict[str, Any]:
        cells = [(self._column(name), self._cell(row, name)) for name in self.columns]
        return {
            "key": self.key(row),
            "name": self.called(row),
            "url": self.row_url(row),
            "cells": cells,
        }

    # One row --------------------------------------------------------------------------------
    def row_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.find(request, object_id)
        self.prepare([row])
        context = {
            "title": self.called(row),
            "list_title": self.title,
            "list_url": self.list_url(),
            "facts": self.shown_facts(row, self.facts),
            "panels": self.panels(request, row),
            "doors": self.doors(request, row),
            "see_also": self.see_also(row),
        }
        return render_page(request, "admin/row.html", context)

    def find(self, request: HttpRequest, object_id: str) -> Row:
        """The row of an address. Raises Absent."""
        try:
            pk = self.opts.pk.to_python(unquote(object_id))
        except ValidationError as error:
            raise Absent from error
        if isinstance(pk, str) and "\0" in pk:
            raise Absent
        rows: QuerySet[Row] = self.get_queryset(request)
        found = rows.filter(pk=pk).first()
        if found is None:
            raise Absent
        return found

    def panels(self, request: HttpRequest, row: Row) -> list[Panel]:
        """What else the page of a row shows."""
        return []

    def doors(self, request: HttpRequest, row: Row) -> list[Door]:
        """What can be done with a row, as it is now."""
        return []

    def see_also(self, row: Row) -> list[Door]:
        """Where other rows stand that have to do with it."""
        return []

    def called(self, row: Row) -> str:
        """What a row is called in headings, and by those who only hear the page."""
        return str(row)

    def shown_facts(self, row: Row, names: Iterable[str]) -> list[tuple[str, SafeString]]:
        return [(self._label(name), self._cell(row, name)) for name in names]

    # Columns --------------------------------------------------------------------------------
    @property
    def columns(self) -> list[str]:
        return [str(name) for name in self.list_display]

    def value(self, row: Row, name: str) -> Any:
        """What a column says of a row: a method of this class by that name, else the row's own."""
        own = getattr(self, name, None)
        if callable(own) and not self._is_field(name):
            return own(row)
        return getattr(row, name)

    def _is_field(self, name: str) -> bool:
        try:
            field: Any = self.opts.get_field(name)
        except FieldDoesNotExist:
            return False
        # What others point to this row with is no column of it.
        return bool(field.concrete)

    def _cell(self, row: Row, name: str) -> SafeString:
        value = self.value(row, name)
        return nothing(gettext("never")) if value is None and name in NEVER else cell(value)

    def _column(self, name: str) -> Column:
        return Column(self._label(name), name in self.numbers, name in self.quiet)

    def _label(self, name: str) -> str:
        return str(LABELS.get(name) or capfirst(str(label_for_field(name, self.model, self))))


def _at(request: HttpRequest, place: str) -> str:
    """The same question from another place on; from the beginning, if it is empty."""
    query = request.GET.copy()
    query.pop("after", None)
    if place:
        query["after"] = place
    return f"?{query.urlencode()}"
