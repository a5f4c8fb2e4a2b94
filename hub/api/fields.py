"""Fields of what is sent, each with a limit and an error that says what would be right."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection
from typing import Any, Final

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from hub.api.serializers import StrictSerializer, kind_of, shape_of
from hub.api.suggestions import right_words, shown
from hub.kit.errors import InvalidInput
from hub.kit.text import read_name, read_text

EARLIEST: Final = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)
LATEST: Final = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)

# RFC 3339, section 5.6, without its leap second, which neither Python nor PostgreSQL keeps.
_RFC3339: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt][0-2]\d:[0-5]\d:[0-5]\d(\.\d{1,9})?([Zz]|[+-][0-2]\d:[0-5]\d)", re.ASCII
)


class Text(serializers.CharField):
    """Text of at most so many characters, by the rules of `hub.kit.text`."""

    def __init__(self, *, max_length: int, multiline: bool = False, **options: Any) -> None:
        super().__init__(**options)
        # DRF's own look at each character in Python, for what `read_text` finds at once.
        self.validators = []
        self.longest = max_length
        self.multiline = multiline

    def run_validation(self, data: Any = serializers.empty) -> Any:
        # CharField calls text blank before it is cleaned; here that comes last.
        return serializers.Field.run_validation(self, data)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise ValidationError(f"Send text, not {kind_of(data)}.", code="wrong_type")
        try:
            return self.read(data)
        except InvalidInput as error:
            raise ValidationError(error.detail, code=error.code) from error

    def read(self, given: str) -> str:
        return read_text(
            given,
            longest=self.longest,
            multiline=self.multiline,
            may_be_blank=self.allow_blank,
        )


class Name(Text):
    """What something is called: one line that does not turn the direction of what follows."""

    def read(self, given: str) -> str:
        return read_name(given, longest=self.longest, may_be_blank=self.allow_blank)


class VocabularyField(serializers.Field[str, Any, str, Any]):
    """One of the values of a vocabulary, asked for each time: values come with new data."""

    def __init__(self, ids: Callable[[], Collection[str]], **options: Any) -> None:
        super().__init__(**options)
        self.ids = ids

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise ValidationError(f"Send text, not {kind_of(data)}.", code="wrong_type")
        known = self.ids()
        if data not in known:
            detail = f"{shown(data)} is not a value of this. {right_words(data, known)}"
            raise ValidationError(detail, code="unknown_value")
        return data

    def to_representation(self, value: str) -> str:
        return value


class Instant(serializers.DateTimeField):
    """A moment, RFC 3339 with its zone; kept in UTC."""

    def to_internal_value(self, value: Any) -> dt.datetime:
        if not isinstance(value, str) or not _RFC3339.fullmatch(value):
            detail = "Send a moment with its zone as RFC 3339 has it, such as 2026-11-22T20:04:00Z."
            raise ValidationError(detail, code="invalid_moment")
        try:
            moment = dt.datetime.fromisoformat(value.upper()).astimezone(dt.UTC)
        except (ValueError, OverflowError):
            moment = None
        if moment is None:
            raise ValidationError("There is no such day or hour.", code="invalid_moment")
        if not EARLIEST <= moment < LATEST:
            detail = f"Years from {EARLIEST.year} to {LATEST.year - 1} are taken."
            raise ValidationError(detail, code="out_of_range")
        return moment


class Whole(serializers.IntegerField):
    """A whole number within bounds; never text, a fraction or true."""

    def __init__(self, *, lowest: int, highest: int, **options: Any) -> None:
        super().__init__(**options)
        self.lowest = lowest
        self.highest = highest

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int or not self.lowest <= data <= self.highest:
            detail = f"Send a whole number from {self.lowest} to {self.highest}."
            raise ValidationError(detail, code="invalid_number")
        return data


class Real(serializers.FloatField):
    """A number within bounds; never text or true."""

    def __init__(self, *, lowest: float, highest: float, **options: Any) -> None:
        super().__init__(**options)
        self.lowest = lowest
        self.highest = highest

    def to_internal_value(self, data: Any) -> float:
        if type(data) not in {int, float} or not self.lowest <= data <= self.highest:
            detail = f"Send a number from {self.lowest} to {self.highest}."
            raise ValidationError(detail, code="invalid_number")
        return float(data)


class Flag(serializers.BooleanField):
    """true or false, and nothing that only looks like it."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            raise ValidationError(f"Send true or false, not {kind_of(data)}.", code="wrong_type")
        return data


class Values(serializers.ListField):
    """A list of single values, each once."""

    def __init__(
        self, *, child: serializers.Field[Any, Any, Any, Any], max_items: int, **options: Any
    ) -> None:
        super().__init__(child=child, **options)
        self.max_items = max_items

    def to_internal_value(self, data: Any) -> list[Any]:
        check_list(data, max_items=self.max_items)
        values = super().to_internal_value(data)
        for index, value in enumerate(values):
            if value in values[:index]:
                raise ValidationError(
                    {str(index): ["This stands in the list already."]}, code="repeated"
                )
        return values


class Objects(serializers.Field[list[Any], Any, list[Any], Any]):
    """A list of objects, each whole: a merge patch replaces lists, it does not merge into them."""

    def __init__(
        self, serializer_class: type[StrictSerializer], *, max_items: int, **options: Any
    ) -> None:
        super().__init__(**options)
        self.serializer_class = serializer_class
        self.max_items = max_items

    def to_internal_value(self, data: Any) -> list[Any]:
        check_list(data, max_items=self.max_items)
        # A serializer of its own: within ours it would inherit `partial`.
        reader = shape_of(self.serializer_class)
        values: list[Any] = []
        errors: dict[str, Any] = {}
        for index, item in enumerate(data):
            try:
                values.append(reader.run_validation(item))
            except ValidationError as error:
                errors[str(index)] = error.detail
        if errors:
            raise ValidationError(errors)
        return values

    def to_representation(self, value: list[Any]) -> list[Any]:
        return value


class ListBody(serializers.ListSerializer[Any]):
    """A body that is a list; subclasses set `child` and `max_items`."""

    max_items: int

    def to_internal_value(self, data: Any) -> list[Any]:
        check_list(data, max_items=self.max_items)
        values: list[Any] = super().to_internal_value(data)
        return values


def check_list(data: Any, *, max_items: int) -> None:
    """Refuse what is no list, or is too long, before anybody looks into it."""
    if not isinstance(data, list):
        raise ValidationError(f"Send a list, not {kind_of(data)}.", code="wrong_type")
    if len(data) > max_items:
        detail = f"At most {max_items} items; this has {len(data)}."
        raise ValidationError(detail, code="too_many")
