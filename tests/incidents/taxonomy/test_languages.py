"""Languages are BCP 47 tags, written in one way."""

from __future__ import annotations

import pytest

from hub.kit.errors import InvalidInput
from incidents.taxonomy.languages import canonical_language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("en", "en"),
        ("EN-us", "en-US"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("fil", "fil"),
        ("zh-CMN-Hans", "zh-cmn-Hans"),
        ("DE-ch-1996", "de-CH-1996"),
        ("sl-ROZAJ-biske", "sl-rozaj-biske"),
        ("en-u-ca-buddhist-a-foo", "en-a-foo-u-ca-buddhist"),
        ("en-X-US-phone", "en-x-us-phone"),
        ("X-Fiction", "x-fiction"),
        ("I-Klingon", "tlh"),
        ("en-GB-oed", "en-GB-oxendict"),
    ],
)
def test_a_language_is_written_in_its_canonical_case(text: str, expected: str) -> None:
    assert canonical_language(text) == expected
    assert canonical_language(expected) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "write a code such as en, en-US or zh-Hant-TW"),
        ("e", "write a code such as en"),
        ("english", "write a code such as en"),
        ("en_US", "write a code such as en"),
        ("en-", "write a code such as en"),
        ("en-US-", "write a code such as en"),
        ("en-USA1-USA2-US", "write a code such as en"),
        ("en-a", "write a code such as en"),
        ("en-x", "write a code such as en"),
        ("\u0435n", "write a code such as en"),  # a Cyrillic letter
        ("en\n", "write a code such as en"),
        ("sl-rozaj-rozaj", "names the variant 'rozaj' twice"),
        ("en-a-foo-a-bar", "names the extension 'a' twice"),
        ("en-" + "x-" + "a" * 61, "at most 35 characters"),
    ],
)
def test_what_is_no_language_tag_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        canonical_language(text)

    assert said in refused.value.detail
