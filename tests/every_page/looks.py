"""Who opens which page of what: the one list of them, for whatever must hold of every page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from django.http import HttpRequest
from django.urls import reverse

from accounts.deeds import ActingAdmin
from hub.web.admin_rows import RowAdmin
from hub.web.admin_site import site
from tests.every_page.addresses import Address, pages
from tests.every_page.world import (
    ADMIN,
    ANALYST,
    LEAD,
    NOBODY,
    OPENER,
    OPERATOR,
    VIEWER,
    World,
)


class Look(NamedTuple):
    """A page that somebody opens."""

    name: str
    by: str
    path: str
    is_part: bool = False
    """A part of a page, for htmx."""

    def __str__(self) -> str:
        return f"{self.path} by {self.by}"


Of = Callable[[World], tuple[Any, ...]]
"""The arguments of an address."""


class Shown(NamedTuple):
    """Of what, for whom, and with which question, a page is shown."""

    of: Of = lambda _: ()
    by: str = ADMIN
    query: Callable[[World], str] = lambda _: ""
    is_part: bool = False


def _asking(query: str, *, by: str = ADMIN) -> Shown:
    return Shown(by=by, query=lambda _: query)


def _incidents(*names: str, by: str = LEAD) -> list[Shown]:
    return [Shown(_of(lambda world, name: (getattr(world, name).ref,), name), by) for name in names]


def _endpoints(*names: str) -> list[Shown]:
    return [Shown(_of(lambda world, name: (getattr(world, name).pk,), name)) for name in names]


def _deliveries(*names: str) -> list[Shown]:
    return [
        Shown(_of(lambda world, name: (world.endpoint.pk, getattr(world, name).sequence), name))
        for name in names
    ]


def _of(named: Callable[[World, str], tuple[Any, ...]], name: str) -> Of:
    return lambda world: named(world, name)


TO_NOBODY: Final = [Shown(by=NOBODY)]
SHOWN: Final[Mapping[str, list[Shown]]] = {
    # Before somebody signs in
    "account_login": TO_NOBODY,
    "account_reset_password": TO_NOBODY,
    "account_reset_password_done": TO_NOBODY,
    "account_reset_password_from_key": [
        Shown(lambda w: w.reset, by=NOBODY),
        Shown(lambda w: (w.reset[0], "no-key"), by=NOBODY),
    ],
    "invitation": [Shown(lambda w: (w.invited,), by=NOBODY)],
    "api_docs": TO_NOBODY,
    "design": [_asking("toast=1", by=NOBODY)],
    # Account and organisation
    "account": [Shown(), Shown(by=OPERATOR)],
    "organisation": [Shown(), Shown(by=VIEWER)],
    "person": [Shown(lambda w: (w.colleague.pk,)), Shown(lambda w: (w.former.pk,))],
    "token_revoke": [Shown(lambda w: (w.token.pk,))],
    # Incidents
    "incident_list": [
        Shown(by=VIEWER),
        Shown(by=LEAD),
        _asking("status=draft&status=withdrawn&severity=critical&ordering=-severity", by=LEAD),
        _asking("q=nothing+is+called+so"),
    ],
    "saved_filter_new": [_asking("q=voice&severity=critical&country=SK")],
    "saved_filter": [Shown(lambda w: (w.saved.pk,))],
    "saved_filter_delete": [Shown(lambda w: (w.saved.pk,))],
    "incident": [
        *_incidents("incident", "narrow", "red", "draft", "withdrawn", "merged", "foreign"),
        *_incidents("incident", "tombstone", by=VIEWER),
    ],
    "incident_alerts": _incidents("incident", "narrow"),
    "incident_new": [
        Shown(by=ANALYST),
        Shown(by=LEAD, query=lambda w: f"form={w.form}"),
    ],
    "incident_duplicates": [
        Shown(by=LEAD, query=lambda w: f"form={w.form}"),
        Shown(by=LEAD, query=lambda w: f"incident={w.draft.ref}", is_part=True),
    ],
    "tag_suggestions": [Shown(query=lambda _: "q=robo", is_part=True)],
    "incident_edit": _incidents("draft"),
    "incident_publish": _incidents("draft"),
    "incident_withdraw": _incidents("incident"),
    "incident_delete": _incidents("draft"),
    "observation_new": _incidents("narrow", "foreign"),
    "crossref_new": _incidents("foreign"),
    "crossref_delete": [Shown(lambda w: (w.link.pk,), by=LEAD)],
    # Endpoints
    "endpoint": _endpoints("endpoint", "idle", "failing", "paused"),
    "endpoint_first_event": [Shown(lambda w: (w.failing.pk,), is_part=True)],
    "endpoint_edit": _endpoints("endpoint"),
    "endpoint_enable": _endpoints("paused"),
    "endpoint_delete": _endpoints("endpoint"),
    "delivery": _deliveries("delivered", "waiting", "dead", "cancelled"),
    "feed_state": [Shown(), Shown(by=VIEWER)],
    # Operators
    "admin:vocabulary": [Shown(lambda _: ("harms",), by=OPERATOR)],
    "admin:why": [
        Shown(by=OPERATOR),
        Shown(by=OPERATOR, query=lambda w: f"ref={w.narrow.ref}&member=acme&email=&observation="),
    ],
    "admin:incidents_incident_change": [
        Shown(lambda w: (w.incident.pk,), by=OPERATOR),
        Shown(lambda w: (w.incident.pk,), by=OPENER),
    ],
}
"""All but what follows from the address: a page of nothing in particular, and operators' rows."""


def looks(world: World) -> list[Look]:
    """Every page of the hub, and each of its parts, with those who open them."""
    found = []
    rows = {one.name: one for one in row_pages()}
    for address in pages():
        if address.name in rows and address.name not in SHOWN:
            found.append(Look(address.name, OPERATOR, rows[address.name].path(world)))
        else:
            shown = SHOWN.get(address.name) or [Shown(by=_guest(address))]
            found += [_look(address, one, world) for one in shown]
    return found


def unnamed() -> list[str]:
    """Pages of which nobody says what they are shown of."""
    known = {*SHOWN, *(one.name for one in row_pages())}
    return [
        one.name or one.route
        for one in pages()
        if not one.name or (one.arguments and one.name not in known)
    ]


def _guest(address: Address) -> str:
    return OPERATOR if address.name.startswith("admin:") else ADMIN


def _look(address: Address, shown: Shown, world: World) -> Look:
    path, query = reverse(address.name, args=shown.of(world)), shown.query(world)
    whole = f"{path}?{query}" if query else path
    return Look(address.name, shown.by, whole, shown.is_part)


# Rows of the operators' models --------------------------------------------------------------
class RowPage(NamedTuple):
    """A page of one row, or of rows that were ticked."""

    name: str
    rows: RowAdmin[Any]
    is_shown_of: Callable[[Any], bool] = lambda _: True
    takes_ticked: bool = False

    def path(self, world: World) -> str:
        """Of the world's main row of this kind, if it is offered there."""
        found = [one for one in self.rows.get_queryset(HttpRequest()) if self.is_shown_of(one)]
        assert found, f"The world has no row for {self.name}"
        key = self.rows.key(min(found, key=lambda one: one.pk not in world.main))
        if self.takes_ticked:
            return f"{reverse(self.name)}?row={key}"
        return reverse(self.name, args=[key])


def row_pages() -> Iterator[RowPage]:
    """Those of every model that operators are shown, and of what they do with its rows."""
    for rows in site._registry.values():
        assert isinstance(rows, RowAdmin)
        yield RowPage(f"admin:{rows._name('change')}", rows)
        if isinstance(rows, ActingAdmin):
            for deed in (*rows.deeds, *rows.deeds_together):
                name = f"admin:{rows._name(deed.name)}_row"
                yield RowPage(name, rows, deed.is_offered)
            for deed in rows.deeds_together:
                name = f"admin:{rows._name(deed.name)}"
                yield RowPage(name, rows, deed.is_offered, takes_ticked=True)
