"""What people may write: one form of it, and nothing that nobody sees."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.kit.errors import InvalidInput
from hub.kit.text import read_name, read_text

TURNING = [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))]


def refused(name: str, *, longest: int | None = None) -> tuple[str | None, str, str]:
    with pytest.raises(InvalidInput) as found:
        read_name(name, longest=longest, pointer="/name")
    return found.value.pointer, found.value.code, found.value.detail


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  Ada  ", "Ada"),
        ("Ame\u0301lie", "Amélie"),
        ("שלום\u200f (Shalom)", "שלום\u200f (Shalom)"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
    ],
)
def test_a_name_is_kept_stripped_and_composed(written: str, kept: str) -> None:
    assert read_name(written) == kept


@pytest.mark.parametrize("sign", TURNING)
def test_a_name_turns_nothing_around_and_a_text_may(sign: str) -> None:
    pointer, code, detail = refused(f"Ada{sign}Lovelace")

    assert (pointer, code) == ("/name", "control_character")
    assert detail == f"Send it without what turns the text around; U+{ord(sign):04X} does."
    assert read_text(f"Ada{sign}Lovelace") == f"Ada{sign}Lovelace"


def test_what_is_no_name_is_refused_in_words() -> None:
    told = "Send one line without control characters; U+001B is one."

    assert refused("a\x1b[2Jb") == ("/name", "control_character", told)
    assert refused("\u200b") == ("/name", "blank", "This may not be empty.")
    assert refused("abc", longest=2) == ("/name", "too_long", "At most 2 characters; this has 3.")
    assert read_name("", may_be_blank=True) == ""


def kept(written: str) -> str:
    """The name; empty where it was refused."""
    try:
        return read_name(written, may_be_blank=True)
    except InvalidInput:
        return ""


@given(st.text())
def test_no_name_holds_a_sign_that_steers(written: str) -> None:
    name = kept(written)

    assert [sign for sign in name if unicodedata.category(sign) in {"Cc", "Cs"}] == []
    assert [sign for sign in name if sign in TURNING] == []
    assert kept(name) == name
