"""Texts that are nearly the same: found by MinHash, verified letter by letter.

Resemblance of sets of shingles, and its estimate by minimal hashes: A. Z. Broder, On the
resemblance and containment of documents, 1997.
"""

from __future__ import annotations

import hashlib
import random
import re
import unicodedata
from collections.abc import Set as AbstractSet
from typing import Final

from rapidfuzz import fuzz

SHINGLE_LENGTH: Final = 5
"""Characters. Of words a script of one sentence has too few, and not every language parts them."""
BANDS: Final = 24
ROWS: Final = 3
"""Hashes a band: of two texts whose sets have half in common, 96 % share a band; of two with a
fiftieth in common, as unrelated ones in one language have, 1 in 5,000."""
SHORTEST: Final = 30
"""Letters and digits; shorter texts are alike by chance."""
ALIKE: Final = 0.8
"""Similarity from which two texts count as one that was changed a little."""

_PRIME: Final = (1 << 61) - 1
_NOT_A_WORD: Final = re.compile(r"[\W_]+")

_random = random.Random("incidents.crossrefs.scripts")  # noqa: S311 - the same in every process
_PERMUTATIONS: Final = [
    (_random.randrange(1, _PRIME), _random.randrange(_PRIME)) for _ in range(BANDS * ROWS)
]


def normalised(text: str) -> str:
    """The text's words in lower case, without accents and punctuation, one space between them."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return _NOT_A_WORD.sub(" ", letters).strip()


def bands(text: str) -> list[int]:
    """One key for each band, 64 bits with a sign; none for a text that is too short.

    Texts that are nearly the same have at least one key in common, in the same place.
    """
    words = normalised(text)
    if len(words.replace(" ", "")) < SHORTEST:
        return []
    hashes = [_hash(shingle) for shingle in _shingles(words)]
    minima = [min((a * one + b) % _PRIME for one in hashes) for a, b in _PERMUTATIONS]
    return [_key(minima[start : start + ROWS]) for start in range(0, BANDS * ROWS, ROWS)]


def similarity(one: str, other: str) -> float:
    """How much of two texts is the same, 0 to 1; 0 below `ALIKE`, and for texts too short."""
    left, right = normalised(one), normalised(other)
    if min(len(text.replace(" ", "")) for text in (left, right)) < SHORTEST:
        return 0.0
    return fuzz.ratio(left, right, score_cutoff=100 * ALIKE) / 100


def _shingles(words: str) -> AbstractSet[str]:
    return {words[at : at + SHINGLE_LENGTH] for at in range(len(words) - SHINGLE_LENGTH + 1)}


def _hash(text: str) -> int:
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % _PRIME


def _key(minima: list[int]) -> int:
    digest = hashlib.blake2b(repr(minima).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
