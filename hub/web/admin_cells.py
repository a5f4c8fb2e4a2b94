"""How operators are shown the values of rows: everything as text, in words."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from hub.web.templatetags import ui


def cell(value: Any) -> SafeString:
    """A value as HTML; of what was typed by others, nothing but its text gets there."""
    if isinstance(value, SafeString):
        return value
    if value is None or value in ("", [], (), {}):
        return format_html('<span class="text-secondary">{}</span>', _("none"))
    if isinstance(value, bool):
        return format_html("{}", _("yes") if value else _("no"))
    if isinstance(value, datetime):
        return format_html('<span class="text-nowrap">{}</span>', ui.when(value))
    return _text(value)


def _text(value: Any) -> SafeString:
    if isinstance(value, date):
        return format_html("{}", date_format(value, "j M Y"))
    if isinstance(value, UUID):
        return format_html("<code>{}</code>", value)
    if isinstance(value, list | tuple):
        return format_html_join(", ", "<bdi>{}</bdi>", ((one,) for one in value))
    if isinstance(value, dict):
        return format_html(
            "<code><bdi>{}</bdi></code>", json.dumps(value, ensure_ascii=False, default=str)
        )
    if isinstance(value, Promise | int):
        return format_html("{}", value)
    return format_html("<bdi>{}</bdi>", value)


def link(url: str, text: Any) -> SafeString:
    """A way to another page, by a text that may be anybody's."""
    return format_html('<a href="{}"><bdi>{}</bdi></a>', url, text)


def code(text: Any) -> SafeString:
    """An id, or another text that is meant for machines."""
    return format_html("<code>{}</code>", text)


def badge(state: str, label: str = "") -> SafeString:
    """The state of something, as everywhere in the hub."""
    return _rendered("components/status.html", ui.status(state, label))


def mark(value: str) -> SafeString:
    """A mark of the Traffic Light Protocol, as everywhere in the hub."""
    return _rendered("components/tlp.html", ui.tlp(value))


def _rendered(template: str, context: dict[str, Any]) -> SafeString:
    return render_to_string(template, context)
