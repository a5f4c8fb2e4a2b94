"""Ways from one question to the incident list to another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.readers import Reader
from incidents.core.filters import IncidentFilter
from incidents.core.models import SavedFilter
from incidents.core.orderings import ON_TOMBSTONES
from incidents.core.views.choices import NAMES, Choices
from incidents.core.views.questions import Question

COLUMNS: Final = {
    "severity": _("Severity"),
    "updated_at": _("Updated"),
    "published_at": _("Published"),
}
"""What the list can be ordered by."""
OFFERED: Final = 12
"""Saved filters that stand on the list's own page; the others have one of theirs."""


class View(NamedTuple):
    """A part of the list that many ask for, or a question that somebody keeps."""

    label: str | Promise
    address: str
    is_current: bool
    is_shared: bool = False


class Chip(NamedTuple):
    """One value of a filter that is asked for, and the list without it."""

    name: str | Promise
    label: str
    address: str


class Column(NamedTuple):
    """A heading by which the list is ordered; asked again, the other way round."""

    key: str
    label: str | Promise
    address: str
    direction: str
    """As `aria-sort` says it; empty while the list is ordered by another."""


def views_of(question: Question, *, by: Reader) -> list[View]:
    """Each keeps all that is asked besides it."""
    offered = [
        (_("All"), {}),
        (_("Ours"), {"owner": by.member.slug}),
        (_("Drafts"), {"status": "draft"}),
        (_("Withdrawn"), {"status": "withdrawn"}),
    ]
    neither = {"owner": "", "status": ""}
    return [
        View(
            label,
            question.changed(**(neither | asked)).address,
            {name: question.asked.get(name, "") for name in neither} == neither | asked,
        )
        for label, asked in offered
    ]


def saved_views(question: Question, saved: Iterable[SavedFilter]) -> list[View]:
    """Questions that are kept, as they are asked again."""
    return [
        View(
            one.name,
            Question.of(one.query).address,
            Question.of(one.query) == question,
            one.user_id is None,
        )
        for one in saved
    ]


def columns_of(question: Question) -> dict[str, Column]:
    """By the name of what it orders by. What is worst or latest comes first when first asked."""
    columns = {}
    for key, label in COLUMNS.items():
        directions = {f"-{key}": "descending", key: "ascending"}
        other = key if question.ordering == f"-{key}" else f"-{key}"
        columns[key] = Column(
            key,
            label,
            question.changed(ordering=other).address,
            directions.get(question.ordering, ""),
        )
    return columns


def chips_of(question: Question, choices: Choices) -> list[Chip]:
    """One for each value that is asked for."""
    return [
        Chip(NAMES[name], choices.label(name, value), question.without(name, value).address)
        for name in question.filters
        for value in question.values(name)
    ]


def in_words(question: Question, choices: Choices) -> list[tuple[str | Promise, str]]:
    """What is asked: each filter with its values, and the order."""
    said: list[tuple[str | Promise, str]] = [
        (NAMES[name], ", ".join(choices.label(name, value) for value in question.values(name)))
        for name in question.filters
    ]
    key = question.asked.get("ordering", "").removeprefix("-")
    if key in COLUMNS:
        rises = not question.ordering.startswith("-")
        order = gettext("%s, ascending") if rises else gettext("%s, descending")
        said.append((gettext("Order"), order % COLUMNS[key]))
    return said


def leaves_out_tombstones(question: Question) -> bool:
    """Whether withdrawn incidents are asked for by what of those of others nobody may know."""
    if "withdrawn" not in question.values("status"):
        return False
    beyond = question.filters.keys() - IncidentFilter.ON_TOMBSTONES
    return bool(beyond) or question.ordering.removeprefix("-") not in ON_TOMBSTONES


def here(address: str | None) -> str:
    """A neighbouring page's address, from wherever on the page of the list one is."""
    return f"?{urlsplit(address).query}" if address else ""
