"""Query parameters: each known, each given once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple

from django.http import QueryDict

from hub.api.pagination import CURSOR, DEFAULT_LIMIT, LIMIT, MAX_LIMIT
from hub.api.strict_json import escape
from hub.api.suggestions import right_words, shown
from hub.kit.errors import FieldError, InvalidInput

_REPORTED: Final = 10


class Parameter(NamedTuple):
    """What the documentation of the API says about a parameter."""

    words: str
    schema: Mapping[str, Any] = {"type": "string"}
    example: Any = None

    @classmethod
    def of(cls, said: str | Parameter) -> Parameter:
        """A sentence is enough for one that takes any text."""
        return said if isinstance(said, Parameter) else cls(said)


PAGING: Final[Mapping[str, Parameter]] = {
    LIMIT: Parameter(
        "Rows a page",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        20,
    ),
    CURSOR: Parameter("A place in this list, from `next` or `previous`"),
}


def check_parameters(given: QueryDict, *, known: Collection[str]) -> None:
    """Raises InvalidInput, so that a misspelt filter does not silently show everything."""
    errors = list(_errors(given, known=known))
    if errors:
        raise InvalidInput(errors[0].detail, errors=errors)


def _errors(given: QueryDict, *, known: Collection[str]) -> Iterator[FieldError]:
    unknown = [name for name in given if name not in known]
    for name in unknown[:_REPORTED]:
        yield FieldError(
            "/" + escape(name),
            "unknown_parameter",
            f"There is no query parameter {shown(name)} here. {right_words(name, known)}",
        )
    for name in sorted(set(known) & set(given)):
        values = given.getlist(name)
        if len(values) > 1:
            detail = f"{name} may be given once; part several values by commas where allowed."
            yield FieldError("/" + escape(name), "repeated_parameter", detail)
        if any("\0" in value for value in values):
            yield FieldError("/" + escape(name), "invalid", f"{name} must not contain U+0000.")
