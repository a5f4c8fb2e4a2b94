"""Tables that name filters or fields: what is added to one must stand in the others."""

from __future__ import annotations

import pytest

from accounts.readers import Reader
from hub.api.pagination import CURSOR
from hub.dashboard import history
from hub.web import words
from incidents.core.documents import CANONICAL
from incidents.core.filters import WORDS, IncidentFilter, OneOfSeveral
from incidents.core.forms import merging
from incidents.core.inputs import IncidentChanges
from incidents.core.models import Incident
from incidents.core.orderings import SEVERITIES
from incidents.core.views import filter_form
from incidents.core.views.choices import NAMES, VOCABULARIES, Choices
from incidents.core.views.questions import ORDERING, SINGLE
from incidents.crossrefs.showing import RELATIONS
from incidents.taxonomy import registry
from incidents.taxonomy.services import load_vocabularies
from tests import make

MENUS = (*filter_form.OFTEN, *filter_form.SELDOM)
OF_THE_HUB = {
    "id", "ref", "status", "owner", "author", "authenticity", "created_at", "updated_at",
    "published_at", "withdrawn_at", "withdrawn_reason", "merged_into", "version", "revision",
    "change", "change_note", "changed_by", "changed_fields", "readers", "search",
}  # fmt: skip
"""Columns of an incident that nobody sends: the hub sets them."""
UNTOLD = {
    "id", "ref", "owner", "author", "created_at", "updated_at", "version", "revision", "change",
    "change_note", "changed_by", "changed_fields", "readers", "search",
}  # fmt: skip
"""Those of which the history shows no change."""


def columns() -> set[str]:
    return {field.name for field in Incident._meta.concrete_fields}


# Filters ------------------------------------------------------------------------------------
def test_every_filter_has_a_name_on_pages() -> None:
    assert set(NAMES) == set(IncidentFilter.base_filters) == set(WORDS)


def test_every_filter_has_one_place_in_the_form() -> None:
    placed = ["q", *MENUS, *filter_form.TYPED, *filter_form.DAYS]

    assert sorted(placed) == sorted(NAMES)


def test_filters_of_one_value_are_known_as_such() -> None:
    several = {
        name for name, one in IncidentFilter.base_filters.items() if isinstance(one, OneOfSeveral)
    }

    assert SINGLE - {ORDERING, CURSOR} == set(NAMES) - several


@pytest.mark.django_db
def test_every_menu_offers_something() -> None:
    load_vocabularies()
    choices = Choices(Reader(make.member(), None))

    assert [name for name in MENUS if not choices.of(name)] == []
    assert VOCABULARIES.keys() <= set(MENUS)


# Fields -------------------------------------------------------------------------------------
def test_every_field_can_be_sent_or_is_set_by_the_hub() -> None:
    sent = IncidentChanges().fields.keys()

    assert sent == columns() - OF_THE_HUB
    assert columns() >= OF_THE_HUB
    assert CANONICAL.keys() <= sent


def test_the_form_merges_every_field_that_can_be_sent() -> None:
    assert merging.WORDS.keys() == IncidentChanges().fields.keys()


def test_the_history_names_every_field_that_changes() -> None:
    assert history.FIELDS.keys() == columns() - UNTOLD


# Values -------------------------------------------------------------------------------------
def test_severities_are_ranked_and_shown_as_the_vocabulary_has_them() -> None:
    assert list(SEVERITIES) == [value.id for value in known_values("severity")]
    assert set(SEVERITIES) == set(words.SEVERITIES)


def test_every_type_of_link_is_said_from_both_ends() -> None:
    assert RELATIONS.keys() == {value.id for value in known_values("crossref_type")}


def known_values(namespace: str) -> tuple[registry.Value, ...]:
    found = registry.vocabulary(namespace)
    assert found is not None
    return found.values
