"""What operators do with rows: asked with GET, done with POST, by a service and on record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from django import forms
from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.forms import refuse
from accounts.operators import acting, require_proof
from hub.audit.services import Actor
from hub.kit.errors import Conflict, HubError, InvalidInput
from hub.web.admin_rows import Door, Row, RowAdmin
from hub.web.pages import render_page

Words = str | Promise
Subject = TypeVar("Subject", bound=Model | None)
REFUSALS: Final = (Conflict, InvalidInput)
ASK_AND_DO: Final = ["GET", "HEAD", "POST"]
MOST_AT_ONCE: Final = 100


@dataclass(frozen=True)
class Done:
    """What to say when it is done, and where to go on; without `url`, where one came from."""

    words: str
    url: str = ""


@dataclass(frozen=True)
class Deed(Generic[Subject]):
    """Something an operator may do with a row, or without one.

    `do` gets the row, what the form holds, and who acts; it calls one service.
    """

    name: str
    label: Words
    words: Words
    """What happens then, before it does."""
    do: Callable[[Subject, Mapping[str, Any], Actor], Done]
    form: type[forms.Form] = forms.Form
    is_offered: Callable[[Subject], bool] = lambda _: True
    initial: Callable[[Subject], Mapping[str, Any]] = lambda _: {}
    is_dangerous: bool = False
    """Takes something from somebody: the button says so by its colour."""
    afterwards: Callable[[HttpRequest, Subject], None] = lambda _request, _row: None
    """What follows for this session alone."""
    needs_proof: bool = True
    """The password must have been given in the last few minutes."""


class ActingAdmin(RowAdmin[Row]):
    """Rows that operators do something with."""

    deeds: Sequence[Deed[Any]] = ()
    """With one row."""
    deeds_together: Sequence[Deed[Any]] = ()
    """With one row, or with several that were ticked in the list."""
    deeds_anew: Sequence[Deed[Any]] = ()
    """Without a row; `do` gets None."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        base = f"{self.opts.app_label}/{self.opts.model_name}/"
        pages = [
            path(f"{base}{kind}/{deed.name}/", wrap(self._view(ask, deed)), name=self._of(deed))
            for kind, ask, deeds in (
                ("new", self._anew, self.deeds_anew),
                ("together", self._together, self.deeds_together),
            )
            for deed in deeds
        ]
        pages += [
            path(
                f"{base}<str:object_id>/{deed.name}/",
                wrap(self._view(self._with_row, deed)),
                name=f"{self._of(deed)}_row",
            )
            for deed in (*self.deeds, *self.deeds_together)
        ]
        return [*pages, *super().get_urls()]

    def _of(self, deed: Deed[Any]) -> str:
        return self._name(deed.name)

    def _told(self) -> list[str]:
        """What the page of a deed says of its row besides its name: no buttons."""
        return [name for name in self.columns[1:] if name not in self.quiet]

    @staticmethod
    def _view(ask: Callable[..., HttpResponse], deed: Deed[Any]) -> Any:
        def view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            if deed.needs_proof:
                require_proof(request)
            return ask(request, deed, **kwargs)

        return require_http_methods(ASK_AND_DO)(view)

    # Where they are offered -----------------------------------------------------------------
    def doors(self, request: HttpRequest, row: Row) -> list[Door]:
        return [
            Door(deed.name, deed.label, self.deed_url(deed.name, row), deed.is_dangerous)
            for deed in (*self.deeds, *self.deeds_together)
            if deed.is_offered(row)
        ]

    def deed_url(self, name: str, row: Row) -> str:
        return reverse(f"admin:{self._name(name)}_row", args=[self.key(row)])

    def list_doors(self, request: HttpRequest) -> list[Door]:
        return [self._door(deed) for deed in self.deeds_anew]

    def together(self, request: HttpRequest) -> list[Door]:
        return [self._door(deed) for deed in self.deeds_together]

    def _door(self, deed: Deed[Any]) -> Door:
        url = reverse(f"admin:{self._of(deed)}")
        return Door(deed.name, deed.label, url, deed.is_dangerous)

    # How they are done ----------------------------------------------------------------------
    def _with_row(self, request: HttpRequest, deed: Deed[Row], object_id: str) -> HttpResponse:
        row = self.find(request, object_id)
        page = self.row_url(row)
        back = page or self.list_url()
        if not deed.is_offered(row):
            messages.error(request, _("That cannot be done with it now."))
            return redirect(back)
        self.prepare([row])
        shown = {
            "title": f"{deed.label}: {self.called(row)}",
            "back_text": self.called(row) if page else self.title,
            "list_url": self.list_url() if page else "",
            "list_title": self.title,
            "facts": [] if deed.form.base_fields else self.shown_facts(row, self._told()),
        }
        return self._ask(request, deed, row, back=back, shown=shown)

    def _anew(self, request: HttpRequest, deed: Deed[None]) -> HttpResponse:
        shown = {"title": deed.label, "back_text": self.title}
        return self._ask(request, deed, None, back=self.list_url(), shown=shown)

    def _ask(
        self,
        request: HttpRequest,
        deed: Deed[Any],
        row: Any,
        *,
        back: str,
        shown: Mapping[str, Any],
    ) -> HttpResponse:
        # What the address brings is filled in, and sent by nobody but the operator.
        brought = {name: request.GET[name] for name in deed.form.base_fields if name in request.GET}
        initial = {**deed.initial(row), **brought}
        form = deed.form(request.POST if request.method == "POST" else None, initial=initial)
        if request.method == "POST" and form.is_valid():
            try:
                done = deed.do(row, form.cleaned_data, acting(request))
            except REFUSALS as error:
                refuse(form, error)
            else:
                deed.afterwards(request, row)
                messages.success(request, done.words)
                return redirect(done.url or back)
        return self._page(request, deed, form, {"back": back, **shown})

    def _together(self, request: HttpRequest, deed: Deed[Row]) -> HttpResponse:
        """With the rows that were ticked; those that cannot are left, and it is said how many."""
        given = request.POST if request.method == "POST" else request.GET
        rows = [self.find(request, pk) for pk in given.getlist("row")[:MOST_AT_ONCE]]
        if not rows:
            messages.error(request, _("Tick at least one."))
            return redirect(self.list_url())
        form = deed.form(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            self._do_all(request, deed, rows, form.cleaned_data)
            return redirect(self.list_url())
        shown = {
            "title": deed.label,
            "back": self.list_url(),
            "back_text": self.title,
            "chosen": [self.called(row) for row in rows],
            "selected": [self.key(row) for row in rows],
        }
        return self._page(request, deed, form, shown)

    def _do_all(
        self, request: HttpRequest, deed: Deed[Row], rows: Sequence[Row], fields: Mapping[str, Any]
    ) -> None:
        refused: list[HubError] = []
        for row in rows:
            try:
                deed.do(row, fields, acting(request))
            except REFUSALS as error:
                refused.append(error)
        if done := len(rows) - len(refused):
            words = ngettext("%(number)d was done.", "%(number)d were done.", done)
            messages.success(request, words % {"number": done})
        if refused:
            words = ngettext(
                "%(number)d was left as it is: %(why)s",
                "%(number)d were left as they are, the first because: %(why)s",
                len(refused),
            )
            messages.error(request, words % {"number": len(refused), "why": refused[0].detail})

    def _page(
        self, request: HttpRequest, deed: Deed[Any], form: forms.Form, shown: Mapping[str, Any]
    ) -> HttpResponse:
        context = {
            "form": form,
            "label": deed.label,
            "words": deed.words,
            "is_dangerous": deed.is_dangerous,
            **shown,
        }
        return render_page(request, "admin/deed.html", context)
