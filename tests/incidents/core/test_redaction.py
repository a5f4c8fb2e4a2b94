"""What is left of a text when others are taken out of it."""

from __future__ import annotations

import pytest

from incidents.core.redaction import OF_INCIDENTS, Redactor, redacted_json


@pytest.mark.parametrize(
    ("texts", "value", "expected"),
    [
        (["Ann"], "Ann", "[redacted]"),
        (["Ann"], "ANN and ann", "[redacted] and [redacted]"),
        (["Ann"], "Annual", "[redacted]ual"),
        (["Ann"], "Bob", "Bob"),
        (["Ann Lee"], "Ann\n \tLee!", "[redacted]!"),
        (["Ann Lee", "Lee Wong"], "Ann Lee Wong said", "[redacted] said"),
        (["Ann Lee", "Ann"], "Ann Lee, Ann", "[redacted], [redacted]"),
        (["Ann", "Lee"], "AnnLee", "[redacted][redacted]"),
        (["redacted"], "[redacted] and redacted", "[redacted] and [redacted]"),
        (["a.c"], "abc a.c", "abc [redacted]"),
        (["山田太郎"], "これは山田太郎です", "これは[redacted]です"),
    ],
)
def test_a_text_is_taken_out_wherever_it_stands(
    texts: list[str], value: str, expected: str
) -> None:
    assert Redactor(texts).text(value) == expected


def test_each_text_counts_as_met_even_within_another() -> None:
    redactor = Redactor(["Ann Lee", "Lee", "Bob"])

    redactor.text("Ann Lee")

    assert redactor.unmet == [2]


def test_what_grows_too_long_is_cut() -> None:
    assert Redactor(["abc"]).text("abcabc", longest=15) == "[redacted][reda"


def test_what_a_target_does_not_have_it_does_not_get() -> None:
    targets = [{"name": "Ann", "kind": "candidate"}, {"name": "Bob", "kind": "candidate"}]

    changes = Redactor(["Ann"]).changes(OF_INCIDENTS, {"targets": targets, "title": "Bob"})

    assert changes == {"targets": [{"name": "[redacted]", "kind": "candidate"}, targets[1]]}


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://x.example/Ann%20Lee", True),
        ("https://x.example/?q=ann+lee", True),
        ("https://ann lee.example/", True),
        ("https://x.example/", False),
        ("", False),
        (None, False),
    ],
)
def test_an_address_is_read_as_it_is_written_and_as_it_is_meant(
    address: str | None, expected: bool
) -> None:
    assert Redactor(["Ann Lee"]).meets_address(address) is expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"ref":"DF-1","title":"By Ann"}', b'{"ref":"DF-1","title":"By [redacted]"}'),
        (b'{"id":"1","platform":"Ann"}', b'{"id":"1","platform":"[redacted]"}'),
        (b'{"status":400,"errors":[]}', b'{"status":400,"errors":[]}'),
    ],
)
def test_an_answer_is_redacted_as_what_it_shows(body: bytes, expected: bytes) -> None:
    assert redacted_json(body, texts=["Ann"]) == expected
