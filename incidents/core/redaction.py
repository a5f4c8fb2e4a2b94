"""Taking texts out of what incidents and observations say: which fields, and what is left."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote_plus

from incidents.taxonomy.machinetags import is_free

MARK: Final = "[redacted]"
"""Stands where a text stood."""

SHORTEST: Final = 3
"""Characters; a shorter text stands in half of all words."""

Fields = Mapping[str, Callable[["Redactor", Any], Any]]
"""How each of some fields is rid of the texts."""


class Redactor:
    """Takes texts out of values, and remembers which of them it has met.

    A text is met wherever it stands, inside words too, in any case, with any white space between
    its words.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._patterns = [_pattern(text) for text in texts]
        self._met: set[int] = set()

    @property
    def unmet(self) -> list[int]:
        """Places of the texts that were in none of the values."""
        return [place for place in range(len(self._patterns)) if place not in self._met]

    def text(self, value: str, *, longest: int | None = None) -> str:
        """The value with the mark in place of each text, cut where that makes it too long."""
        parts, end = [], 0
        for start, stop in _joined(sorted(self._spans(value))):
            parts += [value[end:start], MARK]
            end = stop
        if not parts:
            return value
        return "".join([*parts, value[end:]])[:longest]

    def meets(self, *values: str | None) -> bool:
        """Whether any text stands in what only makes sense whole."""
        return bool([span for value in values if value for span in self._spans(value)])

    def meets_address(self, *addresses: str | None) -> bool:
        """As `meets`, of URLs: as they are written, and as they are read."""
        return self.meets(*addresses, *(unquote_plus(one) for one in addresses if one))

    def changes(self, fields: Fields, of: Mapping[str, Any]) -> dict[str, Any]:
        """Those of the fields in which a text stood, without it."""
        found = {}
        for name, redacted in fields.items():
            value = of.get(name)
            if value and (left := redacted(self, value)) != value:
                found[name] = left
        return found

    def _spans(self, value: str) -> Iterator[tuple[int, int]]:
        marks = [found.span() for found in re.finditer(re.escape(MARK), value)]
        for place, pattern in enumerate(self._patterns):
            for found in pattern.finditer(value):
                if not any(start <= found.start() and found.end() <= end for start, end in marks):
                    self._met.add(place)
                    yield found.span()


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(r"\s+".join(map(re.escape, text.split())), re.IGNORECASE)


def _joined(spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Spans in order, those that overlap as one."""
    current: tuple[int, int] | None = None
    for start, end in spans:
        if current and start < current[1]:
            current = (current[0], max(current[1], end))
            continue
        if current:
            yield current
        current = (start, end)
    if current:
        yield current


def _words(redactor: Redactor, value: str) -> str:
    return redactor.text(value)


def _up_to(longest: int) -> Callable[[Redactor, str], str]:
    return lambda redactor, value: redactor.text(value, longest=longest)


def _members(*names: str) -> Callable[[Redactor, Mapping[str, Any]], dict[str, Any]]:
    """Of an object: the texts in these of its members."""

    def redacted(redactor: Redactor, value: Mapping[str, Any]) -> dict[str, Any]:
        fields = dict.fromkeys(names, _words)
        return {**value, **redactor.changes(fields, value)}

    return redacted


def _targets(redactor: Redactor, targets: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    left = []
    for target in targets:
        entry = {**target, "name": redactor.text(target["name"])}
        if "aliases" in target:
            entry["aliases"] = [redactor.text(alias) for alias in target["aliases"]]
        left.append(entry)
    return left


def _references(
    redactor: Redactor, references: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """An address without a part of it leads nowhere: it goes whole, and so does its reference."""
    left = []
    for reference in references:
        goes = redactor.meets_address(reference["url"], reference["canonical_url"])
        entry = {**reference, **redactor.changes({"title": _words}, reference)}
        for name in ("variants", "via"):
            if name in reference:
                entry[name] = [one for one in reference[name] if not redactor.meets_address(one)]
        if "publisher" in reference:
            entry["publisher"] = _members("name", "domain")(redactor, reference["publisher"])
        if not goes:
            left.append(entry)
    return left


def _tags(redactor: Redactor, tags: Sequence[str]) -> list[str]:
    """A tag is looked up by its whole text; curated ones are nobody's words."""
    return [tag for tag in tags if not (is_free(tag) and redactor.meets(tag))]


def _address(redactor: Redactor, url: str) -> str:
    return "" if redactor.meets_address(url) else url


OF_INCIDENTS: Final[Fields] = {
    "title": _up_to(300),
    "summary": _words,
    "narrative": _words,
    "script": _words,
    "targets": _targets,
    "references": _references,
    "tags": _tags,
    "created": _members("tool"),
    "distributed": _members("platform"),
    "withdrawn_reason": _words,
}
OF_VERSIONS: Final[Fields] = {**OF_INCIDENTS, "change_note": _up_to(1000)}
OF_OBSERVATIONS: Final[Fields] = {
    "platform": _up_to(120),
    "url": _address,
    "canonical_url": _address,
    "account": _members("handle"),
    "phone": _members("carrier", "region"),
}


def redacted_json(body: bytes, *, texts: Sequence[str]) -> bytes:
    """An incident or observation as it was answered, without the texts."""
    shown = json.loads(body)
    changes = Redactor(texts).changes(OF_INCIDENTS if "ref" in shown else OF_OBSERVATIONS, shown)
    return json.dumps(shown | changes, ensure_ascii=False, separators=(",", ":")).encode()
