"""Language tags as BCP 47 writes them: their form, and the one way to write each."""

from __future__ import annotations

import re

from hub.kit.errors import InvalidInput

TAG_LENGTH = 35
"""What RFC 5646, section 4.4.1, has every reader make room for; nobody's language is longer."""

# RFC 5646, section 2.1. Primary subtags of 4 to 8 letters are reserved: none is registered.
LANGUAGE_TAG = re.compile(
    r"""
    (?P<language>[a-z]{2,3}) (?P<extlangs>(?:-[a-z]{3}){0,3})
    (?:-(?P<script>[a-z]{4}))?
    (?:-(?P<region>[a-z]{2}|[0-9]{3}))?
    (?P<variants>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)
    (?P<extensions>(?:-[0-9a-wyz](?:-[a-z0-9]{2,8})+)*)
    (?P<private>-x(?:-[a-z0-9]{1,8})+)?
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
PRIVATE_TAG = re.compile(r"x(?:-[a-z0-9]{1,8})+", re.IGNORECASE | re.ASCII)

GRANDFATHERED = {
    "art-lojban": "jbo",
    "cel-gaulish": "cel-gaulish",
    "en-gb-oed": "en-GB-oxendict",
    "i-ami": "ami",
    "i-bnn": "bnn",
    "i-default": "i-default",
    "i-enochian": "i-enochian",
    "i-hak": "hak",
    "i-klingon": "tlh",
    "i-lux": "lb",
    "i-mingo": "i-mingo",
    "i-navajo": "nv",
    "i-pwn": "pwn",
    "i-tao": "tao",
    "i-tay": "tay",
    "i-tsu": "tsu",
    "no-bok": "nb",
    "no-nyn": "nn",
    "sgn-be-fr": "sfb",
    "sgn-be-nl": "vgt",
    "sgn-ch-de": "sgg",
    "zh-guoyu": "cmn",
    "zh-hakka": "hak",
    "zh-min": "zh-min",
    "zh-min-nan": "nan",
    "zh-xiang": "hsn",
}
"""Tags older than the grammar, with what the IANA registry prefers instead."""


def canonical_language(text: str) -> str:
    """Write a BCP 47 language tag in its canonical case: "en-US", "zh-Hant-TW".

    Looks at the form; that a language, script or region is registered is not asked.

    Raises InvalidInput for anything that is not well-formed.
    """
    if len(text) > TAG_LENGTH:
        raise InvalidInput(f"A language tag has at most {TAG_LENGTH} characters.")
    if preferred := GRANDFATHERED.get(text.lower()):
        return preferred
    if PRIVATE_TAG.fullmatch(text):
        return text.lower()
    match = LANGUAGE_TAG.fullmatch(text)
    if match is None:
        raise InvalidInput(
            f"{text!r} is not a BCP 47 language tag; write a code such as en, en-US or zh-Hant-TW."
        )
    _refuse_repeated(text, _subtags(match["variants"]), "variant")
    _refuse_repeated(text, _singletons(match["extensions"]), "extension")
    return (
        match["language"].lower()
        + match["extlangs"].lower()
        + (f"-{match['script'].title()}" if match["script"] else "")
        + (f"-{match['region'].upper()}" if match["region"] else "")
        + match["variants"].lower()
        + _sorted_extensions(match["extensions"].lower())
        + (match["private"] or "").lower()
    )


def _subtags(part: str) -> list[str]:
    return part.lower().split("-")[1:]


def _singletons(part: str) -> list[str]:
    return [subtag for subtag in _subtags(part) if len(subtag) == 1]


def _refuse_repeated(text: str, subtags: list[str], what: str) -> None:
    if repeated := next((subtag for subtag in subtags if subtags.count(subtag) > 1), None):
        raise InvalidInput(f"{text!r} names the {what} {repeated!r} twice; once is enough.")


def _sorted_extensions(part: str) -> str:
    # RFC 5646, section 4.5: extensions stand in the order of their singletons.
    return "".join(sorted(re.findall(r"-[0-9a-wyz](?:-[a-z0-9]{2,8})+", part)))
