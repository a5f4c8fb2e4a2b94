"""The filters of the incident list, as a form."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.forms import BoundField
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from incidents.core.filters import DAY
from incidents.core.views.choices import NAMES, Choices
from incidents.core.views.questions import values_of

OFTEN: Final = ("severity", "tlp", "media_kind", "country", "owner")
"""Filters that offer their values, in the order of the page; these first, the others folded."""
SELDOM: Final = ("status", "harm", "goal", "manipulation", "authenticity", "election")
TYPED: Final = ("platform", "tag", "language")
DAYS: Final = ("published_after", "published_before", "updated_after")
FOLDED: Final = (*SELDOM, *TYPED, *DAYS)
LONG: Final = 20
"""From so many values on, one can be looked for among them."""
CHECKED: Final = SafeString(" checked")
HINTS: Final = {
    "platform": _("telegram, x"),
    "tag": _("robocall"),
    "language": _("en, pt-BR"),
}


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class Menu:
    """A filter that offers its values."""

    bound: BoundField
    options: list[Option]

    @property
    def boxes(self) -> SafeString:
        """To be ticked; joined here, for there are hundreds, and a template takes far longer."""
        name = self.bound.html_name
        boxes = (_box(name, one.value, one.label, chosen=one.chosen) for one in self.options)
        return SafeString("".join(boxes))

    @property
    def chosen(self) -> int:
        return sum(option.chosen for option in self.options)

    @property
    def is_long(self) -> bool:
        return len(self.options) >= LONG


@functools.lru_cache(maxsize=4096)  # they are the same on every page
def _box(name: str, value: str, label: str, *, chosen: bool) -> SafeString:
    return format_html(
        '<label class="form-check"><input class="form-check-input" type="checkbox"'
        ' name="{}" value="{}"{}><bdi>{}</bdi></label>',
        name,
        value,
        CHECKED if chosen else "",
        label,
    )


class Day(forms.TextInput):
    """A day to pick; a moment, which an address can hold as well, stays to be read and changed."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        is_day = not value or DAY.fullmatch(str(value))
        context["widget"]["type"] = "date" if is_day else "text"
        return context


class FilterForm(forms.Form):
    """Shows what is asked and what is wrong with it; whether it is, the list itself says."""

    def __init__(self, asked: Mapping[str, str], choices: Choices) -> None:
        super().__init__(asked)
        self.choices = choices
        for name, label in NAMES.items():
            widget = Day() if name in DAYS else forms.TextInput()
            widget.attrs["class"] = "form-control"
            if name in HINTS:
                widget.attrs["placeholder"] = HINTS[name]
            field = forms.CharField(label=label, required=False, strip=False, widget=widget)
            self.fields[name] = field

    def often(self) -> Iterator[Menu]:
        return (self._menu(name) for name in OFTEN)

    def seldom(self) -> Iterator[Menu]:
        return (self._menu(name) for name in SELDOM)

    def typed(self) -> Iterator[BoundField]:
        return (self[name] for name in (*TYPED, *DAYS))

    def folded_in_use(self) -> int:
        """How many of the folded filters are asked for."""
        return sum(bool(self.data.get(name)) for name in FOLDED)

    def is_folded_wrong(self) -> bool:
        return not self.errors.keys().isdisjoint(FOLDED)

    def _menu(self, name: str) -> Menu:
        """Its values, and those asked for that it does not know: they are what is wrong."""
        offered = self.choices.of(name)
        asked = values_of(name, self.data.get(name, ""))
        if name == "country":
            asked = [value.upper() for value in asked]
        unknown = [Option(value, value, chosen=True) for value in asked if value not in offered]
        options = [Option(value, label, value in asked) for value, label in offered.items()]
        if len(options) >= LONG:  # what is chosen is seen without looking for it
            options.sort(key=lambda option: not option.chosen)
        return Menu(self[name], [*unknown, *options])
