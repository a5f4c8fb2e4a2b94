"""Which tags stand on the incidents that a reader may see, and on how many of them."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Final, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection

from accounts.readers import Reader
from incidents.core.models import Incident, Status
from incidents.core.taggings import OpenTo
from incidents.core.visibility import shared_with
from incidents.taxonomy import registry
from incidents.taxonomy.machinetags import FREE, folded_tag, parse_tag, tag_of, write_tag
from incidents.taxonomy.registry import Use

COUNTED: Final = 1000
"""Nobody chooses a tag by whether it stands on two thousand incidents or on three."""

LAST: Final = "\U0010ffff"
"""Sorts after all that a tag can hold."""

# Walks by index from one tag to the next, however many incidents bear it. Most incidents are open
# to all who ask: of these the index itself says so, and only as many are counted as are told. The
# few others that this reader may read are found once for all tags. What is compared has the
# collation of the index `tagging_tag`.
USAGE: Final = """
WITH RECURSIVE word (folded, tag, beyond) AS (
    SELECT first.folded, first.tag, span.beyond
    FROM unnest(%(starts)s::text[], %(ends)s::text[]) AS span (start, beyond)
    CROSS JOIN LATERAL (
        SELECT folded COLLATE "C" AS folded, tag COLLATE "C" AS tag FROM incidents_tagging
        WHERE folded COLLATE "C" >= span.start AND folded COLLATE "C" < span.beyond
        ORDER BY folded COLLATE "C", tag COLLATE "C" LIMIT 1
    ) AS first
    UNION ALL
    SELECT following.folded, following.tag, word.beyond
    FROM word CROSS JOIN LATERAL (
        SELECT folded COLLATE "C" AS folded, tag COLLATE "C" AS tag FROM incidents_tagging
        WHERE (folded COLLATE "C", tag COLLATE "C") > (word.folded, word.tag)
          AND folded COLLATE "C" < word.beyond
        ORDER BY folded COLLATE "C", tag COLLATE "C" LIMIT 1
    ) AS following
), shared AS MATERIALIZED (
    SELECT tagging.tag COLLATE "C" AS tag, count(*) AS count
    FROM ({shared}) AS seen (id) JOIN incidents_tagging AS tagging ON tagging.incident_id = seen.id
    WHERE tagging.open_to < %(open_to)s GROUP BY 1
), used AS (
    SELECT word.tag, least(opened.count + coalesce(shared.count, 0), %(counted)s) AS count
    FROM (SELECT DISTINCT folded, tag FROM word) AS word
    LEFT JOIN shared ON shared.tag = word.tag
    CROSS JOIN LATERAL (
        SELECT count(*) AS count FROM (
            SELECT FROM incidents_tagging AS tagging
            WHERE tagging.folded COLLATE "C" = word.folded AND tagging.tag COLLATE "C" = word.tag
              AND tagging.open_to >= %(open_to)s
            LIMIT %(counted)s
        ) AS found
    ) AS opened
    WHERE opened.count > 0 OR shared.count > 0
)
SELECT tag, count FROM used WHERE {place} ORDER BY {order} LIMIT %(limit)s
"""

BY_COUNT: Final = "count"
BY_TAG: Final = "tag"


class TagUse(NamedTuple):
    """A tag, and on how many incidents it stands; one more than are counted means any more."""

    tag: str
    incidents: int


class Order(NamedTuple):
    """By count, and by tag among equals; or by tag alone. Backwards is from the end."""

    by: str
    descending: bool
    backwards: bool = False


def tag_usage(
    reader: Reader,
    *,
    typed: str = "",
    order: Order,
    limit: int | None,
    beyond: TagUse | None = None,
    inclusive: bool = False,
    counted: int = COUNTED,
) -> list[TagUse]:
    """Up to `limit` tags on what the reader may see, withdrawn incidents left out.

    `typed` is the beginning of a tag, of its value, or of what a curated value is called. `beyond`
    is where to go on from, with that place itself if `inclusive`. No more than `counted` and one of
    each are counted. One query.
    """
    try:
        # All that is not open to everybody or to the community is among it.
        shown = Incident.objects.filter(shared_with(reader)).exclude(status=Status.WITHDRAWN)
        shared, parameters = shown.values("pk").query.sql_with_params()
    except EmptyResultSet:
        return []
    place, order_by = _clauses(order, inclusive=inclusive)
    spans = list(_spans(folded_tag(typed)))
    statement = USAGE.format(
        shared=_numbered(shared, len(parameters)),
        place=place if beyond else "true",
        order=order_by,
    )
    given = {f"shared_{number}": value for number, value in enumerate(parameters)}
    given |= {"starts": [start for start, _ in spans], "ends": [end for _, end in spans]}
    open_to = OpenTo.COMMUNITY if reader.member.in_community else OpenTo.EVERYBODY
    given |= {"open_to": open_to.value, "counted": counted + 1, "limit": limit}
    if beyond:
        given |= {"tag": beyond.tag, "count": beyond.incidents}
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return [TagUse(*row) for row in cursor.fetchall()]


def _numbered(statement: str, parameters: int) -> str:
    """A statement as Django compiles it, its parameters by name instead of by their place."""
    return statement % tuple(f"%(shared_{number})s" for number in range(parameters))


def _spans(typed: str) -> Iterator[tuple[str, str]]:
    """Where, among folded tags, those lie that are meant by what was typed."""
    yield typed, typed + LAST
    if not typed:
        return
    yield f'{FREE}:"{typed}', f'{FREE}:"{typed}{LAST}'
    for tag in _curated(typed):
        yield tag, f"{tag}\1"


def _curated(typed: str) -> Iterator[str]:
    for vocabulary in registry.vocabularies():
        for value in vocabulary.values if vocabulary.use is Use.TAG else ():
            if any(folded_tag(text).startswith(typed) for text in (value.id, value.label)):
                yield folded_tag(write_tag(tag_of(vocabulary, value)))


def _clauses(order: Order, *, inclusive: bool) -> tuple[str, str]:
    """What lies beyond a place, and the order: names and signs of ours, values are parameters."""
    falls = order.descending != order.backwards
    way, sign = ("DESC", "<") if falls else ("ASC", ">")
    or_same = "=" if inclusive else ""
    if order.by == BY_TAG:
        return f"tag {sign}{or_same} %(tag)s", f"tag {way}"
    tag_way, tag_sign = ("DESC", "<") if order.backwards else ("ASC", ">")
    place = f"(count {sign} %(count)s OR (count = %(count)s AND tag {tag_sign}{or_same} %(tag)s))"
    return place, f"count {way}, tag {tag_way}"


def free_tags(reader: Reader) -> list[str]:
    """The members' own words, as far as they stand on what the reader may see."""
    order = Order(BY_TAG, descending=False)
    uses = tag_usage(reader, typed=f'{FREE}:"', order=order, limit=None, counted=0)
    return [use.tag for use in uses]


def label_of(text: str) -> str:
    """What a tag is called: a curated one by its vocabulary, a free one by its own words."""
    return _labels().get(text) or parse_tag(text).value or text


@functools.cache
def _labels() -> dict[str, str]:
    return {
        write_tag(tag_of(vocabulary, value)): value.label
        for vocabulary in registry.vocabularies()
        if vocabulary.use is Use.TAG
        for value in vocabulary.values
    }
