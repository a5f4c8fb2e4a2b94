"""What is asked of the incident list: read from an address, and written into others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlencode

from django.http import QueryDict

from hub.api.pagination import CURSOR
from hub.kit.ids import REF_PATTERN
from incidents.core.filters import ASKED, split_values
from incidents.taxonomy.machinetags import FREE, MachineTag, write_tag

ORDERING: Final = "ordering"
NEWEST_FIRST: Final = "-updated_at"
"""The order of a list that nobody ordered."""
SINGLE: Final = frozenset(
    {"q", "published_after", "published_before", "updated_after", ORDERING, CURSOR}
)
"""Parameters that hold one value; the others hold several."""
_REF: Final = re.compile(REF_PATTERN)


@dataclass(frozen=True)
class Question:
    """Parameters of the incident list, as the API takes them; in one order, none of them empty.

    Where the reader is in the answer is not part of it.
    """

    asked: Mapping[str, str]

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Self:
        """Of what `normalised` returns, or what a saved filter holds."""
        asked = {name: given[name] for name in ASKED if given.get(name)}
        if asked.get(ORDERING) == NEWEST_FIRST:
            del asked[ORDERING]
        return cls(asked)

    @property
    def address(self) -> str:
        """The list, asked so, from wherever on the page of the list one is."""
        return f"?{urlencode(self.asked)}"

    @property
    def filters(self) -> dict[str, str]:
        """Without the order."""
        return {name: text for name, text in self.asked.items() if name != ORDERING}

    @property
    def ordering(self) -> str:
        return self.asked.get(ORDERING, NEWEST_FIRST)

    @property
    def ref(self) -> str:
        """The ref that somebody looks for by name; usually none."""
        text = self.asked.get("q", "").upper()
        return text if _REF.fullmatch(text) else ""

    def values(self, name: str) -> list[str]:
        return values_of(name, self.asked.get(name, ""))

    def changed(self, **changes: str) -> Question:
        """With other values; an empty one leaves the parameter out."""
        return Question.of({**self.asked, **changes})

    def without(self, name: str, value: str) -> Question:
        """With one value less."""
        left = [one for one in self.values(name) if one != value]
        return self.changed(**{name: ",".join(left)})


def values_of(name: str, text: str) -> list[str]:
    """The values of a parameter, each once."""
    if name in SINGLE:
        return [text] if text else []
    return _tidied(split_values(text))


def normalised(given: QueryDict) -> QueryDict:
    """Each parameter once, as the API takes it.

    A form sends a parameter for each box that is ticked, and empty ones for what is left blank.
    """
    asked = QueryDict(mutable=True)
    for name, texts in given.lists():
        if name in SINGLE:
            text = texts[-1].strip()
        else:
            text = ",".join(_tidied(one for text in texts for one in split_values(text)))
        if name == "tag":
            text = ",".join(_as_tag(one) for one in values_of(name, text))
        if text:
            asked[name] = text
    return asked


def _tidied(values: Iterable[str]) -> list[str]:
    stripped = (value.strip() for value in values)
    return list(dict.fromkeys(value for value in stripped if value))


def _as_tag(text: str) -> str:
    """A word of the members' own needs no more than to be typed."""
    if ":" in text:
        return text
    return write_tag(MachineTag(FREE, "", text.removeprefix('"').removesuffix('"')))
