"""What a browser loads with a page that it sees for the first time, in bytes."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urldefrag, urljoin, urlsplit

Fetch = Callable[[str], tuple[bytes, bytes]]
"""A file at a path of this hub: the bytes that travel, and what they are."""

FONT_FACE: Final = re.compile(
    r"@font-face\s*{[^}]*?url\(\s*[\"']?(?P<url>[^\"')]+)[^}]*?unicode-range:\s*(?P<ranges>[^;}]+)"
)
FILES: Final = {"link": "href", "script": "src", "img": "src", "use": "href"}
LOADED_LINKS: Final = {"stylesheet", "icon"}


def weigh(page: bytes, *, path: str, fetch: Fetch) -> dict[str, int]:
    """Bytes by address, the page itself compressed as a proxy would compress it.

    Of the typeface only those parts count whose characters stand in the page.
    """
    text = page.decode()
    weights = {path: len(gzip.compress(page))}
    for address in _files_of(text, path):
        sent, file = fetch(address)
        weights[address] = len(sent)
        if urlsplit(address).path.endswith(".css"):
            for font in _fonts_of(file.decode(), characters=set(text), path=address):
                weights[font] = len(fetch(font)[0])
    return weights


def _files_of(text: str, path: str) -> list[str]:
    reader = _Reader()
    reader.feed(text)
    joined = (urldefrag(urljoin(path, address)).url for address in reader.found)
    return [address for address in dict.fromkeys(joined) if not address.startswith("data:")]


class _Reader(HTMLParser):
    """Finds what a page names to be loaded with it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        address = given.get(FILES.get(tag, ""))
        if tag == "link" and given.get("rel") not in LOADED_LINKS:
            return
        if address:
            self.found.append(address)


def _fonts_of(style: str, *, characters: set[str], path: str) -> Iterator[str]:
    for face in FONT_FACE.finditer(style):
        if any(_holds(face["ranges"], character) for character in characters):
            yield urljoin(path, face["url"])


def _holds(ranges: str, character: str) -> bool:
    for one in ranges.split(","):
        first, _, last = one.strip().upper().removeprefix("U+").partition("-")
        if int(first, 16) <= ord(character) <= int(last or first, 16):
            return True
    return False
