"""The operators' part of the hub: a Django admin in which nothing but services writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from hub.web.pages import render_page

View = Callable[..., HttpResponse]
Words = str | Promise

MOST_COUNTED: Final = 10_000
"""Nothing on a page counts further than this, however much there is."""


class Figure(NamedTuple):
    """A number of the front page, and what it should be."""

    label: Words
    value: Words
    is_fine: bool
    normal: Words
    """What is normal, and what it means when it is not."""
    url: str = ""


class Figures(NamedTuple):
    """Figures that belong together."""

    title: Words
    figures: list[Figure]


class Directory(Protocol):
    """Knows people and organisations by the ids that other rows keep of them."""

    def names(self, ids: Iterable[UUID]) -> Mapping[UUID, str]:
        """What they are called; those that are not there any more are left out."""

    def ids(self, text: str) -> list[UUID]:
        """Whom this address or short name means."""


class NobodyKnown:
    """The directory before somebody brings one."""

    def names(self, ids: Iterable[UUID]) -> Mapping[UUID, str]:
        return {}

    def ids(self, text: str) -> list[UUID]:
        return []


class OperatorSite(AdminSite):
    """Django's admin without its sign-in, its forms and its counting.

    Slices bring what it shows: their `admin.py` registers rows, pages and figures. Who may come in
    is decided by `guard`, which the accounts bring; without it nobody may.
    """

    site_title = _("Operating the hub")
    site_header = _("Operating the hub")
    enable_nav_sidebar = False
    final_catch_all_view = False
    guard: Callable[[View], View] | None = None
    directory: Directory = NobodyKnown()

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self._pages: list[tuple[str, str, View]] = []
        self._figures: list[Callable[[], Figures]] = []

    def add_page(self, address: str, *, name: str, view: View) -> None:
        """A page that is not about rows of one model, at `admin/<address>` as `admin:<name>`."""
        self._pages.append((address, name, view))

    def add_figures(self, count: Callable[[], Figures]) -> None:
        """Figures for the front page, counted whenever it is asked for."""
        self._figures.append(count)

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated and request.user.is_operator

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """For operators alone; to everybody else there is no such page."""

        def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if self.guard is None:
                raise Http404
            return self.guard(view)(request, *args, **kwargs)

        return page

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Nothing of Django's own: no second sign-in, and no address that only it uses."""
        pages: list[URLPattern | URLResolver] = [
            path("", self.admin_view(require_safe(self.front)), name="index"),
            *(path(at, self.admin_view(view), name=name) for at, name, view in self._pages),
        ]
        for row_admin in self._registry.values():
            pages += row_admin.get_urls()
        return pages

    def front(self, request: HttpRequest) -> HttpResponse:
        """The health of the hub."""
        groups = [count() for count in self._figures]
        figures = [figure for group in groups for figure in group.figures]
        wrong = [figure for figure in figures if not figure.is_fine]
        return render_page(request, "admin/index.html", {"groups": groups, "wrong": wrong})


site = OperatorSite()


def counted(number: int) -> str:
    """A number that was counted up to `MOST_COUNTED`, as it is told."""
    return f"{MOST_COUNTED:,} or more" if number >= MOST_COUNTED else f"{number:,}"
