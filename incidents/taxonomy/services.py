"""Bringing the curated data into the database, and what became of tags that were merged."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from django.db import connection, transaction

from hub.kit.errors import Conflict
from incidents.taxonomy import registry
from incidents.taxonomy.elections import ElectionFacts, read_elections
from incidents.taxonomy.machinetags import is_free
from incidents.taxonomy.models import Election, TagAlias

WATCH_DAYS = 60
"""So many days before polling an election begins to draw deception worth watching for."""

ALIASES_LOCK = 0x6875_6203
"""Advisory lock over `TagAlias`; the number only has to be ours."""

_RENAMED = """SELECT tag, "into" FROM taxonomy_tagalias WHERE tag = ANY(%s)"""

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


def current_tags(tags: Iterable[str], *, to_store: bool = False) -> list[str]:
    """The tags as they are called today, each once: those that were merged by their new name.

    `to_store` holds off merges until the transaction ends, so that what is about to be written is
    either called by its new name already or found by the merge.
    """
    wanted = list(dict.fromkeys(tags))
    if to_store and any(map(is_free, wanted)):
        _lock_aliases("pg_advisory_xact_lock_shared")
    renamed = renamed_tags(wanted)
    return list(dict.fromkeys(renamed.get(tag, tag) for tag in wanted))


def renamed_tags(tags: Iterable[str]) -> dict[str, str]:
    """Those of the tags that were merged, with what they are called today."""
    free = [tag for tag in tags if is_free(tag)]
    if not free:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_RENAMED, [free])
        return dict(cursor.fetchall())


@transaction.atomic
def alias_tag(*, tag: str, into: str) -> str:
    """From now on, whoever uses `tag` gets what `into` is called today, which is returned.

    Waits for those who are writing tags. Again with the same two, it changes nothing.

    Raises:
        Conflict: they are one tag already, or `tag` was merged into another.
    """
    _lock_aliases("pg_advisory_xact_lock")
    (target,) = current_tags([into])
    known = TagAlias.objects.filter(tag=tag).first()
    if target == tag:
        raise Conflict(
            f"{into} was merged into {tag}: the other way round would go in a circle."
            if into != tag
            else f"{tag} cannot be merged into itself."
        )
    if known is not None and known.into != target:
        raise Conflict(f"{tag} was merged into {known.into} already: merge that one.")
    if known is None:
        TagAlias.objects.create(tag=tag, into=target)
        TagAlias.objects.filter(into=tag).update(into=target)
    return target


def _lock_aliases(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [ALIASES_LOCK])
