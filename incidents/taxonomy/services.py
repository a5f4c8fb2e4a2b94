"""Bringing the curated data into the database."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from django.db import transaction

from incidents.taxonomy import registry
from incidents.taxonomy.elections import ElectionFacts, read_elections
from incidents.taxonomy.models import Election

WATCH_DAYS = 60
"""So many days before polling an election begins to draw deception worth watching for."""

REFRESHED = [
    "name",
    "kind",
    "country",
    "region",
    "polling_from",
    "polling_to",
    "watch_from",
    "source",
    "status",
]


class LoadResult(NamedTuple):
    """How much of each kind the data files hold."""

    vocabularies: int
    values: int
    elections: int


@transaction.atomic
def load_vocabularies() -> LoadResult:
    """Check every data file, and bring the elections of theirs up to date by key.

    Running it again changes nothing. An election that has left the file stays: incidents may
    point to it.

    Raises:
        MalformedData: a file is not as it should be; nothing is changed.
    """
    vocabularies = registry.vocabularies()
    elections = [_row(facts) for facts in read_elections()]
    Election.objects.bulk_create(
        elections, update_conflicts=True, unique_fields=["key"], update_fields=REFRESHED
    )
    values = sum(len(vocabulary.values) for vocabulary in vocabularies)
    return LoadResult(len(vocabularies), values, len(elections))


def _row(facts: ElectionFacts) -> Election:
    return Election(
        key=facts.key,
        name=facts.name,
        kind=facts.kind,
        country=facts.country,
        region=facts.region,
        polling_from=facts.polling_from,
        polling_to=facts.polling_to,
        watch_from=facts.polling_from - timedelta(days=WATCH_DAYS),
        source=facts.source,
        status=facts.status,
    )
