"""Reading pages in tests: the text and the links of a part of them."""

from __future__ import annotations

from collections import defaultdict
from html.parser import HTMLParser
from typing import Any

VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta"})


class Page(HTMLParser):
    """An answer in HTML; `text["links"]` is what stands in the element with that id."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.html = answer.content.decode()
        self.text: dict[str, str] = defaultdict(str)
        self.links: dict[str, list[str]] = defaultdict(list)
        self.actions: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self._open: list[tuple[str, str]] = []
        self.feed(self.html)

    @property
    def ids(self) -> set[str]:
        return set(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        self.attributes.update(given)
        if tag not in VOID:
            self._open.append((tag, given.get("id") or ""))
        if tag == "a" and given.get("href"):
            self._note(self.links, str(given["href"]))
        if tag == "form":
            self.actions.append(str(given.get("action") or ""))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        words = " ".join(data.split())
        for name in {"", *(name for _, name in self._open)}:
            if words:
                self.text[name] = f"{self.text[name]} {words}".strip()

    def _note(self, where: dict[str, list[str]], what: str) -> None:
        for name in {"", *(name for _, name in self._open)}:
            where[name].append(what)
