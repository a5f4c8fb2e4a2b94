"""Which free tags stand on incidents, whoever may see these: for operators, who merge them."""

from __future__ import annotations

from typing import Final, NamedTuple

from django.db import connection

from incidents.core.tag_usage import LAST
from incidents.taxonomy.machinetags import FREE, folded_tag

COUNTED: Final = 1000

# From one tag to the next by the index `tagging_tag`, and of each no more than are told.
WALK: Final = """
WITH RECURSIVE word (folded, tag) AS (
    (
        SELECT folded COLLATE "C", tag COLLATE "C" FROM incidents_tagging
        WHERE folded COLLATE "C" >= %(start)s AND folded COLLATE "C" < %(end)s
          AND (folded COLLATE "C", tag COLLATE "C") > (%(folded)s, %(tag)s)
        ORDER BY folded COLLATE "C", tag COLLATE "C" LIMIT 1
    )
    UNION ALL
    SELECT following.folded, following.tag FROM word CROSS JOIN LATERAL (
        SELECT folded COLLATE "C" AS folded, tag COLLATE "C" AS tag FROM incidents_tagging
        WHERE (folded COLLATE "C", tag COLLATE "C") > (word.folded, word.tag)
          AND folded COLLATE "C" < %(end)s
        ORDER BY folded COLLATE "C", tag COLLATE "C" LIMIT 1
    ) AS following
), chosen AS (SELECT folded, tag FROM word LIMIT %(limit)s)
SELECT chosen.tag, counted.number FROM chosen CROSS JOIN LATERAL (
    SELECT count(*) AS number FROM (
        SELECT FROM incidents_tagging AS tagging
        WHERE tagging.folded COLLATE "C" = chosen.folded AND tagging.tag COLLATE "C" = chosen.tag
        LIMIT %(counted)s
    ) AS found
) AS counted ORDER BY chosen.folded, chosen.tag
"""


class Used(NamedTuple):
    """A free tag, and on how many incidents it stands, counted up to `COUNTED`."""

    tag: str
    incidents: int


def free_tags_in_use(*, typed: str = "", after: str = "", limit: int) -> list[Used]:
    """Free tags whose words begin with `typed`, from the one after `after` on, in order."""
    start = f'{FREE}:"{folded_tag(typed)}'
    given: dict[str, str | int] = {
        "start": start,
        "end": start + LAST,
        "folded": folded_tag(after),
        "tag": after,
        "limit": limit,
        "counted": COUNTED,
    }
    with connection.cursor() as cursor:
        cursor.execute(WALK, given)
        return [Used(*row) for row in cursor.fetchall()]
