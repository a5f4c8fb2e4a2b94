"""How operators are shown the values of rows: everything as text, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from hub.kit import clock
from hub.web.templatetags import ui


class Column(NamedTuple):
    """How a column is headed, and how it stands."""

    label: str
    is_number: bool = False
    is_quiet: bool = False
    """What stands in it says for itself what it is; the heading is for ears only."""


def cell(value: Any) -> SafeString:
    """A value as HTML; of what was typed by others, nothing but its text gets there."""
    if isinstance(value, SafeString):
        return value
    if value is None or value in ("", [], (), {}):
        return nothing(_("none"))
    if isinstance(value, bool):
        return format_html("{}", _("yes") if value else _("no"))
    if isinstance(value, datetime):
        return format_html('<span class="text-nowrap">{}</span>', ui.when(value))
    return _text(value)


def _text(value: Any) -> SafeString:
    if isinstance(value, date):
        return format_html('<span class="text-nowrap">{}</span>', date_format(value, "j M Y"))
    if isinstance(value, UUID):
        return format_html("<code>{}</code>", value)
    if isinstance(value, list | tuple):
        return _several(value)
    if isinstance(value, dict):
        return _pairs(value)
    if isinstance(value, Promise | int):
        return format_html("{}", value)
    return format_html("<bdi>{}</bdi>", value)


def nothing(word: str) -> SafeString:
    """A word for what is not there, so quiet that what is there stands out."""
    return format_html('<span class="text-secondary admin-nothing">{}</span>', word)


def _several(values: Sequence[Any]) -> SafeString:
    """Words in a row; what is made of parts, one below the other."""
    shown = [(cell(one),) for one in values]
    if any(isinstance(one, dict) for one in values):
        items = format_html_join("", "<li>{}</li>", shown)
        return format_html('<ul class="admin-several">{}</ul>', items)
    return format_html_join(", ", "{}", shown)


def _pairs(value: Mapping[str, Any]) -> SafeString:
    """Names with their values, as they were stored; empty ones say nothing."""
    told = [(name, cell(one)) for name, one in value.items() if one not in (None, "", [], {})]
    if not told:
        return nothing(_("none"))
    pair = '<span class="admin-pair"><span class="text-secondary"><bdi>{}</bdi></span> {}</span>'
    return format_html_join(" ", pair, told)


def few(values: Sequence[Any], most: int) -> SafeString:
    """The first of many values, and how many more there are."""
    shown = cell(values[:most])
    if len(values) <= most:
        return shown
    more = _("and %d more") % (len(values) - most)
    return format_html('{} <span class="text-secondary text-nowrap">{}</span>', shown, more)


def clipped(shown: Any) -> SafeString:
    """A text that is cut where its column ends; the page of the row has all of it."""
    return format_html('<span class="admin-clip">{}</span>', cell(shown))


def since(moment: datetime) -> SafeString:
    """How long ago a moment was, in a word; the moment itself is the title."""
    return _moment(moment, age(clock.now() - moment, units=1))


def until(moment: datetime) -> SafeString:
    """How soon a moment comes, as `since`."""
    return _moment(moment, _("in %s") % age(moment - clock.now(), units=1))


def _moment(value: datetime, text: str) -> SafeString:
    exact = date_format(timezone.localtime(value), "j M Y, H:i T")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', value.isoformat("T", "seconds"), exact, text
    )


def age(value: timedelta, *, units: int = 2) -> str:
    """How long it has been, in the largest units that say something."""
    seconds = max(0, round(value.total_seconds()))
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    first = next((place for place, (number, _) in enumerate(parts) if number), len(parts) - 1)
    return " ".join(f"{number} {unit}" for number, unit in parts[first : first + units])


def link(url: str, text: Any) -> SafeString:
    """A way to another page, by a text that may be anybody's."""
    return format_html('<a href="{}"><bdi>{}</bdi></a>', url, text)


def code(text: Any) -> SafeString:
    """An id, or another text that is meant for machines."""
    return format_html("<code>{}</code>", text)


def badge(state: str, label: str = "") -> SafeString:
    """The state of something, as everywhere in the hub."""
    return ui.status(state, label)


def mark(value: str) -> SafeString:
    """A mark of the Traffic Light Protocol, as everywhere in the hub."""
    return ui.tlp(value)


def permitted(value: str) -> SafeString:
    """A mark of the Permissible Actions Protocol, as everywhere in the hub."""
    return ui.pap(value)


def small_table(
    caption: str, labels: Sequence[str], rows: Iterable[Sequence[SafeString]], *, door: str = ""
) -> SafeString:
    """A table within a page; the first cell of each row names it.

    With `door` the last cell of each row leads on and says so itself: that names its column.
    """
    columns = [Column(label) for label in labels]
    if door:
        columns.append(Column(door, is_quiet=True))
    told = [list(zip(columns, cells, strict=True)) for cells in rows]
    context = {"caption": caption, "columns": columns, "rows": told}
    return render_to_string("admin/_table.html", context)
