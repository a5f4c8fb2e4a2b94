"""What an incident says, as its page shows it: values by name, moments with their doubt."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode, urlsplit

from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.readers import Reader
from incidents.core.fingerprints import ALGORITHMS
from incidents.core.forms.choices import languages, name_of
from incidents.core.models import Incident
from incidents.core.tag_usage import label_of
from incidents.crossrefs.representation import NAMES
from incidents.taxonomy import registry
from incidents.taxonomy.machinetags import FREE, parse_tag
from incidents.taxonomy.models import Election

SHOWN_WHOLE: Final = 1_000
"""Characters of a fingerprint; of a longer one the page has the beginning."""
BEGINNING: Final = 200
FOLDED_FROM: Final = 1_200
"""Characters of a text that is folded."""
NO_MOMENT: Final = gettext_lazy("not known")


class Word(NamedTuple):
    """A value by the name people know it by, and what it means."""

    label: str
    meaning: str = ""


class Fact(NamedTuple):
    """A question and its answers."""

    title: Any
    words: Sequence[Word]


class Text(NamedTuple):
    """A longer text of the incident."""

    id: str
    title: Any
    body: str
    is_folded: bool


class Tag(NamedTuple):
    label: str
    written: str
    url: str
    """The list of incidents that bear it; empty where this hub has no such page."""
    namespace: str
    """Says what its label is a value of; empty for a free tag."""


class Site(NamedTuple):
    """A reference: what was published elsewhere."""

    url: str
    host: str
    is_link: bool
    title: str
    kind: str
    about: Sequence[str]
    variants: Sequence[str]


class Print(NamedTuple):
    """A fingerprint; `value` is whole, or the beginning of one of `length` characters."""

    id: str
    algorithm: str
    value: str
    length: int
    is_whole: bool
    quality: int | None


class Moment(NamedTuple):
    """When, as exactly as it is known, and what else is said of it."""

    title: Any
    text: str
    doubt: str
    about: Sequence[str]


class Target(NamedTuple):
    name: str
    kind: str
    country: str
    aliases: Sequence[str]
    is_minor: bool
    was_notified: bool


def described(incident: Incident, reader: Reader) -> dict[str, Any]:
    """Everything that the page shows of the incident's own row; one query for elections."""
    return {
        "texts": _texts(incident),
        "facts": [fact for fact in _facts(incident, reader) if fact.words],
        "targets": [_target(one) for one in incident.targets],
        "moments": _moments(incident),
        "tags": [_tag(one) for one in incident.tags],
        "references": [_site(one) for one in incident.references],
        "fingerprints": [_print(*one) for one in enumerate(incident.fingerprints, start=1)],
    }


def _texts(incident: Incident) -> list[Text]:
    texts = (
        ("summary", gettext_lazy("Summary"), incident.summary),
        ("narrative", gettext_lazy("Narrative"), incident.narrative),
        ("script", gettext_lazy("Script"), incident.script),
    )
    return [Text(name, title, body, len(body) > FOLDED_FROM) for name, title, body in texts if body]


# Values -------------------------------------------------------------------------------------
@functools.cache
def _vocabulary(namespace: str) -> Mapping[str, Word]:
    found = registry.vocabulary(namespace)
    values = found.values if found else ()
    return {value.id: Word(value.label, value.description) for value in values}


def word(namespace: str, value: str) -> Word:
    """What a value of a vocabulary is called; one that is unknown today stays as it is written."""
    return _vocabulary(namespace).get(value) or Word(value)


def _words(namespace: str, values: Iterable[str]) -> list[Word]:
    return [word(namespace, value) for value in values if value]


def _facts(incident: Incident, reader: Reader) -> list[Fact]:
    _t = gettext_lazy
    return [
        Fact(_t("What it is"), _words("media_kinds", incident.media_kinds)),
        Fact(_t("Manipulation"), _words("manipulation", incident.manipulation)),
        Fact(_t("Authenticity"), _words("authenticity", [incident.authenticity])),
        Fact(_t("Goals"), _words("goals", incident.goals)),
        Fact(_t("Harms"), _words("harms", incident.harms)),
        Fact(_t("Countries"), _words("countries", incident.countries)),
        Fact(_t("Languages"), [language(one) for one in incident.languages]),
        Fact(_t("Elections"), _elections(incident.elections, reader)),
    ]


def language(code: str) -> Word:
    """A language by name, where the hub knows one, and its code."""
    name = name_of(code, languages())
    return Word(code if name == code else f"{name} ({code})")


def _elections(keys: Sequence[str], reader: Reader) -> list[Word]:
    rows = Election.objects.visible_to(reader).filter(key__in=keys) if keys else ()
    known = {row.key: row for row in rows}
    return [
        Word(known[key].name, date_format(known[key].polling_from, "j M Y"))
        if key in known
        else Word(key)
        for key in keys
    ]


def _target(given: Mapping[str, Any]) -> Target:
    country = given.get("country")
    return Target(
        name=given["name"],
        kind=word("target_kind", given["kind"]).label,
        country=word("countries", country).label if country else "",
        aliases=given.get("aliases") or [],
        is_minor=bool(given.get("minor")),
        was_notified=bool(given.get("notified")),
    )


# Moments ------------------------------------------------------------------------------------
def _moments(incident: Incident) -> list[Moment]:
    given = (
        (gettext_lazy("Made"), incident.created, "tool"),
        (gettext_lazy("Distributed"), incident.distributed, "platform"),
    )
    return [_moment(title, stored, also) for title, stored, also in given if stored]


def _moment(title: Any, stored: Mapping[str, Any], also: str) -> Moment:
    country = stored.get("country")
    about = [stored.get(also), word("countries", country).label if country else None]
    precision = stored.get("precision", "unknown")
    return Moment(
        title,
        text=moment_in_words(stored.get("at"), precision),
        doubt=_doubt(precision) if stored.get("at") else "",
        about=[one for one in about if one],
    )


def moment_in_words(at: str | None, precision: str) -> str:
    """As much of a moment as is known: days, months and years are those of UTC."""
    if not at or precision == "unknown":
        return str(NO_MOMENT)
    moment = datetime.fromisoformat(at)
    by_day = {"day": "j M Y", "month": "F Y", "year": "Y"}
    if precision in by_day:
        return date_format(moment.astimezone(UTC), by_day[precision])
    local = timezone.localtime(moment)
    return date_format(local, "j M Y, H:i:s T" if precision == "exact" else "j M Y, H:i T")


def _doubt(precision: str) -> str:
    doubts = {
        "minute": _("to the minute"),
        "hour": _("about that hour"),
        "day": _("to the day, UTC"),
        "month": _("to the month"),
        "year": _("to the year"),
    }
    return doubts.get(precision, "")


# Tags, references, fingerprints -------------------------------------------------------------
def _tag(written: str) -> Tag:
    try:
        url = f"{reverse('incident_list')}?{urlencode({'tag': written})}"
    except NoReverseMatch:
        url = ""
    namespace = parse_tag(written).namespace
    return Tag(label_of(written), written, url, "" if namespace == FREE else namespace)


def _site(given: Mapping[str, Any]) -> Site:
    publisher = given.get("publisher") or {}
    spoken = given.get("language")
    about = [publisher.get("name"), given.get("published_at"), spoken and language(spoken).label]
    return Site(
        url=given["url"],
        host=host_of(given["url"]),
        is_link=is_link(given["url"]),
        title=given.get("title") or "",
        kind=word("reference_kind", given.get("kind") or "other").label,
        about=[one for one in about if one],
        variants=given.get("variants") or [],
    )


def is_link(url: str) -> bool:
    """Whether it may be made a link: nothing that a browser would run."""
    return url.lower().startswith(("https://", "http://"))


def host_of(url: str) -> str:
    """The host that an address leads to, without what is put before it to mislead."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _print(place: int, given: Mapping[str, Any]) -> Print:
    value = given["value"]
    is_whole = len(value) <= SHOWN_WHOLE
    algorithm = given["algorithm"]
    return Print(
        id=f"print-{place}",
        algorithm=NAMES.get(algorithm, algorithm) if algorithm in ALGORITHMS else algorithm,
        value=value if is_whole else value[:BEGINNING],
        length=len(value),
        is_whole=is_whole,
        quality=given.get("quality"),
    )
