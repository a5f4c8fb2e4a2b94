"""Brings generated incidents into an empty hub, by COPY instead of one service call for each."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from django.db import connection, models, transaction
from psycopg import sql

from accounts.models import Member
from bench.failure import BenchError
from bench.incidents.rows import Rows
from incidents.core.appearances import Appearance
from incidents.core.audiences import Audience
from incidents.core.models import (
    Citation,
    Fingerprint,
    Incident,
    IncidentVersion,
    Observation,
)
from incidents.core.search_column import SearchWord
from incidents.core.taggings import Tagging
from incidents.taxonomy.machinetags import folded_tag

CHUNK: Final = 10_000
"""Rows kept in memory at a time."""
WITHOUT_INDEXES: Final = 5_000
"""From so many incidents on, indexes are dropped and made anew behind the rows."""
FILLED: Final[tuple[type[models.Model], ...]] = (
    Incident, IncidentVersion, SearchWord, Observation, Audience, Appearance, Citation, Fingerprint,
    Tagging,
)  # fmt: skip

AUDIENCES: Final = """
    INSERT INTO incidents_audience (incident_id, member_id, group_id, user_id)
    SELECT incident.id, member.id, (one ->> 'group')::uuid, (one ->> 'user')::uuid
    FROM incidents_incident AS incident, jsonb_array_elements(incident.audiences) AS one
    LEFT JOIN accounts_member AS member ON member.slug = one ->> 'member'
"""
CITATIONS: Final = """
    INSERT INTO incidents_citation (incident_id, canonical_url)
    SELECT id, one ->> 'canonical_url'
    FROM incidents_incident, jsonb_array_elements("references") AS one
"""
FINGERPRINTS: Final = """
    INSERT INTO incidents_fingerprint (incident_id, algorithm, value, quality)
    SELECT id, one ->> 'algorithm', one ->> 'value', (one ->> 'quality')::smallint
    FROM incidents_incident, jsonb_array_elements(fingerprints) AS one
"""
TAGGINGS: Final = """
    INSERT INTO incidents_tagging (incident_id, tag, folded, open_to)
    SELECT id, tag, folded, CASE
        WHEN status <> 'published' OR audiences <> '[]' THEN 0
        WHEN tlp = 'clear' THEN 2
        WHEN tlp = 'green' THEN 1
        ELSE 0 END
    FROM incidents_incident, unnest(tags) AS tag JOIN bench_tag USING (tag)
"""
APPEARANCES: Final = """
    INSERT INTO incidents_appearance (incident_id, observation_id, platform)
    SELECT id, NULL, lower(distributed ->> 'platform') FROM incidents_incident
    WHERE distributed ->> 'platform' IS NOT NULL
    UNION ALL SELECT incident_id, id, lower(platform) FROM incidents_observation
"""
WORDS: Final = """
    INSERT INTO incidents_searchword (word)
    SELECT DISTINCT unnest(search_names(search)) FROM incidents_incident
"""
INDEXING: Final = (AUDIENCES, CITATIONS, FINGERPRINTS, TAGGINGS, APPEARANCES, WORDS)
COPYING_TRIGGERS: Final = """
    SELECT format('ALTER TABLE %%s %%s TRIGGER %%I', tgrelid::regclass, %s, tgname) FROM pg_trigger
    WHERE tgrelid = ANY(%s::regclass[]) AND NOT tgisinternal AND tgtype & 2 = 0
"""
"""What runs after a row was written, to write others: done here for all rows at once."""
OWN_INDEXES: Final = """
    SELECT schemaname || '.' || indexname, indexdef FROM pg_indexes
    WHERE tablename = ANY(%s) AND schemaname = 'public' AND NOT EXISTS (
        SELECT 1 FROM pg_constraint WHERE conname = indexname
    )
"""
"""Indexes that no constraint stands on."""


def load(rows: Rows) -> None:
    """Fill a hub that has no member yet; all of it, or nothing.

    There are no events: nothing of this is sent to anybody. Raises BenchError when it is not empty.
    """
    if Member.objects.exists():
        raise BenchError("This hub has members already: name an empty database, only migrated.")
    with transaction.atomic():
        _execute("SET LOCAL statement_timeout = 0")
        _execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # rows are made meanwhile
        _execute("SET LOCAL maintenance_work_mem = '512MB'")
        rows.cast.write()
        _execute("SET CONSTRAINTS ALL IMMEDIATE")  # or the tables could not be altered now
        tables = [model._meta.db_table for model in FILLED]  # noqa: SLF001 - Django's API
        indexes = _drop_indexes(tables) if rows.count >= WITHOUT_INDEXES else []
        _switch_triggers("DISABLE", tables)
        for chunk in _chunks(rows):
            _copy(Incident, [filed.incident for filed in chunk])
            _copy(Observation, [one for filed in chunk for one in filed.observations])
        _fold_tags()
        for statement in (*INDEXING, _versions()):
            _execute(statement)
        _switch_triggers("ENABLE", tables)
        for statement in indexes:
            _execute(statement)


def tidy() -> None:
    """What the server does by itself in quieter times."""
    _execute("SET statement_timeout = 0")
    _execute("VACUUM (ANALYZE)")


def _chunks(rows: Rows) -> Iterator[list[Any]]:
    remaining = iter(rows)
    while chunk := list(itertools.islice(remaining, CHUNK)):
        yield chunk


def _switch_triggers(how: str, tables: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(COPYING_TRIGGERS, [how, list(tables)])
        statements = [statement for (statement,) in cursor.fetchall()]
    for statement in statements:
        _execute(statement)


def _fold_tags() -> None:
    """How each tag is looked up, beside the tag."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE bench_tag (tag text, folded text) ON COMMIT DROP")
        cursor.execute("SELECT DISTINCT unnest(tags) FROM incidents_incident")
        tags = [(tag, folded_tag(tag)) for (tag,) in cursor.fetchall()]
        cursor.executemany("INSERT INTO bench_tag VALUES (%s, %s)", tags)


def _drop_indexes(tables: Sequence[str]) -> list[str]:
    """Drop what can be made anew; the statements that do."""
    with connection.cursor() as cursor:
        cursor.execute(OWN_INDEXES, [list(tables)])
        found = cursor.fetchall()
    for name, _ in found:
        _execute(f"DROP INDEX {name}")
    return [definition for _, definition in found]


def _copy(model: type[models.Model], rows: Sequence[dict[str, Any]]) -> None:
    """Append rows; columns that they do not name get the model's or the database's default."""
    fields = model._meta.concrete_fields  # noqa: SLF001 - Django's API
    named = [field for field in fields if field.attname in rows[0]] if rows else []
    is_json = [isinstance(field, models.JSONField) for field in named]
    names = [field.attname for field in named]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table),  # noqa: SLF001 - Django's API
        sql.SQL(", ").join(map(sql.Identifier, names)),
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copying:
        for row in rows:
            copying.write_row(_values(row, names, is_json))


def _values(row: dict[str, Any], names: Iterable[str], is_json: Iterable[bool]) -> list[Any]:
    return [
        json.dumps(row[name], ensure_ascii=False)
        if json_here and row[name] is not None
        else row[name]
        for name, json_here in zip(names, is_json, strict=True)
    ]


def _versions() -> str:
    """Each row once more as its first version, as the trigger copies it."""
    fields = IncidentVersion._meta.concrete_fields  # noqa: SLF001 - Django's API
    columns = {field.column: f'"{field.column}"' for field in fields}
    columns |= {"pgh_created_at": "updated_at", "pgh_label": "'insert'", "pgh_obj_id": "id"}
    del columns["pgh_id"]
    names = ", ".join(f'"{name}"' for name in columns)
    return (
        f"INSERT INTO incidents_incidentversion ({names}) "  # noqa: S608 - all names are ours
        f"SELECT {', '.join(columns.values())} FROM incidents_incident"
    )


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
