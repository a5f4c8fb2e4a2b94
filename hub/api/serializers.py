"""Shapes of what is sent: every member known, every error at its pointer."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from typing import Any, Final

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from hub.api.suggestions import right_words, shown

REPORTED: Final = 20
"""So many unknown members are named; looking for their likes takes time."""

_KINDS: Final = {
    dict: "an object",
    list: "a list",
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "null",
}


def kind_of(value: object) -> str:
    """What JSON calls the value, with an article."""
    return _KINDS.get(type(value), "something else")


class StrictSerializer(serializers.Serializer[Any]):
    """An object whose members are all known.

    On a partial update, members of nested serializers are optional too, so that they merge;
    objects within lists are whole (`hub.api.fields.Objects`).
    """

    default_error_messages = {"null": "This may not be null."}

    @functools.cached_property
    def writable(self) -> frozenset[str]:
        """The members that may be sent."""
        return frozenset(name for name, field in self.fields.items() if not field.read_only)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            raise ValidationError(
                {"non_field_errors": [f"Send an object, not {kind_of(data)}."]}, code="wrong_type"
            )
        refused = self._refused(data)
        try:
            value = super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError({**refused, **_by_field(error)}) from error
        if refused:
            raise ValidationError(refused)
        return value

    def _refused(self, data: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
        unknown = [name for name in data if name not in self.writable]
        return {name: [self._refusal(name, self.writable)] for name in unknown[:REPORTED]}

    def _refusal(self, name: str, writable: Collection[str]) -> ErrorDetail:
        if name in self.fields:
            return ErrorDetail("The hub sets this; leave it out.", code="read_only")
        words = f"There is no member {shown(name)} here. {right_words(name, writable)}"
        return ErrorDetail(words, code="unknown_member")


class NoInput(StrictSerializer):
    """For actions that take nothing: an empty body, or an empty object."""


@functools.cache
def shape_of(
    serializer_class: type[serializers.BaseSerializer[Any]], *, partial: bool = False
) -> serializers.BaseSerializer[Any]:
    """What checks data of this shape by `run_validation`: one for all requests.

    To make the fields anew for each costs more than to check what was sent. A serializer keeps
    nothing of what it checks, unless it is given the data itself.
    """
    return serializer_class(partial=partial)


def validated(
    serializer_class: type[serializers.BaseSerializer[Any]], data: Any, *, partial: bool = False
) -> Any:
    """The data as the serializer reads it; raises ValidationError, by member."""
    if data is None:
        raise ValidationError({"non_field_errors": [ErrorDetail("No data provided", code="null")]})
    shape = shape_of(serializer_class, partial=partial)  # type: ignore[arg-type] # classes have hashes
    return shape.run_validation(data)


def merged(stored: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """`stored` after a merge patch of one level: null clears a member, what is absent stays."""
    changed = {**stored, **patch}
    return {name: value for name, value in changed.items() if value is not None}


def _by_field(error: ValidationError) -> dict[str, Any]:
    detail = error.detail
    return dict(detail) if isinstance(detail, Mapping) else {"non_field_errors": detail}
