"""What a reader types to find incidents, as a question to the column of their words.

What a question comes to must depend on the question and on each incident by itself. So a word is
always looked for with all names that look like it, however many there are and whether or not it is
known itself: anything less would tell of words that only hidden incidents use.
"""

from __future__ import annotations

import unicodedata
from typing import Final, NamedTuple

from django.contrib.postgres.search import SearchQueryField
from django.db import connection
from django.db.models import BooleanField, F, Func, Value
from django.db.models.functions import Cast
from rapidfuzz.distance import OSA

from hub.kit.errors import InvalidInput

LONGEST: Final = 200
"""Characters of a question."""
SHORTEST_PREFIX: Final = 3
"""Letters that the last word needs to stand for all that begin with it."""
TWO_TYPOS_FROM: Final = 8
"""Letters of a word in which two letters may be wrong, missing, added or exchanged, and not one."""

ASKED: Final = "SELECT word, stems, alike FROM search_asked(%s)"


class Asked(NamedTuple):
    """One word of a question."""

    word: str
    stems: list[str]
    """Its English stem; none for a word that English texts are full of."""
    alike: list[str]
    """Names of incidents that look like it, visible or not."""


class Holds(Func):
    """Whether a column of words fits a question, as a condition on rows."""

    function = None
    template = "(%(expressions)s)"
    arg_joiner = " @@ "
    output_field = BooleanField()


def found_by(question: str) -> Holds:
    """The condition on rows of Incident that they hold every word of `question`.

    The last word stands for all that begin with it. Case, accents and punctuation do not matter,
    in names and titles neither does a typing error. One query, whatever there is.

    Raises InvalidInput at /q when the question is too long or has no word in it.
    """
    text = unicodedata.normalize("NFC", question)
    if len(text) > LONGEST:
        raise _invalid(f"At most {LONGEST} characters can be looked for; this has {len(text)}.")
    asked = _read(text)
    if not asked:
        raise _invalid("There is no word in it: send the words to look for, such as a name.")
    query = Cast(Value(_written(asked)), SearchQueryField())
    return Holds(F("search"), query)


def _invalid(detail: str) -> InvalidInput:
    return InvalidInput(detail, pointer="/q", code="invalid_search")


def _read(text: str) -> list[Asked]:
    with connection.cursor() as cursor:
        cursor.execute(ASKED, [text])
        words = [Asked(word, stems or [], alike) for word, stems, alike in cursor.fetchall()]
    # "of" says something only where nothing else is said.
    return [one for one in words if one.stems] or words


def _written(asked: list[Asked]) -> str:
    """The question as PostgreSQL writes it: every word, in any of its forms."""
    *others, last = asked
    begins = len(last.word) >= SHORTEST_PREFIX or not last.word.isascii()
    parts = [*(_forms(one) for one in others), _forms(last, begins=begins)]
    return " & ".join(f"({' | '.join(forms)})" for forms in parts)


def _forms(one: Asked, *, begins: bool = False) -> list[str]:
    """What stands for the word: itself, its stem, and names (A) for which it may be meant.

    None twice: PostgreSQL takes the more of them for the more incidents.
    """
    exact = [stem for stem in one.stems if stem != one.word]
    meant = [name for name in one.alike if is_typo(one.word, name)]
    if begins:
        exact = [stem for stem in exact if not stem.startswith(one.word)]
        meant = [name for name in meant if not name.startswith(one.word)]
    itself = _quoted(one.word) + (":*" if begins else "")
    return [itself, *map(_quoted, exact), *(f"{_quoted(name)}:A" for name in meant)]


def is_typo(typed: str, meant: str) -> bool:
    """Whether one can be taken for the other with a letter wrong, missing, added or exchanged.

    In long words two.
    """
    allowed = 2 if len(typed) >= TWO_TYPOS_FROM else 1
    return OSA.distance(typed, meant, score_cutoff=allowed) <= allowed


def _quoted(word: str) -> str:
    doubled = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"
