"""Machine tags are read strictly, written in one way, and checked against the vocabularies."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.kit.errors import InvalidInput
from incidents.taxonomy import registry
from incidents.taxonomy.machinetags import MachineTag, check_tags, parse_tag, tag_of, write_tag
from incidents.taxonomy.registry import Use

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}", fullmatch=True)
WORDS = (
    st.text(
        st.characters(exclude_categories=["Cc", "Cf", "Cs", "Co"], exclude_characters='"'),
        min_size=1,
        max_size=40,
    )
    .map(lambda text: " ".join(unicodedata.normalize("NFC", text).split()))
    .filter(bool)
)
TAGS = st.one_of(
    st.builds(MachineTag, NAMES.filter(lambda name: name != "tag"), NAMES, st.none() | WORDS),
    st.builds(MachineTag, st.just("tag"), st.just(""), WORDS),
)


def rewritten(text: str) -> str:
    """The tag as it is written; what is refused as it came."""
    try:
        return write_tag(parse_tag(text))
    except InvalidInput:
        return text


@given(TAGS)
def test_what_is_written_is_read_back(tag: MachineTag) -> None:
    assert parse_tag(write_tag(tag)) == tag


@given(st.text(max_size=40))
def test_any_text_is_refused_or_read_as_it_would_be_written(text: str) -> None:
    written = rewritten(f'tag:"{text}"')

    assert rewritten(written) == written


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ('admiralty:reliability="b"', MachineTag("admiralty", "reliability", "b")),
        ("likelihood:very_likely", MachineTag("likelihood", "very_likely", None)),
        ("tlp:amber+strict", MachineTag("tlp", "amber+strict", None)),
        ('tag:"robo  call "', MachineTag("tag", "", "robo call")),
        ('  tag:"Cafe\u0301"  ', MachineTag("tag", "", "Café")),
        ('tag:"a=b:c"', MachineTag("tag", "", "a=b:c")),
    ],
)
def test_a_tag_is_read(text: str, tag: MachineTag) -> None:
    assert parse_tag(text) == tag


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "A tag is written"),
        ("robocall", "A tag is written"),
        ('tag:"say "no""', "without further quotation marks"),
        ("tag:robocall", 'A free tag is written tag:"free text".'),
        ('tag:kind="robocall"', 'A free tag is written tag:"free text".'),
        ('tag:="robocall"', 'A free tag is written tag:"free text".'),
        ('tag:" "', "empty between its quotation marks"),
        ('disarm:technique=""', "empty between its quotation marks"),
        ('disarm:"T0087"', "The predicate '' should be"),
        ('disarm:technique"T0087"', "An = is missing"),
        ('disarm:tech nique="T0087"', "The predicate 'tech nique' should be"),
        (':technique="T0087"', "The namespace '' should be"),
        ('disarm:technique=" T0087"', "begins or ends with a space"),
        ("n" * 65 + ":p", "1 to 64 letters"),
        ("n:" + "p" * 65, "1 to 64 letters"),
        ('tag:"' + "a" * 256 + '"', "at most 255 characters; this has 256"),
        ('tag:"' + "a" * 295 + '"', "at most 300 characters; this has 301"),
        ('tag:"a\tb"', "no control or invisible characters (U+0009)"),
        ('tag:"a\x00b"', "no control or invisible characters (U+0000)"),
        ('tag:"a\u202eb"', "no control or invisible characters (U+202E)"),
        ('tag:"a\u200bb"', "no control or invisible characters (U+200B)"),
        ('tag:"a\ud800b"', "no control or invisible characters (U+D800)"),
    ],
)
def test_what_is_no_tag_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_tag(text)

    assert said in refused.value.detail


def test_known_tags_come_back_written_in_one_way_in_order_and_once() -> None:
    given_tags = [
        'tag:"b"',
        'accord:goal="detection"',
        ' tag:"b" ',
        "confidence:low",
        "confidence:low",
    ]

    assert check_tags(given_tags) == ['tag:"b"', 'accord:goal="detection"', "confidence:low"]


@pytest.mark.parametrize("vocabulary", registry.vocabularies(), ids=lambda known: known.namespace)
def test_every_value_of_a_vocabulary_of_tags_is_a_known_tag(
    vocabulary: registry.Vocabulary,
) -> None:
    tags = [write_tag(tag_of(vocabulary, value)) for value in vocabulary.values]

    refused = [tag for tag in tags if vocabulary.use is Use.TAG and check_tags([tag]) != [tag]]

    assert refused == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("foo:bar", "There is no namespace 'foo'. Tags may be of accord, admiralty, confidence"),
        ('admirality:reliability="b"', 'Did you mean admiralty:reliability="b"?'),
        ("harms:fraud", "'harms' is a field; tags may be of accord"),
        ('accord:goal="detect"', 'Did you mean accord:goal="detection"?'),
        ('accord:aim="detection"', 'written accord:goal="…" or accord:commitment="…"'),
        ("disarm:T0087.001", 'Did you mean disarm:technique="T0087.001"?'),
        ('disarm:technique="T9999"', "The 391 known ones stand under vocabularies/disarm/."),
        (
            'confidence:level="low"',
            "Known are confidence:low, confidence:moderate, confidence:high.",
        ),
        ('admiralty:credibility="b"', 'Known are admiralty:credibility="1"'),
    ],
)
def test_an_unknown_tag_is_refused_with_what_is_allowed(text: str, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_tags(['tag:"fine"', text])

    [error] = refused.value.errors
    assert error.pointer == "/1"
    assert said in error.detail


def test_an_exclusive_vocabulary_admits_one_value_of_each_predicate() -> None:
    both = ['admiralty:reliability="b"', 'admiralty:credibility="2"', "likelihood:likely"]

    with pytest.raises(InvalidInput) as refused:
        check_tags([*both, "likelihood:unlikely", 'admiralty:reliability="c"'])

    assert check_tags(both) == both
    assert [(error.pointer, error.detail) for error in refused.value.errors] == [
        (
            "/3",
            (
                "Likelihood admits one value, and likelihood:likely stands before it:"
                " send one of the two."
            ),
        ),
        (
            "/4",
            (
                'Admiralty scale admits one value, and admiralty:reliability="b" stands before it:'
                " send one of the two."
            ),
        ),
    ]


def test_a_vocabulary_that_is_not_exclusive_admits_several() -> None:
    several = ['disarm:technique="T0087.001"', 'disarm:technique="T0088.001"']

    assert check_tags(several) == several


def test_no_more_than_a_hundred_tags_are_taken() -> None:
    with pytest.raises(InvalidInput) as refused:
        check_tags([f'tag:"{number}"' for number in range(101)])

    assert refused.value.detail == "An incident has at most 100 tags; these are 101."
