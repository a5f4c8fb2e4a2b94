"""Words in several languages, as often as words are: a few everywhere, most hardly ever."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Generic, TypeVar

T = TypeVar("T")

OFFSET: Final = 2.7
"""Mandelbrot's correction of Zipf's law; what is commonly found for prose."""
SENTENCE_WORDS: Final = 14


class Skewed(Generic[T]):
    """Things of which the first is drawn most often, by given weights or by Zipf's law."""

    def __init__(self, things: Sequence[T], weights: Sequence[float] | None = None) -> None:
        self.things = list(things)
        if weights is None:
            weights = [1 / (rank + OFFSET) for rank in range(len(self.things))]
        self._cumulative = list(itertools.accumulate(weights))

    def one(self, rng: random.Random) -> T:
        return rng.choices(self.things, cum_weights=self._cumulative)[0]

    def several(self, rng: random.Random, number: int) -> list[T]:
        """So many draws, in their order; what is drawn twice is there twice."""
        return rng.choices(self.things, cum_weights=self._cumulative, k=number)


def weighted(**weights: float) -> Skewed[str]:
    """Words with the weights at which they are drawn."""
    return Skewed(list(weights), list(weights.values()))


@dataclass(frozen=True)
class Language:
    """Frequent words of a language, real ones, and the syllables its rarer words are made of."""

    code: str
    frequent: str
    syllables: str
    given_names: str
    family_names: str
    rare_words: int

    @cached_property
    def words(self) -> Skewed[str]:
        frequent = self.frequent.split()
        return Skewed([*frequent, *self.made_up(self.rare_words, besides=set(frequent))])

    def made_up(self, number: int, *, besides: set[str]) -> list[str]:
        """New words that sound like the language; the same ones each time."""
        rng, syllables = random.Random(f"words of {self.code}"), self.syllables.split()
        made: dict[str, None] = {}
        while len(made) < number:
            word = "".join(rng.choices(syllables, k=rng.choice((2, 3, 3, 4))))
            if word not in besides:
                made[word] = None
        return list(made)

    def prose(self, rng: random.Random, number: int) -> str:
        """Sentences with so many words."""
        words = self.words.several(rng, number)
        starts = range(0, number, SENTENCE_WORDS)
        sentences = (" ".join(words[start : start + SENTENCE_WORDS]) for start in starts)
        return " ".join(f"{sentence[:1].upper()}{sentence[1:]}." for sentence in sentences)


FILE: Final = Path(__file__).with_name("languages.json")
LANGUAGES: Final = {
    told["code"]: Language(**told) for told in json.loads(FILE.read_text(encoding="utf-8"))
}
SPOKEN: Final = Skewed(list(LANGUAGES), [55, 9, 8, 9, 6, 4, 4, 2, 3])
"""In which language an incident is told; most are told in English."""
