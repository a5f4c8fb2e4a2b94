"""Query parameters: each known, each given once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from django.http import QueryDict

from hub.api.strict_json import escape
from hub.api.suggestions import right_words, shown
from hub.kit.errors import FieldError, InvalidInput

_REPORTED: Final = 10


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
