"""The components of pages, as template tags: `{% load ui %}`."""

from __future__ import annotations

import functools
import zlib
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from django import template
from django.forms import BaseForm, BoundField
from django.template.context import Context
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from hub.kit.requests import request_id as id_of_request
from hub.web import fields, words
from hub.web.static_files import asset_url

register = template.Library()

SPRITE: Final = "ui/icons.svg"
MONOGRAM_COLOURS: Final = 8
MONOGRAM_LETTERS: Final = 2
JUST_NOW_SECONDS: Final = 60
SHORTEST_MONTH: Final = timedelta(days=28)
UNITS: Final = tuple(timedelta(minutes=length) for length in (7 * 24 * 60, 24 * 60, 60, 1))
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


# Files and icons ----------------------------------------------------------------------------
@register.simple_tag
def asset(name: str) -> str:
    """The address of a built file; empty while there is no build, so that a page can do without."""
    return asset_url(name)


@register.simple_tag
def icon(name: str, size: int = 16) -> SafeString:
    """A picture from the sprite, for eyes only: its word stands beside it or in a label."""
    sprite = asset_url(SPRITE)
    if not sprite:
        return SafeString("")
    return format_html(
        '<svg class="icon" width="{}" height="{}" aria-hidden="true" focusable="false">'
        '<use href="{}#{}"></use></svg>',
        size,
        size,
        sprite,
        name,
    )


# Badges -------------------------------------------------------------------------------------
@functools.lru_cache(maxsize=8192, typed=True)  # markup is equal to the text that reads like it
def _drawn(component: str, **values: str) -> SafeString:
    """A component that says nothing but its values: pages show the same ones again and again."""
    return render_to_string(f"components/{component}.html", values)


@register.simple_tag
def tlp(value: str) -> SafeString:
    """A mark of the Traffic Light Protocol, in FIRST's colours and always in words."""
    return _drawn("tlp", value=value, meaning=str(words.TLP_MEANINGS.get(value, "")))


@register.simple_tag
def pap(value: str) -> SafeString:
    """A mark of the Permissible Actions Protocol."""
    return _drawn("pap", value=value, meaning=str(words.PAP_MEANINGS.get(value, "")))


@register.simple_tag
def severity(value: str) -> SafeString:
    """How bad it is: bars for the eye, and the word."""
    return _drawn("severity", value=value, word=str(words.shown(value, words.SEVERITIES).word))


BADGES: Final = {"tlp": tlp, "pap": pap, "severity": severity}
"""By the names that a picker gives them."""


@register.simple_tag
def status(value: str, label: str = "") -> SafeString:
    """The state of anything; `label` says it in other words."""
    found = words.shown(value, words.STATUSES)
    return _drawn("status", word=str(label or found.word), tone=found.tone)


@register.simple_tag
def member(value: Any, url: str = "") -> SafeString:
    """An organisation or a person by name, with a monogram that is the same everywhere."""
    name = str(value)
    colour = zlib.crc32(name.encode()) % MONOGRAM_COLOURS + 1
    return _drawn("member", name=name, url=url, letters=_monogram(name), colour=str(colour))


def _monogram(name: str) -> str:
    """The first letters of the first two words; of an e-mail address, of what stands before @."""
    starts = [word[0] for word in name.partition("@")[0].split() if word[0].isalnum()]
    return "".join(starts[:MONOGRAM_LETTERS]).upper() or "?"


# Time ---------------------------------------------------------------------------------------
@register.simple_tag
def when(value: datetime | None) -> SafeString:
    """A moment with its zone; a dash in words for none."""
    if value is None:
        return _nothing()
    return _time(value, _in_full(value), title=_since(value))


@register.simple_tag
def ago(value: datetime | None) -> SafeString:
    """How long ago a moment was, as the page was made; the moment itself is its title."""
    if value is None:
        return _nothing()
    return _time(value, _since(value), title=_in_full(value))


def _time(value: datetime, text: str, *, title: str) -> SafeString:
    exact = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return format_html('<time datetime="{}" title="{}">{}</time>', exact, title, text)


def _nothing() -> SafeString:
    return format_html('<span class="text-secondary">{}</span>', _("never"))


def _in_full(value: datetime) -> str:
    local = timezone.localtime(value)
    return f"{local.day} {_month(local.month, get_language())} {local:%Y, %H:%M %Z}"


@functools.lru_cache
def _month(number: int, language: str | None) -> str:
    """Its name, which Django takes long to find; the language is the one that is active."""
    return date_format(date(2000, number, 1), "M")


def _since(value: datetime) -> str:
    now = timezone.now()
    apart = abs(now - value)
    if apart.total_seconds() < JUST_NOW_SECONDS:
        return _("just now")
    length = _length(apart, get_language()) if apart < SHORTEST_MONTH else _calendar(value, now)
    return (_("in %(time)s") if value > now else _("%(time)s ago")) % {"time": length}


def _length(apart: timedelta, language: str | None) -> str:
    """In the largest unit that fits."""
    unit = next(unit for unit in UNITS if apart >= unit)
    return _counted(apart // unit * unit, language)


@functools.lru_cache(maxsize=256)
def _counted(apart: timedelta, language: str | None) -> str:
    """In words, which Django takes long to find; the language is the one that is active."""
    return timesince(EPOCH, EPOCH + apart, depth=1)


def _calendar(value: datetime, now: datetime) -> str:
    """In months and years, of which not all are as long."""
    return timesince(min(value, now), max(value, now), depth=1)


# Forms --------------------------------------------------------------------------------------
@register.simple_tag
def field(bound: BoundField, **attributes: str) -> str:
    """A form field whole: label, help, error, input. Attributes go to the input: `autofocus=""`."""
    return render_to_string("components/field.html", fields.parts_of(bound, attributes))


@register.inclusion_tag("components/form_errors.html")
def form_errors(form: BaseForm, *, focus: bool = True) -> dict[str, Any]:
    """What is wrong with a form, in one place above it, with a way to each field.

    The focus goes there when the page comes, unless told otherwise.
    """
    return {
        "focus": focus,
        "general": form.non_field_errors(),
        "fields": [bound for bound in form.visible_fields() if bound.errors],
        "hidden": [(bound.name, bound.errors) for bound in form.hidden_fields() if bound.errors],
    }


@register.simple_tag
def option(offered: Any, name: str, kind: str = "checkbox", **said: str) -> SafeString:
    """A value to pick; `offered` has value, label and help."""
    parts = {"value": offered.value, "label": str(offered.label), "help": str(offered.help)}
    return _drawn("option", name=name, kind=kind, **parts, **said)


@register.simple_tag
def options(bound: BoundField, draws: str = "") -> SafeString:
    """All that a picker offers, under the names of its groups; `draws` names the badge to show.

    In Python, and each from the store: a form has hundreds of them.
    """
    picker: Any = bound.field
    chosen, is_one = bound.value() or (), picker.one
    kind = "radio" if is_one else "checkbox"
    wrong = "wrong" if bound.errors else ""
    drawn, group = [], ""
    for number, offered in enumerate(picker.options):
        if offered.group not in {"", group}:
            drawn.append(format_html('<p class="picker-group">{}</p>', offered.group))
        group = offered.group
        is_chosen = offered.value == chosen if is_one else offered.value in chosen
        drawn.append(
            option(
                offered,
                bound.html_name,
                kind,
                wrong=wrong,
                checked="checked" if is_chosen else "",
                badge=BADGES[draws](offered.value) if draws else "",
                help_id=f"{bound.auto_id}_{number}_help" if offered.help else "",
            )
        )
    return SafeString("".join(drawn))


# Boxes with a body --------------------------------------------------------------------------
@register.simple_block_tag
def panel(
    content: str,
    title: str = "",
    id: str = "",  # noqa: A002 - as in HTML
    *,
    flush: bool = False,
) -> str:
    """A titled part of a page; `flush` for a table, which then reaches to its edges."""
    return render_to_string(
        "components/panel.html", {"content": content, "title": title, "id": id, "flush": flush}
    )


@register.simple_block_tag
def table(content: str, caption: str, *, stacks: bool = False) -> str:
    """A table that scrolls by itself where the window is narrow; `caption` names it.

    With `stacks` its rows become blocks of lines there: its parts say their roles, since they are
    no table to the browser then, and a cell has its column's name as `data-label`.
    """
    context = {"content": content, "caption": caption, "stacks": stacks}
    return render_to_string("components/table.html", context)


@register.simple_block_tag
def dialogue(content: str, id: str, title: str) -> str:  # noqa: A002 - as in HTML
    """A modal dialogue; a button with `data-opens` and its id opens it."""
    return render_to_string(
        "components/dialogue.html", {"content": content, "id": id, "title": title}
    )


# Finding one's way --------------------------------------------------------------------------
@register.inclusion_tag("components/nav_link.html", takes_context=True)
def nav_link(context: Context, view: str, label: str, picture: str) -> dict[str, Any]:
    """A line of the navigation; nothing where this hub has no such page."""
    try:
        url = reverse(view)
    except NoReverseMatch:
        return {"url": ""}
    request = context.get("request")
    here = request is not None and (
        request.path == url or (url != "/" and request.path.startswith(url))
    )
    return {"url": url, "label": label, "picture": picture, "here": here}


@register.inclusion_tag("components/trail.html")
def trail(*steps: str) -> dict[str, Any]:
    """The way down to a page: address and words of each page above it, in turn."""
    return {"steps": list(zip(steps[::2], steps[1::2], strict=True))}


@register.simple_tag(takes_context=True)
def sort_url(context: Context, name: str) -> str:
    """The same list ordered by a column; asked again, the other way round."""
    query = context["request"].GET.copy()
    query["ordering"] = f"-{name}" if query.get("ordering") == name else name
    query.pop("cursor", None)
    return f"?{query.urlencode()}"


@register.simple_tag
def request_id() -> str:
    """The id under which the hub's log tells of this request."""
    return id_of_request.get()
