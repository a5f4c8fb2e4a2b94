"""Fields of the forms of incidents: shape only, what may stand in them is asked of the document."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from django import forms
from django.forms.utils import ErrorDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.core.forms import choices
from incidents.core.forms.choices import Option
from incidents.core.forms.moments import Moment, read_moment

LONGEST: Final = 200_000
"""Characters of one field. What each may have is said where all that is sent is checked."""


class TypedForm(forms.Form):
    """Shows what was typed; says what is wrong with it only when it is to be saved."""

    def __init__(self, *args: Any, checked: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.checked = checked

    def full_clean(self) -> None:
        if not self.checked:
            self._errors = ErrorDict()
            self.cleaned_data: dict[str, Any] = {}
            return
        super().full_clean()
        # What cannot be read is told beside all else that is wrong, so the rest is looked at too.
        for name, field in self.fields.items():
            self.cleaned_data.setdefault(name, _nothing(field))


def _nothing(field: forms.Field) -> Any:
    if isinstance(field, forms.MultipleChoiceField):
        return []
    return None if isinstance(field, forms.IntegerField | MomentField) else ""


def line(label: Any, *, help_text: Any = "", list_id: str = "", **attrs: str) -> forms.CharField:
    """One line of text; `list_id` names a list of values that are offered."""
    if list_id:
        attrs["list"] = list_id
    widget = forms.TextInput(attrs={"autocomplete": "off", **attrs})
    return forms.CharField(
        label=label, help_text=help_text, required=False, max_length=LONGEST, widget=widget
    )


def lines(label: Any, *, rows: int = 3, help_text: Any = "") -> forms.CharField:
    """Text of several lines."""
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=LONGEST,
        strip=False,
        widget=widget,
    )


def hidden() -> forms.CharField:
    return forms.CharField(required=False, max_length=LONGEST, widget=forms.HiddenInput())


def select(label: Any, options: Iterable[Option], *, empty: Any = "—") -> forms.ChoiceField:
    """One of a few values, or none."""
    named = [(option.value, option.label) for option in options]
    return forms.ChoiceField(
        label=label, required=False, choices=[("", empty), *named], widget=forms.Select()
    )


class Picker(forms.MultipleChoiceField):
    """Several of the options, each with its label and help; `templates/incidents/_picker.html`.

    `one` makes it a choice of one. Values that are no option any more can stay and be taken away.
    """

    def __init__(
        self,
        label: Any,
        options: Iterable[Option] | Callable[[], Iterable[Option]] = (),
        *,
        one: bool = False,
        help_text: Any = "",
    ) -> None:
        widget = forms.RadioSelect() if one else forms.CheckboxSelectMultiple()
        super().__init__(label=label, required=False, help_text=help_text, widget=widget)
        self.one = one
        self.options: Sequence[Option] = tuple(options() if callable(options) else options)

    def to_python(self, value: Any) -> list[str]:
        given = value if isinstance(value, list | tuple) else [value]
        return list(dict.fromkeys(str(each) for each in given if each))

    def valid_value(self, value: str) -> bool:
        return True  # the document is asked, in better words


class NameField(forms.CharField):
    """A value typed by its name or its code, such as Germany or DE; its value is the code."""

    def __init__(
        self, label: Any, code_of: Callable[[str], str], *, list_id: str, help_text: Any = ""
    ) -> None:
        widget = forms.TextInput(attrs={"list": list_id, "autocomplete": "off"})
        super().__init__(
            label=label, required=False, max_length=200, help_text=help_text, widget=widget
        )
        self.code_of = code_of

    def clean(self, value: Any) -> str:
        return self.code_of(super().clean(value))


def country_code(text: str) -> str:
    return choices.code_of(text, choices.of_vocabulary("countries"))


def country(label: Any = None) -> NameField:
    return NameField(label or gettext_lazy("Country"), country_code, list_id="known-countries")


def language(label: Any = None) -> NameField:
    return NameField(
        label or gettext_lazy("Language"), choices.language_code, list_id="known-languages"
    )


class MomentField(forms.CharField):
    """As much of a moment as is known; its value is a `Moment`, or None."""

    def __init__(self, label: Any, *, help_text: Any = "") -> None:
        widget = forms.TextInput(attrs={"autocomplete": "off", "placeholder": "2026-11-22 14:05"})
        super().__init__(
            label=label, required=False, max_length=60, help_text=help_text, widget=widget
        )

    def clean(self, value: Any) -> Moment | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return read_moment(text)
        except ValueError as error:
            raise forms.ValidationError(
                _("Write it as 2026-11-22 14:05, or as much of it as is known: 2026-11, 2026.")
            ) from error


class InstantField(MomentField):
    """A moment of which at least the day is known."""

    def clean(self, value: Any) -> Moment | None:
        moment = super().clean(value)
        if moment is not None and moment.precision in {"month", "year"}:
            raise forms.ValidationError(_("Name the day at least, as 2026-11-22."))
        return moment


def split_lines(text: str) -> list[str]:
    """The lines in which something stands, each once."""
    return list(dict.fromkeys(part for one in re.split(r"[\r\n]+", text) if (part := one.strip())))


def split_codes(text: str) -> list[str]:
    """Parts between commas, spaces and line breaks, each once."""
    return list(dict.fromkeys(part for part in re.split(r"[\s,;]+", text) if part))
