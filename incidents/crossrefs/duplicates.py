"""Which incidents share something with one that is still being typed, as its author sees them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

from django.db.models import Count, F, Func, Q, TextField

from accounts.readers import Reader
from incidents.core.models import (
    Citation,
    Fingerprint,
    Incident,
    IncidentQuerySet,
    Observation,
    Status,
)
from incidents.core.services.observing import stored_phone
from incidents.crossrefs import scripts
from incidents.crossrefs.evidence import FINGERPRINT, PHONE, TEXT, URL, is_item
from incidents.crossrefs.finding import digest_of
from incidents.crossrefs.models import Caller, ScriptBand

SHOWN: Final = 10
COMPARED_SCRIPTS: Final = 50
"""Incidents whose scripts are read letter by letter: those that have most in common."""
FOUND: Final = 200
"""Rows looked at for one thing that is shared."""


class Shared(NamedTuple):
    """One thing that an incident has in common with what is typed."""

    kind: str
    """url, fingerprint, phone or text."""
    subject: str
    """The address, the algorithm, the last digits, how much of the script is the same."""


@dataclass(frozen=True)
class Duplicate:
    """An incident that shares something with what is typed."""

    incident: Incident
    shared: tuple[Shared, ...]


@dataclass(frozen=True)
class Clues:
    """What is compared of an incident that is being typed."""

    urls: frozenset[str] = frozenset()
    """Canonical ones."""
    fingerprints: frozenset[tuple[str, str]] = frozenset()
    """Algorithms and values."""
    numbers: frozenset[str] = frozenset()
    """Telephone numbers, `+` and digits."""
    script: str = ""


def duplicates_of(clues: Clues, *, reader: Reader, besides: UUID | None = None) -> list[Duplicate]:
    """Incidents that the reader may see and that share something, those with most in common first.

    `besides` is the incident that is typed itself. What may not be seen is asked for and found as
    little as what does not exist.
    """
    visible = Incident.objects.visible_to(reader).exclude(status=Status.WITHDRAWN)
    if besides is not None:
        visible = visible.exclude(pk=besides)
    found: dict[UUID, list[Shared]] = defaultdict(list)
    for incident_id, shared in _shared(clues, visible, reader):
        if shared not in found[incident_id]:
            found[incident_id].append(shared)
    first = sorted(found, key=lambda pk: (-len(found[pk]), -pk.int))[:SHOWN]
    rows = visible.filter(pk__in=first).select_related("owner").in_bulk()
    return [Duplicate(rows[pk], tuple(found[pk])) for pk in first if pk in rows]


def _shared(
    clues: Clues, visible: IncidentQuerySet, reader: Reader
) -> Iterable[tuple[UUID, Shared]]:
    urls = [url for url in sorted(clues.urls) if is_item(url)]
    if urls:
        cited = Citation.objects.filter(canonical_url__in=urls, incident__in=visible)
        seen = Observation.objects.visible_to(reader).filter(
            canonical_url__in=urls, incident__in=visible
        )
        for rows in (cited, seen):
            for pk, url in rows.values_list("incident_id", "canonical_url")[:FOUND]:
                yield pk, Shared(URL, url)
    if clues.fingerprints:
        yield from _same_media(clues.fingerprints, visible)
    if clues.numbers:
        yield from _same_callers(clues.numbers, visible, reader)
    if keys := scripts.bands(clues.script):
        yield from _same_words(clues.script, keys, visible)


def _same_media(
    fingerprints: Iterable[tuple[str, str]], visible: IncidentQuerySet
) -> Iterable[tuple[UUID, Shared]]:
    wanted = set(fingerprints)
    digest = Func(F("value"), function="md5", output_field=TextField())
    rows = Fingerprint.objects.alias(digest=digest).filter(
        algorithm__in={name for name, _ in wanted},
        digest__in=[digest_of(value) for _, value in wanted],
        incident__in=visible,
    )
    for pk, algorithm, value in rows.values_list("incident_id", "algorithm", "value")[:FOUND]:
        if (algorithm, value) in wanted:
            yield pk, Shared(FINGERPRINT, algorithm)


def _same_callers(
    numbers: Iterable[str], visible: IncidentQuerySet, reader: Reader
) -> Iterable[tuple[UUID, Shared]]:
    stored = [stored_phone({"number": number}) or {} for number in sorted(numbers)]
    last = {phone["number_hash"]: phone["last4"] for phone in stored}
    heard = Observation.objects.visible_to(reader).filter(incident__in=visible).values("pk")
    rows = Caller.objects.filter(number_hash__in=list(last), observation__in=heard)
    for pk, number in rows.values_list("observation__incident_id", "number_hash")[:FOUND]:
        yield pk, Shared(PHONE, last[number])


def _same_words(
    script: str, keys: Iterable[int], visible: IncidentQuerySet
) -> Iterable[tuple[UUID, Shared]]:
    wanted = Q(pk__in=[])
    for band, key in enumerate(keys):
        wanted |= Q(band=band, key=key)
    nearest = (
        ScriptBand.objects.filter(wanted, incident__in=visible)
        .values("incident_id")
        .annotate(bands=Count("pk"))
        .order_by("-bands", "-incident_id")[:COMPARED_SCRIPTS]
    )
    ids = [row["incident_id"] for row in nearest]
    for pk, text in visible.filter(pk__in=ids).values_list("pk", "script"):
        alike = scripts.similarity(script, text)
        if alike:
            yield pk, Shared(TEXT, str(int(100 * alike)))
