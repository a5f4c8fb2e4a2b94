from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ValidationError

from hub.api.fields import (
    Flag,
    Instant,
    Name,
    Objects,
    Real,
    Text,
    Values,
    VocabularyField,
    Whole,
)
from hub.api.problems import field_errors
from hub.api.serializers import merged, validated
from hub.api.suggestions import right_words, shown
from hub.kit.errors import FieldError
from tests.hub.api.notes import LinkInput, NoteInput, PlaceInput, colours


def errors_of(data: Any, *, partial: bool = False) -> list[FieldError]:
    serializer = NoteInput(data=data, partial=partial)
    serializer.is_valid()
    return list(field_errors(serializer.errors))


def read(data: Any, *, partial: bool = False) -> Any:
    serializer = NoteInput(data=data, partial=partial)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def refusal(field: Any, value: Any) -> tuple[str, str]:
    with pytest.raises(ValidationError) as refused:
        field.run_validation(value)
    (error,) = field_errors(refused.value.detail)
    return error.code, error.detail


def test_unknown_and_read_only_members_are_refused_beside_other_errors() -> None:
    found = errors_of({"tittle": "x", "updated_at": "2026-01-01T00:00:00Z", "rank": "9"})

    assert found == [
        FieldError(
            "/tittle",
            "unknown_member",
            "There is no member “tittle” here. Did you mean “title”?",
        ),
        FieldError("/updated_at", "read_only", "The hub sets this; leave it out."),
        FieldError("/title", "required", "This field is required."),
        FieldError("/rank", "invalid_number", "Send a whole number from 0 to 9."),
    ]


def test_a_flood_of_unknown_members_is_reported_in_part() -> None:
    found = errors_of({"title": "x", **{f"member {n}": 1 for n in range(50_000)}})

    assert len(found) == 20


def test_members_of_nested_objects_are_known_too() -> None:
    found = errors_of({"title": "x", "place": {"town": "y", "seen": "yesterday"}})

    assert [(error.pointer, error.code) for error in found] == [
        ("/place/town", "unknown_member"),
        ("/place/seen", "invalid_moment"),
    ]
    assert errors_of({"title": "x", "place": []})[0].pointer == "/place"


def test_a_merge_patch_may_leave_out_and_clear() -> None:
    assert read({}, partial=True) == {}
    assert read({"published_at": None, "place": {"city": None}}, partial=True) == {
        "published_at": None,
        "place": {"city": None},
    }
    assert errors_of({"title": None}, partial=True)[0] == FieldError(
        "/title", "null", "This field may not be null."
    )


def test_objects_in_a_list_are_whole_even_in_a_merge_patch() -> None:
    found = errors_of({"links": [{"url": "u", "kind": "red"}, {"url": "u"}, 7][:2]}, partial=True)

    assert found == [FieldError("/links/1/kind", "required", "This field is required.")]
    assert [error.pointer for error in errors_of({"title": "x", "links": [7, None]})] == [
        "/links/0",
        "/links/1",
    ]


def test_a_shape_keeps_nothing_of_what_it_checked() -> None:
    whole = validated(NoteInput, {"title": "first", "rank": 1})
    patch = validated(NoteInput, {"rank": 2}, partial=True)
    with pytest.raises(ValidationError) as refused:
        validated(NoteInput, {"rank": "9"})

    assert (dict(whole), dict(patch)) == ({"title": "first", "rank": 1}, {"rank": 2})
    assert [error.pointer for error in field_errors(refused.value.detail)] == ["/title", "/rank"]
    assert validated(NoteInput, {"title": "second"}) == {"title": "second"}


def test_one_level_merges_member_by_member() -> None:
    stored = {"city": "Riga", "seen": "yesterday"}

    assert merged(stored, {"city": "Oslo"}) == {"city": "Oslo", "seen": "yesterday"}
    assert merged(stored, {"city": None}) == {"seen": "yesterday"}
    assert merged({}, {}) == {}


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        ("  title  ", "title"),
        ("e\u0301", "é"),
        ("\u202eright to left\u202c", "\u202eright to left\u202c"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
        ("x" * 20, "x" * 20),
        ("=1+1", "=1+1"),
    ],
)
def test_text_is_kept_stripped_and_composed(given_text: str, kept: str) -> None:
    assert Text(max_length=20).run_validation(given_text) == kept


@pytest.mark.parametrize(
    ("value", "code", "detail"),
    [
        (7, "wrong_type", "Send text, not a number."),
        (True, "wrong_type", "Send text, not true or false."),
        ([], "wrong_type", "Send text, not a list."),
        ({}, "wrong_type", "Send text, not an object."),
        (None, "null", "This field may not be null."),
        ("", "blank", "This may not be empty."),
        (" \u3000 ", "blank", "This may not be empty."),
        ("\u200b\u2060", "blank", "This may not be empty."),
        ("x" * 21, "too_long", "At most 20 characters; this has 21."),
        ("a\0b", "control_character", "Send one line without control characters; U+0000 is one."),
        ("a\nb", "control_character", "Send one line without control characters; U+000A is one."),
        ("a\x1bb", "control_character", "Send one line without control characters; U+001B is one."),
        ("a\x9bb", "control_character", "Send one line without control characters; U+009B is one."),
        ("\ud800", "control_character", "Send one line without control characters; U+D800 is one."),
    ],
)
def test_text_that_is_none_is_refused_in_words(value: Any, code: str, detail: str) -> None:
    assert refusal(Text(max_length=20), value) == (code, detail)


def test_a_name_is_text_that_turns_nothing_around() -> None:
    field = Name(max_length=20)

    assert field.run_validation(" Ame\u0301lie\u200f ") == "Amélie\u200f"
    assert refusal(field, "x" * 21)[0] == "too_long"
    assert refusal(field, "a\u202eb") == (
        "control_character",
        "Send it without what turns the text around; U+202E does.",
    )


def test_text_of_several_lines_keeps_breaks_and_tabs_only() -> None:
    field = Text(max_length=20, multiline=True, allow_blank=True)

    assert field.run_validation("a\r\nb\tc\n") == "a\nb\tc"
    assert field.run_validation("") == ""
    assert refusal(field, "a\x0bb")[0] == "control_character"
    assert refusal(field, "a\rb")[0] == "control_character"


@given(st.text(max_size=40))
def test_accepted_text_is_accepted_again_unchanged(text: str) -> None:
    field = Text(max_length=200, multiline=True, allow_blank=True)
    try:
        accepted = field.run_validation(text)
    except ValidationError:
        return

    assert field.run_validation(accepted) == accepted


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-11-22T20:04:00Z", dt.datetime(2026, 11, 22, 20, 4, tzinfo=dt.UTC)),
        ("2026-11-22t20:04:00z", dt.datetime(2026, 11, 22, 20, 4, tzinfo=dt.UTC)),
        ("2026-11-23T01:04:00.5+05:00", dt.datetime(2026, 11, 22, 20, 4, 0, 500000, tzinfo=dt.UTC)),
        ("1900-01-01T00:00:00Z", dt.datetime(1900, 1, 1, tzinfo=dt.UTC)),
        ("2024-02-29T00:00:00-00:00", dt.datetime(2024, 2, 29, tzinfo=dt.UTC)),
    ],
)
def test_a_moment_is_kept_in_utc(value: str, moment: dt.datetime) -> None:
    accepted = Instant().run_validation(value)

    assert accepted == moment
    assert accepted.tzinfo is dt.UTC


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("2026-11-22T20:04:00", "invalid_moment"),
        ("2026-11-22", "invalid_moment"),
        ("2026-11-22 20:04:00Z", "invalid_moment"),
        ("20261122T200400Z", "invalid_moment"),
        ("2026-W47-7T20:04:00Z", "invalid_moment"),
        ("2026-11-22T20:04Z", "invalid_moment"),
        ("2026-02-30T00:00:00Z", "invalid_moment"),
        ("2026-11-22T25:00:00Z", "invalid_moment"),
        ("2026-11-22T23:59:60Z", "invalid_moment"),
        ("2026-11-22T20:04:00+24:00", "invalid_moment"),
        ("٢٠٢٦-11-22T20:04:00Z", "invalid_moment"),
        ("0001-01-01T00:00:00+23:00", "invalid_moment"),
        ("1899-12-31T23:59:59Z", "out_of_range"),
        ("2100-01-01T00:00:00Z", "out_of_range"),
        (1764000000, "invalid_moment"),
        ("", "invalid_moment"),
    ],
)
def test_a_moment_that_is_none_is_refused(value: Any, code: str) -> None:
    assert refusal(Instant(), value)[0] == code


@pytest.mark.parametrize(
    ("value", "code", "detail"),
    [
        ("gren", "unknown_value", "“gren” is not a value of this. Did you mean “green”?"),
        ("x", "unknown_value", "“x” is not a value of this. Known: blue, green, red."),
        (["red"], "wrong_type", "Send text, not a list."),
    ],
)
def test_a_value_outside_the_vocabulary_is_refused_with_the_closest(
    value: Any, code: str, detail: str
) -> None:
    assert refusal(VocabularyField(colours), value) == (code, detail)


@pytest.mark.parametrize("value", ["5", 5.0, 5.5, True, -1, 10, None, [], 2**62])
def test_a_whole_number_is_no_text_and_within_bounds(value: Any) -> None:
    assert refusal(Whole(lowest=0, highest=9), value)[0] in {"invalid_number", "null"}


@pytest.mark.parametrize("value", ["0.5", True, 1.01, -0.01, []])
def test_a_number_is_no_text_and_within_bounds(value: Any) -> None:
    assert refusal(Real(lowest=0, highest=1), value) == (
        "invalid_number",
        "Send a number from 0 to 1.",
    )


def test_numbers_within_bounds_are_taken() -> None:
    assert Whole(lowest=0, highest=9).run_validation(9) == 9
    assert Real(lowest=0, highest=1).run_validation(1) == 1.0


@pytest.mark.parametrize("value", ["true", 1, 0, "", "on", []])
def test_a_flag_is_true_or_false(value: Any) -> None:
    assert refusal(Flag(), value)[0] == "wrong_type"
    assert Flag().run_validation(True) is True
    assert Flag().run_validation(False) is False


@pytest.mark.parametrize(
    ("value", "pointer", "detail"),
    [
        ("red", "", "Send a list, not text."),
        ({"0": "red"}, "", "Send a list, not an object."),
        (["a", "b", "c", "d"], "", "At most 3 items; this has 4."),
        (["a", 7], "/1", "Send text, not a number."),
        (["a", "b", "a "], "/2", "This stands in the list already."),
    ],
)
def test_a_list_is_short_and_without_repetition(value: Any, pointer: str, detail: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Values(child=Text(max_length=9), max_items=3).run_validation(value)

    (error,) = field_errors(refused.value.detail)
    assert (error.pointer, error.detail) == (pointer, detail)


def test_a_list_keeps_its_order() -> None:
    assert Values(child=Text(max_length=9), max_items=3).run_validation(["b", "a"]) == ["b", "a"]
    assert Objects(LinkInput, max_items=2).run_validation([{"url": "u", "kind": "red"}]) == [
        {"url": "u", "kind": "red"}
    ]


def test_a_list_that_is_too_long_is_not_looked_into() -> None:
    field = Objects(LinkInput, max_items=2)

    assert refusal(field, [{}] * 100_000) == ("too_many", "At most 2 items; this has 100000.")


def test_read_values_are_shown_as_they_are() -> None:
    assert VocabularyField(colours).to_representation("red") == "red"
    assert Objects(LinkInput, max_items=2).to_representation([1]) == [1]
    assert PlaceInput(None).data == {"city": "", "seen": None}


@pytest.mark.parametrize(
    ("wrong", "known", "words"),
    [
        ("gren", ["green", "red"], "Did you mean “green”?"),
        ("x", [], "None is known here."),
        ("x", ["b", "a"], "Known: a, b."),
        ("x" * 100, ["x" * 99], f"Known: {'x' * 99}."),
        (
            "zzz",
            [f"a{n:02}" for n in range(30)],
            "There are 30, such as a00, a01, a02, a03, a04.",
        ),
    ],
)
def test_a_wrong_word_is_answered_with_right_ones(wrong: str, known: list[str], words: str) -> None:
    assert right_words(wrong, known) == words


def test_a_given_word_is_repeated_harmlessly() -> None:
    assert shown("a\nb\u202e") == "“a�b�”"
    assert shown("x" * 1000) == f"“{'x' * 60}…”"
