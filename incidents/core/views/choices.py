"""What can be chosen in the filters of the incident list, and what it is called."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.utils.translation import gettext_lazy as _

from accounts.models import Member
from accounts.readers import Reader
from hub.web import words
from incidents.core.models import Status
from incidents.taxonomy.labels import labels
from incidents.taxonomy.machinetags import FREE, folded_tag
from incidents.taxonomy.models import Election

VOCABULARIES: Final = {
    "tlp": "tlp",
    "severity": "severity",
    "media_kind": "media_kinds",
    "harm": "harms",
    "goal": "goals",
    "manipulation": "manipulation",
    "authenticity": "authenticity",
    "country": "countries",
}
"""Filters whose values come from a vocabulary."""
NAMES: Final = {
    "q": _("Search"),
    "status": _("Status"),
    "tlp": _("Mark"),
    "owner": _("Owner"),
    "severity": _("Severity"),
    "media_kind": _("Media"),
    "harm": _("Harm"),
    "goal": _("Goal"),
    "manipulation": _("Manipulation"),
    "authenticity": _("Authenticity"),
    "country": _("Country"),
    "language": _("Language"),
    "election": _("Election"),
    "tag": _("Tag"),
    "platform": _("Platform"),
    "published_after": _("Published since"),
    "published_before": _("Published before"),
    "updated_after": _("Updated since"),
}
"""What the filters are called, all of them."""


@functools.cache
def _countries() -> Mapping[str, str]:
    """By name, for people; whoever reads the vocabulary finds them by code."""
    by_name = sorted(labels("countries").items(), key=lambda country: folded_tag(country[1]))
    return MappingProxyType(dict(by_name))


class Choices:
    """The values of every filter that offers some; what needs a query is asked for once, if ever.

    Organisations and elections are the same for everybody who may ask at all.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def of(self, name: str) -> Mapping[str, str]:
        """Labels by value; none for a filter that takes what is typed."""
        if name == "country":
            return _countries()
        if name in VOCABULARIES:
            return labels(VOCABULARIES[name])
        if name == "status":
            return {status: str(words.STATUSES[status].word) for status in Status.values}
        if name == "owner":
            return self._owners
        return self._elections if name == "election" else {}

    def label(self, name: str, value: str) -> str:
        """What a value is called; one that nobody knows, as it was written."""
        if name == "tag":
            return value.removeprefix(f"{FREE}:").strip('"')
        if name == "platform":
            return value.strip('"')
        key = value.upper() if name == "country" else value
        return self.of(name).get(key, value)

    @functools.cached_property
    def _owners(self) -> dict[str, str]:
        seen = Member.objects.visible_to(self.reader.member).order_by("name", "slug")
        return dict(seen.values_list("slug", "name"))

    @functools.cached_property
    def _elections(self) -> dict[str, str]:
        seen = Election.objects.visible_to(self.reader)
        return dict(seen.values_list("key", "name"))
