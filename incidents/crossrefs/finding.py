"""Which incidents have something in common with one, and what is compared of them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Func, Q, QuerySet, TextField

from incidents.core.models import Citation, Fingerprint, Incident, Observation
from incidents.crossrefs.evidence import SPANS, Facts, Sighting, is_item, is_telling
from incidents.crossrefs.models import Caller, CrossReference, Origin, ScriptBand
from incidents.crossrefs.scripts import normalised
from incidents.sharing.marks import Tlp

COMPARED = (
    "id", "status", "targets", "references", "fingerprints", "script", "distributed",
    "media_kinds", "countries", "published_at", "tlp",
)  # fmt: skip
"""The columns of an incident that matching reads."""


def candidates_for(incident_id: UUID) -> set[UUID]:
    """Incidents that share something with this one, or did when a link was suggested."""
    urls = _urls_of(incident_id)
    numbers = Caller.objects.filter(observation__incident=incident_id).values("number_hash")
    found: list[QuerySet[Any, Any]] = [
        Citation.objects.filter(canonical_url__in=urls).values_list("incident_id"),
        Observation.objects.filter(canonical_url__in=urls).values_list("incident_id"),
        _same_fingerprints(incident_id).values_list("incident_id"),
        Caller.objects.filter(number_hash__in=numbers).values_list("observation__incident_id"),
        _same_bands(incident_id).values_list("incident_id"),
        _suggested(from_incident=incident_id).values_list("to_incident_id"),
        _suggested(to_incident=incident_id).values_list("from_incident_id"),
    ]
    first, *others = found
    return {pk for (pk,) in first.order_by().union(*(one.order_by() for one in others))} - {
        incident_id
    }


def facts_of(incidents: Iterable[Incident]) -> dict[UUID, Facts]:
    """What is compared of incidents, of which `COMPARED` was fetched; one query."""
    rows = {incident.pk: incident for incident in incidents}
    sightings = _sightings_of(rows)
    return {pk: _facts(incident, sightings[pk]) for pk, incident in rows.items()}


def _urls_of(incident_id: UUID) -> list[str]:
    cited = Citation.objects.filter(incident=incident_id).values_list("canonical_url", flat=True)
    seen = Observation.objects.filter(incident=incident_id).exclude(canonical_url="")
    return [url for url in {*cited, *seen.values_list("canonical_url", flat=True)} if is_item(url)]


def _same_fingerprints(incident_id: UUID) -> QuerySet[Fingerprint]:
    ours = Fingerprint.objects.filter(incident=incident_id)
    rows = ours.values_list("algorithm", "value", "quality")
    telling = [(name, value) for name, value, quality in rows if is_telling(name, quality)]
    digest = Func(F("value"), function="md5", output_field=TextField())
    # By the index on algorithm and digest; whether the values are equal is asked when they are
    # compared.
    return Fingerprint.objects.alias(digest=digest).filter(
        algorithm__in={name for name, _ in telling},
        digest__in=[digest_of(value) for _, value in telling],
    )


def digest_of(value: str) -> str:
    """What a fingerprint's value is found by, as PostgreSQL makes it for the index."""
    return hashlib.md5(value.encode(), usedforsecurity=False).hexdigest()


def _same_bands(incident_id: UUID) -> QuerySet[ScriptBand]:
    wanted = Q(pk__in=[])
    for band, key in ScriptBand.objects.filter(incident=incident_id).values_list("band", "key"):
        wanted |= Q(band=band, key=key)
    return ScriptBand.objects.filter(wanted)


def _suggested(**ends: UUID) -> QuerySet[CrossReference]:
    return CrossReference.objects.filter(**ends).exclude(origin=Origin.MANUAL)


def _sightings_of(incidents: Iterable[UUID]) -> dict[UUID, tuple[Sighting, ...]]:
    found: dict[UUID, list[Sighting]] = defaultdict(list)
    rows = Observation.objects.filter(
        Q(phone__has_key="number_hash") | ~Q(canonical_url=""), incident__in=list(incidents)
    )
    for row in rows.order_by("pk").only(
        "incident_id", "tlp", "follows_incident", "canonical_url", "phone"
    ):
        phone = row.phone or {}
        found[row.incident_id].append(
            Sighting(
                id=row.pk,
                readers=_readers(row),
                url=row.canonical_url,
                number_hash=phone.get("number_hash", ""),
                last4=phone.get("last4", ""),
            )
        )
    return defaultdict(tuple, {pk: tuple(sightings) for pk, sightings in found.items()})


def _readers(observation: Observation) -> str:
    """The same for observations of an incident that the same may read, now and at any time."""
    if observation.follows_incident and observation.tlp != Tlp.RED:
        return f"as the incident, {observation.tlp}"
    return str(observation.pk)


def _facts(incident: Incident, sightings: tuple[Sighting, ...]) -> Facts:
    since, until = _span(incident.distributed)
    return Facts(
        urls=frozenset(url for one in incident.references if is_item(url := one["canonical_url"])),
        fingerprints=frozenset(
            (one["algorithm"], one["value"])
            for one in incident.fingerprints
            if is_telling(one["algorithm"], one.get("quality"))
        ),
        script=incident.script,
        targets=frozenset(_names(incident.targets)),
        since=since,
        until=until,
        media_kinds=frozenset(incident.media_kinds),
        countries=frozenset(incident.countries),
        sightings=sightings,
    )


def _names(targets: Iterable[dict[str, Any]]) -> Iterable[str]:
    """Whom it shows, under all names; private persons have none that could be compared."""
    for target in targets:
        if target["kind"] != "private_person":
            for name in (target["name"], *target.get("aliases", ())):
                if words := normalised(name):
                    yield words


def _span(distributed: dict[str, Any] | None) -> tuple[datetime | None, datetime | None]:
    moment = distributed or {}
    precision = moment.get("precision", "")
    if precision not in SPANS or "at" not in moment:
        return None, None
    since = datetime.fromisoformat(moment["at"])
    if precision in {"month", "year"}:
        since = since.replace(day=1, month=1 if precision == "year" else since.month)
    return since, since + SPANS[precision]
