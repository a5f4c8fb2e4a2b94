"""What may differ between two worlds that look the same, replaced by its kind and a number."""

from __future__ import annotations

import re

PATTERNS = {
    "event": r"evt_[0-9a-f]{32}",
    "id": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "ref": r"DF-[0-9A-HJKMNP-TV-Z]{8}",
    "time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z",
    "cursor": r'(?:(?<=cursor=)|(?<=after=)|(?<="cursor":"))[\w-]+',
    "etag": r'(?<=")[0-9a-f]{32}(?=")',
    "secret": r"whsec_[\w+/=]+",
}
"""Opaque names only: a plain number may count what is hidden, so it must be the same."""

LENGTH_TELLS = frozenset({"cursor", "secret"})


class Renamer:
    """Renames one to one, in order of first appearance, as long as it lives.

    `literals` are further names, by their text, that have no form of their own.
    """

    def __init__(self, literals: dict[str, str] | None = None) -> None:
        named = {f"literal_{place}": text for place, text in enumerate(literals or {})}
        self._kind_of = {name: (literals or {})[text] for name, text in named.items()}
        parts = [f"(?P<{name}>{re.escape(text)})" for name, text in named.items()]
        parts += [f"(?P<{kind}>{pattern})" for kind, pattern in PATTERNS.items()]
        self._pattern = re.compile("|".join(parts))
        self._names: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def rename(self, text: str) -> str:
        """The text with every opaque name in it replaced."""
        return self._pattern.sub(self._renamed, text)

    def _renamed(self, match: re.Match[str]) -> str:
        text, group = match[0], str(match.lastgroup)
        if text not in self._names:
            kind = self._kind_of.get(group, group)
            self._counts[kind] = self._counts.get(kind, 0) + 1
            length = f" of {len(text)}" if kind in LENGTH_TELLS else ""
            self._names[text] = f"<{kind} {self._counts[kind]}{length}>"
        return self._names[text]
