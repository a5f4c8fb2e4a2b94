"""Every address of the hub, as its URL configuration has it, and which of them are pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

NO_PAGES: Final = {
    "healthz": "a load balancer reads one word there",
    "readyz": "a load balancer reads one word there",
    "metrics": "Prometheus reads numbers there",
    "api/v1/": "programs read JSON there, as the API's own document describes it",
    "home": "leads on, to the list of incidents or to the operators' first page",
}
"""Why an address is no page: by name, or by how the route of one without a page begins."""

PAGES_OF_THE_API: Final = frozenset({"api_docs"})

MADE_UP: Final[Mapping[str, Any]] = {
    "IntConverter": 1,
    "RefConverter": "DF-00000000",
    "SlugConverter": "x",
    "StringConverter": "x",
    "UUIDConverter": UUID(int=0),
}
"""Arguments that name nothing, by their kind."""


class Address(NamedTuple):
    """Something that is served."""

    name: str
    """With its namespace; empty where it has none."""
    route: str
    arguments: Mapping[str, str]
    """Their kinds, by their names."""

    @property
    def why_no_page(self) -> str:
        """A reason of `NO_PAGES`, or nothing."""
        if self.name in PAGES_OF_THE_API:
            return ""
        reasons = (
            words
            for key, words in NO_PAGES.items()
            if self.name == key or (self.route and self.route.startswith(key))
        )
        return next(reasons, "")

    def takes_forms_alone(self, client: Client) -> bool:
        """Whether it is no more than where a form is sent to; asked with a method nobody takes."""
        made_up = {name: MADE_UP[kind] for name, kind in self.arguments.items()}
        answer = client.trace(reverse(self.name, kwargs=made_up))
        return answer.status_code == 405 and "GET" not in answer["Allow"]


def addresses() -> list[Address]:
    """All that the hub serves, but static files."""
    return list(_walk(get_resolver().url_patterns, Address("", "", {})))


def pages() -> list[Address]:
    """Those that answer a browser with a page, or with a part of one."""
    client = Client()
    return [one for one in addresses() if not (one.why_no_page or one.takes_forms_alone(client))]


def _walk(patterns: Sequence[Any], above: Address) -> Iterator[Address]:
    for pattern in patterns:
        kinds = {name: type(one).__name__ for name, one in pattern.pattern.converters.items()}
        route, arguments = above.route + str(pattern.pattern), {**above.arguments, **kinds}
        if isinstance(pattern, URLResolver):
            namespace = f"{pattern.namespace}:" if pattern.namespace else ""
            within = Address(above.name + namespace, route, arguments)
            yield from _walk(pattern.url_patterns, within)
        else:
            name = above.name + pattern.name if pattern.name else ""
            yield Address(name, route, arguments)
