"""Taggings of incidents that were filed before there were any."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from incidents.core.indexing import write_indexes
from incidents.core.models import Incident
from incidents.core.taggings import Tagging

BATCH: Final = 500
"""Incidents that are indexed in one transaction, and locked together."""
FIRST: Final = UUID(int=0)


def index_tags() -> int:
    """Make the taggings that are missing; returns of how many incidents.

    In batches of their own transactions: run again after it was interrupted, it goes on where it
    ended, and once done it changes nothing.
    """
    done, last = 0, FIRST
    while pks := list(_unindexed().filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        done += _index(pks)
        last = pks[-1]
    return done


def _unindexed() -> QuerySet[Incident]:
    known = Tagging.objects.filter(incident=OuterRef("pk"))
    return Incident.objects.exclude(tags=[]).filter(~Exists(known)).order_by("pk")


@transaction.atomic
def _index(pks: list[UUID]) -> int:
    rows = Incident.objects.filter(pk__in=pks).select_for_update(no_key=True).order_by("pk")
    # Who changed one meanwhile has made its taggings; of a row that is held nobody does.
    locked = {row.pk: row for row in rows}
    missing = _unindexed().filter(pk__in=locked).values_list("pk", flat=True)
    for pk in missing:
        write_indexes(locked[pk], {"tags"})
    return len(missing)
