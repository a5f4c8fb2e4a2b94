"""JSON as RFC 8259 means it for interchange: one reading, within limits, or an error in words."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final, NoReturn

from hub.kit.errors import InvalidInput

MAX_DEPTH: Final = 32
MAX_INTEGER: Final = 2**63 - 1
"""What PostgreSQL's bigint holds; beyond 2**53 other readers of JSON round as well."""

_INTEGER_DIGITS: Final = len(str(MAX_INTEGER))
_SHOWN: Final = 40
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class MalformedJSON(InvalidInput):
    """The body is not JSON that the hub accepts."""

    code = "malformed_json"
    title = "Malformed JSON"


def escape(token: str) -> str:
    """One reference token of a JSON pointer: RFC 6901, section 3."""
    return token.replace("~", "~0").replace("/", "~1")


def loads(body: bytes) -> Any:
    """Read one JSON text in UTF-8.

    Raises MalformedJSON for what a lenient reader would take in one of several ways or could not
    store: duplicate keys, NaN, numbers out of range, U+0000, lone surrogates, a byte order mark,
    bytes that are not UTF-8, more than 32 levels.
    """
    text = _decode(body)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_int,
        )
    except json.JSONDecodeError as error:
        fault = error.msg.removesuffix(" at").rstrip(": ")
        raise MalformedJSON(f"{fault} at line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise _too_deep("") from None
    # Depth needs brackets and a bad character needs an escape: most bodies are not walked.
    if "\\u" in text or text.count("[") + text.count("{") > MAX_DEPTH:
        _check_values(value)
    return value


def _decode(body: bytes) -> str:
    if body.startswith(b"\xef\xbb\xbf"):
        raise MalformedJSON("The body starts with a byte order mark; send plain UTF-8 without it.")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedJSON(
            f"The body must be UTF-8; the byte at position {error.start} is not."
        ) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        given = Counter(key for key, _ in pairs)
        twice = next(key for key in given if given[key] > 1)
        raise MalformedJSON(f"The key {json.dumps(_shown(twice))} stands twice in one object.")
    return members


def _constant(name: str) -> NoReturn:
    raise MalformedJSON(f"{name} is not a JSON number; leave the member out or send null.")


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise MalformedJSON(f"The number {_shown(digits)} is out of range.")
    return number


def _int(digits: str) -> int:
    # Counted before it is converted: converting a million digits takes seconds.
    if len(digits.removeprefix("-")) <= _INTEGER_DIGITS:
        number = int(digits)
        if -MAX_INTEGER <= number <= MAX_INTEGER:
            return number
    raise MalformedJSON(
        f"The number {_shown(digits)} is out of range; whole numbers go up to {MAX_INTEGER}."
    )


def _check_values(root: Any) -> None:
    """Look at every value for depth and characters, without recursion."""
    tokens: list[str | int] = []
    levels: list[Iterator[tuple[str | int, Any]]] = [iter([("", root)])]
    while levels:
        for token, value in levels[-1]:
            if isinstance(value, str):
                _check_text(value, [*tokens, token])
            elif isinstance(value, dict | list):
                tokens.append(token)
                if len(levels) > MAX_DEPTH:
                    raise _too_deep(_pointer(tokens))
                levels.append(_members(value, tokens))
                break
        else:
            levels.pop()
            del tokens[-1:]


def _members(
    value: dict[str, Any] | list[Any], tokens: list[str | int]
) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, list):
        return enumerate(value)
    for key in value:
        _check_text(key, tokens)
    return iter(value.items())


def _pointer(tokens: Sequence[str | int]) -> str:
    # The first token is the document itself.
    return "".join("/" + escape(str(token)) for token in tokens[1:])


def _check_text(text: str, tokens: Sequence[str | int]) -> None:
    if "\0" in text:
        raise MalformedJSON("Text must not contain U+0000.", pointer=_pointer(tokens))
    if _SURROGATE.search(text):
        raise MalformedJSON(
            "Text must not contain half of a surrogate pair; write the character itself in UTF-8.",
            pointer=_pointer(tokens),
        )


def _too_deep(pointer: str) -> MalformedJSON:
    return MalformedJSON(f"Values nest at most {MAX_DEPTH} levels deep.", pointer=pointer)


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
