"""Marks by which publishers tell the AMP form of an article from the article."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from incidents.core.canonical.parts import Param, Parts

ARTICLE = r"(?=[^/]*[-_0-9])[^/]+"
"""A last segment with a hyphen, an underscore or a digit: a page of its own. Without it a section
about amplifiers at /amp would lose its name."""


@dataclass(frozen=True, slots=True)
class AmpPath:
    why: str
    form: re.Pattern[str]
    """Its group `article` is the path without the mark."""


AMP_PATHS = (
    AmpPath(
        "Quintype puts AMP stories under /amp/story/, their own slashes escaped",
        re.compile(rf"/amp/story(?P<article>(?:/[^/]+)*/{ARTICLE})"),
    ),
    AmpPath("a folder before the path", re.compile(rf"/amp(?P<article>(?:/[^/]+)*/{ARTICLE})")),
    AmpPath(
        "a folder after it", re.compile(rf"(?P<article>(?:/[^/]+)*/{ARTICLE})/amp(?:\.html?)?")
    ),
    AmpPath("a suffix", re.compile(rf"(?P<article>(?:/[^/]+)*/{ARTICLE})\.amp")),
    AmpPath(
        "a suffix before that of the file",
        re.compile(rf"(?P<article>(?:/[^/]+)*/{ARTICLE})\.amp(?P<suffix>\.html?)"),
    ),
)

AMP_PARAMS = {
    "amp": frozenset({None, "", "1", "true", "yes"}),
    "amphtml": frozenset({None, "", "1", "true"}),
    "ampmode": frozenset({"1"}),
    "_amp": frozenset({None, "", "1", "true"}),
    "isAmp": frozenset({"1", "true"}),
    "is_amp": frozenset({"1", "true"}),
    "output": frozenset({"amp"}),
    "outputType": frozenset({"amp", "amp-type"}),
    "type": frozenset({"amp", "ampO"}),  # the Irish Examiner's letters
    "tpl": frozenset({"amp"}),
    "view": frozenset({"amp"}),
    "format": frozenset({"amp"}),
    "mode": frozenset({"amp"}),
}
"""Parameters that ask for the AMP form, with the values that do."""


def without_amp(parts: Parts) -> Parts:
    path = parts.path.rstrip("/")
    while (article := _article(path)) is not None:
        path = article
    kept = tuple(param for param in parts.params if not _asks_for_amp(param))
    return replace(parts, path=path or "/", params=kept)


def _article(path: str) -> str | None:
    for rule in AMP_PATHS:
        if match := rule.form.fullmatch(path):
            groups = match.groupdict()
            return groups["article"].replace("%2F", "/") + groups.get("suffix", "")
    return None


def _asks_for_amp(param: Param) -> bool:
    return param.value in AMP_PARAMS.get(param.name, frozenset())
