"""Words that lead from a wrong name to the right one."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from typing import Final

LISTED: Final = 20
"""Up to so many known names an error lists them all."""

_COMPARED: Final = 60
"""Longer names are no misspelling; comparing takes time that grows with the square."""


def right_words(wrong: str, known: Collection[str]) -> str:
    """What to write in place of `wrong`: the closest known name, or all of them if they are few."""
    close = [] if len(wrong) > _COMPARED else get_close_matches(wrong, known, n=1, cutoff=0.7)
    if close:
        return f"Did you mean “{close[0]}”?"
    if not known:
        return "None is known here."
    if len(known) <= LISTED:
        return f"Known: {', '.join(sorted(known))}."
    return f"There are {len(known)}, such as {', '.join(sorted(known)[:5])}."


def shown(text: str) -> str:
    """A given word as an error repeats it: quoted, shortened, without control characters."""
    text = "".join(character if character.isprintable() else "�" for character in text[:61])
    return f"“{text[:60]}…”" if len(text) > _COMPARED else f"“{text}”"
