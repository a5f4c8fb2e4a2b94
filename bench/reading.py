"""Our side of P8, in a process of its own: who reads, and what there is to read."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode

from accounts.models import Member
from accounts.readers import Reader
from accounts.services.tokens import issue_token
from bench.conversation import answer
from bench.incidents.cast import COMMUNITY_READER, OBSERVING_READER
from incidents.core.models import Incident, IncidentQuerySet, Status

FILTERS: Final = {
    "country": "countries", "harm": "harms", "goal": "goals", "manipulation": "manipulation",
    "media_kind": "media_kinds", "language": "languages", "tag": "tags",
}  # fmt: skip
"""Filters whose values are drawn, and the list of an incident from which."""
WORD: Final = re.compile(r"\w{3,}")
MOST_WORDS: Final = 3
READERS: Final = {"member": COMMUNITY_READER, "observer": OBSERVING_READER}


def token(who: str) -> str:
    """A token with which one of the `READERS` may read."""
    member = Member.objects.get(slug=READERS[who])
    return issue_token(member_id=member.pk, name="bench", scopes=["incidents:read"]).text


def share(who: str) -> float:
    """Which part of all incidents the reader may read."""
    readable, all_of_them = _readable(who).count(), Incident.objects.count()
    return readable / all_of_them


def ref(who: str) -> str:
    """An incident that the reader may read, from the middle."""
    readable = _readable(who).filter(status=Status.PUBLISHED).order_by("ref")
    return str(readable.values_list("ref", flat=True)[0])


def drawn(who: str, count: int) -> list[tuple[str, str]]:
    """As kind and query: searches for words of so many titles, filters for values beside them.

    Of incidents that the reader may read; the same ones each time.
    """
    rng = random.Random(who)
    keys = (
        _readable(who).filter(status=Status.PUBLISHED).order_by("pk").values_list("pk", flat=True)
    )
    rows = Incident.objects.in_bulk(rng.sample(list(keys), count))
    return [
        (kind, f"?{urlencode(asked)}") for row in rows.values() for kind, asked in _asked(row, rng)
    ]


def _asked(row: Incident, rng: random.Random) -> Iterator[tuple[str, dict[str, str]]]:
    words = WORD.findall(row.title)
    yield "search", {"q": " ".join(rng.sample(words, min(rng.randint(1, MOST_WORDS), len(words))))}
    values = {name: getattr(row, column) for name, column in FILTERS.items()}
    name = rng.choice([name for name, found in values.items() if found])
    yield "filter", {name: rng.choice(values[name])}


def _readable(who: str) -> IncidentQuerySet:
    return Incident.objects.visible_to(Reader(Member.objects.get(slug=READERS[who]), None))


COMMANDS: Final[dict[str, Any]] = {"token": token, "share": share, "ref": ref, "drawn": drawn}

if __name__ == "__main__":
    answer(COMMANDS)
