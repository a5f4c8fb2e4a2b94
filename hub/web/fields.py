"""What the template of a form field needs to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.forms import (
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    PasswordInput,
    RadioSelect,
    Select,
)

GROUPS: Final = (RadioSelect, CheckboxSelectMultiple)
"""Widgets of several inputs: a legend names them together."""


def parts_of(bound: BoundField, attributes: Mapping[str, str]) -> dict[str, Any]:
    """Label, help, errors and input of a field, tied together by ids.

    Django itself names help and errors in `aria-describedby`; the ids here are the ones it names.
    """
    widget = bound.field.widget
    kind = "group" if isinstance(widget, GROUPS) else "one"
    if isinstance(widget, CheckboxInput):
        kind = "check"
    if kind == "group":  # each of its inputs takes what the widget itself has
        widget.attrs["class"] = _class_of(bound)
    return {
        "bound": bound,
        "kind": kind,
        "input": bound.as_widget(attrs={"class": _class_of(bound), **attributes}),
        "help_id": f"{bound.auto_id}_helptext",
        "error_id": f"{bound.auto_id}_error",
        "is_password": isinstance(widget, PasswordInput),
        "is_optional": not bound.field.required and kind == "one",
    }


def _class_of(bound: BoundField) -> str:
    widget = bound.field.widget
    if isinstance(widget, CheckboxInput | RadioSelect | CheckboxSelectMultiple):
        name = "form-check-input"
    elif isinstance(widget, Select):
        name = "form-select"
    else:
        name = "form-control"
    return f"{name} is-invalid" if bound.errors else name
