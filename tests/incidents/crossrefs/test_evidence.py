"""What speaks for a link weighs as much as it should, whichever way two incidents are compared."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.crossrefs.evidence import (
    EVEN_BITS,
    Facts,
    Sighting,
    agreement,
    cases_for,
    is_item,
    is_telling,
    score_of,
)
from incidents.crossrefs.scripts import BANDS, bands, normalised, similarity

NOTHING = Facts(
    urls=frozenset(),
    fingerprints=frozenset(),
    script="",
    targets=frozenset(),
    since=None,
    until=None,
    media_kinds=frozenset(),
    countries=frozenset(),
)
DAY = datetime(2024, 1, 21, tzinfo=UTC)
ARTICLE = frozenset({"https://news.example.org/1"})
WORDS = "Stay at home on Tuesday and keep your vote for the election in November."


def on(day: datetime, *, days: int = 1) -> Facts:
    return replace(NOTHING, since=day, until=day + timedelta(days=days))


def about(*names: str) -> Facts:
    return replace(NOTHING, targets=frozenset(names))


@pytest.mark.parametrize(
    ("one", "other", "bits"),
    [
        (NOTHING, NOTHING, 0),
        (about("joe biden"), NOTHING, 0),
        (about("joe biden"), about("ben cardin"), -5),
        (about("joe biden"), about("biden"), 3),
        (about("volodymyr zelensky"), about("wolodymyr selenskyj"), 0),
        (on(DAY), on(DAY + timedelta(days=10)), 2),
        (on(DAY), on(DAY + timedelta(days=30)), 0),
        (on(DAY), on(DAY + timedelta(days=90)), -5),
        (on(DAY, days=366), on(DAY + timedelta(days=300)), 2),
        (on(DAY), NOTHING, 0),
        (
            replace(NOTHING, media_kinds=frozenset({"audio"}), countries=frozenset({"US"})),
            replace(NOTHING, media_kinds=frozenset({"video"}), countries=frozenset({"DE"})),
            -4,
        ),
    ],
)
def test_what_else_they_say_speaks_for_or_against(one: Facts, other: Facts, bits: float) -> None:
    assert agreement(one, other) == agreement(other, one) == bits


def test_one_article_links_what_agrees_as_duplicates_and_else_as_related() -> None:
    cited = replace(NOTHING, urls=ARTICLE)
    same = replace(about("joe biden"), urls=ARTICLE)

    assert [case.link_type for case in cases_for(cited, cited)] == ["related"]
    assert [case.link_type for case in cases_for(same, same)] == ["duplicate_of"]
    assert cases_for(same, replace(about("taylor swift"), urls=ARTICLE)) == []


def seen(number: int, readers: str, **what: str) -> Sighting:
    return Sighting(UUID(int=number), readers, what.get("url", ""), what.get("phone", ""), "0100")


def test_observations_with_the_same_readers_make_one_case_and_others_one_each() -> None:
    post = "https://x.com/i/status/1"
    one = replace(NOTHING, sightings=(seen(1, "a", url=post), seen(2, "a", phone="h")))
    other = replace(
        NOTHING,
        sightings=(seen(3, "b", url=post), seen(4, "b", phone="h"), seen(5, "c", phone="h")),
    )

    found = {
        case.basis: [finding.origin for finding in case.findings] for case in cases_for(one, other)
    }

    assert found == {"a|b": ["url", "phone"], "a|c": ["phone"]}


def test_the_same_thing_seen_twice_by_the_same_readers_is_told_once() -> None:
    twice = (seen(1, "a", phone="h"), seen(2, "a", phone="h"))
    one, other = replace(NOTHING, sightings=twice), replace(NOTHING, sightings=twice)

    (case,) = cases_for(one, other)

    assert [finding.seen for finding in case.findings] == [twice[0]]


def test_a_number_alone_does_not_outweigh_another_target() -> None:
    called = (seen(1, "a", phone="h"),)
    one, other = (replace(about(name), sightings=called) for name in ("ada fixture", "bo example"))

    assert cases_for(one, other) == []


def test_as_likely_as_not_is_one_half() -> None:
    assert score_of(EVEN_BITS) == 0.5
    assert score_of(100) == 0.99
    assert score_of(-30) == 0


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/", False),
        ("https://example.org", False),
        ("https://example.org/a", True),
        ("https://example.org/?p=1", True),
    ],
)
def test_a_site_is_no_item_on_it(url: str, expected: bool) -> None:
    assert is_item(url) is expected


@pytest.mark.parametrize(
    ("algorithm", "quality", "expected"),
    [("sha256", None, True), ("pdq", 50, True), ("pdq", 49, False), ("crc32", None, False)],
)
def test_fingerprints_of_next_to_nothing_tell_nothing(
    algorithm: str, quality: int | None, expected: bool
) -> None:
    assert is_telling(algorithm, quality) is expected


facts = st.builds(
    Facts,
    urls=st.frozensets(st.sampled_from(["https://e.org/1", "https://e.org/2"])),
    fingerprints=st.frozensets(
        st.tuples(st.sampled_from(["sha256", "pdq"]), st.sampled_from("ab"))
    ),
    script=st.sampled_from(["", WORDS, WORDS.replace("Tuesday", "Monday")]),
    targets=st.frozensets(st.sampled_from(["joe biden", "biden", "ben cardin", "keir starmer"])),
    since=st.just(DAY) | st.just(DAY + timedelta(days=90)),
    until=st.just(DAY + timedelta(days=91)),
    media_kinds=st.frozensets(st.sampled_from(["audio", "video"])),
    countries=st.frozensets(st.sampled_from(["US", "DE"])),
    sightings=st.just((seen(1, "a", url="https://e.org/1", phone="h"),)) | st.just(()),
)


@given(facts, facts)
def test_it_does_not_matter_which_of_two_comes_first(one: Facts, other: Facts) -> None:
    def told(first: Facts, second: Facts) -> list[tuple[float, set[tuple[str, str]]]]:
        return sorted(
            (case.score, {(finding.origin, finding.subject) for finding in case.findings})
            for case in cases_for(first, second)
        )

    assert sorted(score for score, _ in told(one, other)) == [
        score for score, _ in told(other, one)
    ]


# Scripts --------------------------------------------------------------------------------------


def test_case_accents_and_punctuation_are_no_difference() -> None:
    assert normalised("  Łódź: «Été», NON-stop!\n") == "łodz ete non stop"
    assert similarity(WORDS, WORDS.upper().replace(" ", " … ")) == 1
    assert bands(WORDS) == bands(WORDS.upper())


def test_too_short_a_text_is_like_nothing() -> None:
    assert bands("Do not vote.") == []
    assert similarity("Do not vote.", "Do not vote.") == 0


def test_what_was_changed_a_little_shares_a_band_and_other_texts_do_not() -> None:
    changed = WORDS.replace("home", "work").replace("the election", "elections")
    other = "Send any amount to this wallet and I return twice as much within an hour."

    assert len(bands(WORDS)) == BANDS
    assert set(enumerate(bands(WORDS))) & set(enumerate(bands(changed)))
    assert 0.8 <= similarity(WORDS, changed) < 1
    assert not set(enumerate(bands(WORDS))) & set(enumerate(bands(other)))
    assert similarity(WORDS, other) == 0


@given(st.text(min_size=40, max_size=400))
def test_any_text_is_found_again_by_itself(text: str) -> None:
    assert bands(text) == bands(f" {text} ")
    assert all(-(2**63) <= key < 2**63 for key in bands(text))
