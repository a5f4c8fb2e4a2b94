from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.api.strict_json import MAX_INTEGER, MalformedJSON, escape, loads

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4)
)


@given(VALUES, st.booleans())
def test_what_a_strict_writer_writes_is_read_as_it_was(value: Any, escaped: bool) -> None:
    body = json.dumps(value, ensure_ascii=escaped).encode()

    assert loads(body) == value


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused_in_words(body: bytes) -> None:
    try:
        loads(body)
    except MalformedJSON as error:
        assert error.detail  # noqa: PT017 - most bytes are refused, a few are JSON


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "Expecting value at line 1, column 1."),
        (b'{"a": 1,\n "b": }', "Expecting value at line 2, column 7."),
        (b'{"a": 1} x', "Extra data at line 1, column 10."),
        (b"'a'", "Expecting value at line 1, column 1."),
        (b'"a', "Unterminated string starting at line 1, column 1."),
        (b'"a\nb"', "Invalid control character at line 1, column 3."),
        (b'"a\0b"', "Invalid control character at line 1, column 3."),
        (b"01", "Extra data at line 1, column 2."),
        (b"\xef\xbb\xbf{}", "The body starts with a byte order mark; send plain UTF-8 without it."),
        (b'"\xff"', "The body must be UTF-8; the byte at position 1 is not."),
        (b'"\xed\xa0\x80"', "The body must be UTF-8; the byte at position 1 is not."),
        ("{}".encode("utf-16"), "The body must be UTF-8; the byte at position 0 is not."),
        (b'{"a": 1, "a": 1}', 'The key "a" stands twice in one object.'),
        (b'{"b": [{"tlp": 1, "\\u0074lp": 2}]}', 'The key "tlp" stands twice in one object.'),
        (b"[NaN]", "NaN is not a JSON number; leave the member out or send null."),
        (b"-Infinity", "-Infinity is not a JSON number; leave the member out or send null."),
        (b"1e999", "The number 1e999 is out of range."),
        (
            b"9223372036854775808",
            f"The number {MAX_INTEGER + 1} is out of range; whole numbers go up to {MAX_INTEGER}.",
        ),
        (
            b"1" * 100_000,
            f"The number {'1' * 40}… is out of range; whole numbers go up to {MAX_INTEGER}.",
        ),
    ],
    ids=repr,
)
def test_what_is_not_interoperable_json_is_refused_in_words(body: bytes, detail: str) -> None:
    with pytest.raises(MalformedJSON) as refused:
        loads(body)

    assert refused.value.detail == detail
    assert refused.value.code == "malformed_json"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'"\\u0000"', ""),
        (b'{"a/b": [0, {"c~d": "x\\u0000"}]}', "/a~1b/1/c~0d"),
        (b'{"a": "\\ud800"}', "/a"),
        (b'{"a": "\\udc00\\ud800"}', "/a"),
        (b'{"a": {"\\ud83d": 1}}', "/a"),
        (b'{"a\\u0000": 1}', ""),
    ],
    ids=repr,
)
def test_text_that_cannot_be_stored_is_refused_where_it_stands(body: bytes, pointer: str) -> None:
    with pytest.raises(MalformedJSON) as refused:
        loads(body)

    assert refused.value.errors[0].pointer == pointer


def test_a_whole_surrogate_pair_is_a_character() -> None:
    assert loads(b'"\\ud83d\\ude00"') == "\N{GRINNING FACE}"


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_32_levels_are_read_and_33_are_not(opening: bytes, closing: bytes) -> None:
    loads(opening * 32 + b"1" + closing * 32)

    with pytest.raises(MalformedJSON, match="at most 32 levels"):
        loads(opening * 33 + b"1" + closing * 33)


@pytest.mark.parametrize("body", [b"[" * 1_000_000, b'{"a":' * 200_000, b"[[]" + b",[]" * 300_000])
def test_endless_nesting_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedJSON):
        loads(body)


def test_a_token_of_a_pointer_is_escaped() -> None:
    assert escape("~/") == "~0~1"
