"""What text search looks through, which the database itself keeps in step with the incidents.

Triggers do it, as they copy versions: whatever statement changes an incident, by whichever way, its
old words are gone from the search in the same transaction, and filing sends no text twice.
"""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

SEARCHED = ("title", "summary", "narrative", "script", "targets", "tags", "references")
"""Fields of an incident whose words it is found by."""


class SearchColumn(SearchVectorField):  # type: ignore[type-arg] # generic in the stubs only
    """The words of an incident: asked about, never fetched, for it can be as long as the rest."""

    def select_format(self, compiler: Any, sql: str, params: Any) -> tuple[str, Any]:
        return "NULL", ()


class SearchWord(models.Model):
    """A word of the names of incidents: of their titles, and of whom they show or speak of.

    Misspelt words are looked up here. A word that no incident uses any more is deleted in the
    transaction of the change that took it away.
    """

    word = models.CharField(primary_key=True, max_length=60, db_collation="C")

    class Meta:
        indexes = [
            GinIndex(fields=["word"], name="search_word_trigrams", opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.word


_TOUCHED: Any = pgtrigger.UpdateOf(*SEARCHED, "search")  # type: ignore[no-untyped-call]

SEARCH_TRIGGERS = [
    pgtrigger.Trigger(
        name="search",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | _TOUCHED,
        func='NEW."search" = incident_search(NEW."title", NEW."summary", NEW."narrative",'
        ' NEW."script", NEW."targets", NEW."tags"::text[], NEW."references"); RETURN NEW;',
    ),
    pgtrigger.Trigger(
        name="search_words_added",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        func='PERFORM keep_search_words(NULL, NEW."search"); RETURN NULL;',
    ),
    pgtrigger.Trigger(
        name="search_words_changed",
        when=pgtrigger.After,
        operation=_TOUCHED,
        condition=pgtrigger.Condition('OLD."search" IS DISTINCT FROM NEW."search"'),
        func='PERFORM keep_search_words(OLD."search", NEW."search"); RETURN NULL;',
    ),
    pgtrigger.Trigger(
        name="search_words_removed",
        when=pgtrigger.After,
        operation=pgtrigger.Delete,
        func='PERFORM keep_search_words(OLD."search", NULL); RETURN NULL;',
    ),
]
"""Of the table of incidents; what they call is made by the migration `search`."""
