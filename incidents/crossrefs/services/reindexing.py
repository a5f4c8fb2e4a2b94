"""Rows by which links are found, of incidents that were filed before there were any."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Length

from incidents.core.models import Incident, Observation, Status
from incidents.crossrefs.models import Caller, ScriptBand
from incidents.crossrefs.scripts import SHORTEST
from incidents.crossrefs.services.suggesting import index_incident

BATCH: Final = 500
FIRST: Final = UUID(int=0)


def index_links() -> int:
    """Make the rows that are missing for scripts and callers; returns of how many incidents.

    Each incident in a transaction of its own: run again after it was interrupted, it goes on where
    it ended, and once done it changes nothing.
    """
    done, last = 0, FIRST
    while pks := list(_unindexed().filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        done += sum(index_incident(pk) for pk in pks)
        last = pks[-1]
    return done


def _unindexed() -> QuerySet[Incident]:
    """Those that lack something; and scripts of too few letters, which never get anything."""
    bands = ScriptBand.objects.filter(incident=OuterRef("pk"))
    known = Caller.objects.filter(observation=OuterRef("pk"))
    calls = Observation.objects.filter(incident=OuterRef("pk"), phone__has_key="number_hash")
    published = Incident.objects.filter(status=Status.PUBLISHED)
    return (
        published.alias(letters=Length("script"))
        .filter(
            Q(letters__gte=SHORTEST) & ~Q(Exists(bands)) | Q(Exists(calls.filter(~Exists(known))))
        )
        .order_by("pk")
    )
