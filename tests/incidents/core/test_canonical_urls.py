"""One article, post or video has one canonical address, whatever form it arrives in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.kit.errors import InvalidInput
from incidents.core.canonical import canonical_url

VARIANTS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "fixtures" / "url_variants.json").read_text(encoding="utf-8")
)
EVERY_URL = sorted({url for group in VARIANTS["same"] for url in group["urls"]})


def known_as(url: str) -> str:
    """The canonical address, or the refused one itself: two refused ones are not merged."""
    try:
        return canonical_url(url)
    except InvalidInput:
        return url


@pytest.mark.parametrize("group", VARIANTS["same"], ids=lambda group: group["what"])
def test_the_addresses_of_one_item_give_one(group: dict[str, Any]) -> None:
    known = {canonical_url(url) for url in group["urls"]}

    assert len(known) == 1


@pytest.mark.parametrize("pair", VARIANTS["different"], ids=lambda pair: pair["why"])
def test_the_addresses_of_two_items_stay_apart(pair: dict[str, Any]) -> None:
    one, other = pair["urls"]

    assert known_as(one) != known_as(other)


@pytest.mark.parametrize("url", EVERY_URL)
def test_a_canonical_address_maps_to_itself(url: str) -> None:
    known = canonical_url(url)

    assert canonical_url(known) == known


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://amp.theguardian.com/a/b-1", "https://www.theguardian.com/a/b-1"),
        ("http://Example.org:80", "https://example.org/"),
        ("http://example.org:8080/a", "http://example.org:8080/a"),
        ("https://example.org./a", "https://example.org/a"),
        ("https://example.org/a/", "https://example.org/a"),
        ("https://example.org/b?z=1&a=2&a=1&&empty=", "https://example.org/b?a=2&a=1&empty=&z=1"),
        ("https://example.org/é?q=%c3%a9#top", "https://example.org/%C3%A9?q=%C3%A9"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("https://[0:0::1]:443/a", "https://[::1]/a"),
        (" https://203.0.113.7/a ", "https://203.0.113.7/a"),
        ("https://x.com/search?q=deepfake&s=20", "https://x.com/search?q=deepfake"),
        ("https://www.com/a-1", "https://www.com/a-1"),
        ("https://m.news.example.org/a-1", "https://news.example.org/a-1"),
        ("https://www.apnews.com/a-1", "https://apnews.com/a-1"),
        (
            "https://www.facebook.com/fixture/videos/900000000000106",
            "https://www.facebook.com/watch?v=900000000000106",
        ),
        (
            "https://www.youtube.com/embed/videoseries?list=PLFIXTURE",
            "https://www.youtube.com/playlist?list=PLFIXTURE",
        ),
        ("https://youtu.be/FIXTUREaa01?t=30", "https://www.youtube.com/watch?v=FIXTUREaa01"),
        ("https://youtu.be/", "https://youtu.be/"),
    ],
)
def test_an_address_is_written_in_one_way(url: str, expected: str) -> None:
    assert canonical_url(url) == expected


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "The URL is empty."),
        ("https://example.org/" + "a" * 2029, "at most 2048 characters; this has 2049"),
        ("https://example.org/" + "é" * 400, "once it is written in ASCII"),
        ("ftp://example.org/a", "beginning with https:// or http://"),
        ("javascript:alert(1)", "beginning with https:// or http://"),
        ("//example.org/a", "beginning with https:// or http://"),
        ("www.example.org/a", "beginning with https:// or http://"),
        ("https://www.theguardian.com@evil.invalid/", "names a user before @"),
        ("https://user:word@example.org/", "names a user before @"),
        ("https://example.org\\@evil.invalid/", "no backslash"),
        ("https://example.org/a\nb", "no control characters (U+000A)"),
        ("https://example.org/a\x00", "no control characters (U+0000)"),
        ("https://example.org/\ud800", "no control characters (U+D800)"),
        ("https://example.org/a b", "write %20"),
        ("https://example.org:99999/", "There is no port 99999"),
        ("https://example.org:0/", "There is no port 0"),
        ("https://example.org:eighty/", "should be a number from 1 to 65535"),
        ("https:///a", "should be a name such as www.example.org"),
        ("https://exa mple.org/", "write %20"),
        ("https://-example.org/", "should be a name such as www.example.org"),
        ("https://example..org/", "should be a name such as www.example.org"),
        ("https://%65xample.org/", "should be a name such as www.example.org"),
        ("https://xn--a.example/", "not a valid international name"),
        ("https://ex\u202eample.org/", "not a valid international name"),
        ("https://localhost/a", "has no dot"),
        ("https://2130706433/", "neither a name nor four numbers"),
        ("https://127.1/", "neither a name nor four numbers"),
        ("https://0x7f.0.0.0x1/", "neither a name nor four numbers"),
        ("https://[::1/", "should be a"),
        ("https://[::g]/", "not an IPv6 address"),
    ],
)
def test_what_is_no_web_address_is_refused_in_words(url: str, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        canonical_url(url)

    assert said in refused.value.detail


HOSTS = st.sampled_from(
    [
        "www.google.com",
        "l.facebook.com",
        "m.facebook.com",
        "x.com",
        "mobile.twitter.com",
        "youtube.com",
        "youtu.be",
        "tiktok.com",
        "instagram.com",
        "old.reddit.com",
        "redd.it",
        "t.me",
        "m.vk.com",
        "uk.linkedin.com",
        "dai.ly",
        "example.org",
        "m.example.org",
        "amp.m.example.co.uk",
        "www.com",
        "m.co.uk",
        "bbc.co.uk",
        "amp.theguardian.com",
        "amp-theguardian-com.cdn.ampproject.org",
        "www.bing.com",
        "Bücher.example",
        "example.org:8443",
    ]
)
SEGMENTS = st.lists(
    st.sampled_from(
        [
            "watch",
            "url",
            "l.php",
            "amp",
            "story-1",
            "story-1.amp",
            "story.amp.html",
            "c",
            "s",
            "v",
            "amp.theguardian.com",
            "i",
            "status",
            "12345",
            "photo",
            "1",
            "@Anna",
            "video",
            "p",
            "FiXtUrEaa01",
            "reel",
            "comments",
            "fxt001",
            "%7Euser",
            "..",
            ".",
            "é",
            "%zz",
            "wall-1_2",
            "posts",
            "permalink.php",
            "redirect",
            "iv",
            "embed",
            "story",
            "a%2Fb-1",
            "",
        ]
    ),
    max_size=6,
)
NAMES = st.sampled_from(
    [
        "v",
        "url",
        "q",
        "u",
        "fbid",
        "utm_source",
        "fbclid",
        "amp",
        "type",
        "id",
        "story_fbid",
        "w",
        "to",
        "comment",
        "single",
        "é",
    ]
)
VALUES = st.sampled_from(["", "1", "amp", "FIXTUREaa01", "12345", "wall-1_2", "%41", "é", "x/y?z"])
FRAGMENTS = st.sampled_from(["", "#x", "#!/a", "#/é%41"])


def addresses(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.lists(st.tuples(NAMES, values).map("=".join), max_size=4).map("&".join)
    return st.builds(
        lambda host, segments, query, fragment: (
            f"https://{host}/{'/'.join(segments)}?{query}{fragment}"
        ),
        HOSTS,
        SEGMENTS,
        pairs,
        FRAGMENTS,
    )


@given(
    st.recursive(
        addresses(VALUES),
        lambda inner: addresses(st.one_of(inner.map(lambda url: quote(url, safe="")), VALUES)),
        max_leaves=4,
    )
)
def test_canonical_addresses_of_any_making_map_to_themselves(url: str) -> None:
    known = known_as(url)

    assert known_as(known) == known


@given(st.text(max_size=60))
def test_any_text_is_refused_in_words_or_has_a_canonical_address(text: str) -> None:
    known = known_as(f"https://example.org/{text}")

    assert known_as(known) == known
