"""How incidents and observations look to those who may read them, over REST and in alerts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from hub.kit.clock import rfc3339
from incidents.core.models import Incident, Observation, Status


def represent_incident(
    incident: Incident, *, for_owner: bool, merged_into: str | None = None
) -> dict[str, Any]:
    """The incident as REST shows it; of a withdrawn one others than its owner see what is left.

    `incident.owner` must be fetched already. `merged_into` is the ref of the incident that a
    withdrawn one was merged into, for who may read that.
    """
    merged = {"merged_into": merged_into} if merged_into else {}
    if incident.status == Status.WITHDRAWN and not for_owner:
        return _tombstone(incident) | merged
    shown = _identity(incident) | {
        "severity": incident.severity,
        "urgency": incident.urgency,
        "stage": incident.stage,
        "title": incident.title,
        "summary": incident.summary,
        "media_kinds": incident.media_kinds,
        "manipulation": incident.manipulation,
        "authenticity": incident.authenticity,
        "goals": incident.goals,
        "harms": incident.harms,
        "targets": incident.targets,
        "narrative": incident.narrative,
        "script": incident.script,
        "countries": incident.countries,
        "languages": incident.languages,
        "elections": incident.elections,
        "tags": incident.tags,
        "created": incident.created,
        "distributed": incident.distributed,
        "references": incident.references,
        "fingerprints": incident.fingerprints,
        "version": incident.version,
        "created_at": rfc3339(incident.created_at),
        "updated_at": rfc3339(incident.updated_at),
        "published_at": _moment(incident.published_at),
    }
    if incident.status == Status.WITHDRAWN:
        shown |= _withdrawal(incident) | merged
    if for_owner:
        shown |= {
            "audiences": incident.audiences,
            "author": str(incident.author_id) if incident.author_id else None,
        }
    return shown


def represent_reduced(incident: Incident) -> dict[str, Any]:
    """What an alert says of an incident that is amber, or too large to be sent whole."""
    return _identity(incident) | {"severity": incident.severity, "version": incident.version}


def represent_observation(observation: Observation, *, for_author: bool) -> dict[str, Any]:
    """An observation as REST shows it; its audiences to the organisation that made it only.

    Who made it is null where that would tell who is in a group with hidden membership.

    `observation.incident` and `observation.organisation` must be fetched already.
    """
    is_known = for_author or not observation.organisation_hidden
    shown = {
        "id": str(observation.pk),
        "incident": observation.incident.ref,
        "organisation": observation.organisation.slug if is_known else None,
        "at": rfc3339(observation.at),
        "tlp": observation.tlp,
        "platform": observation.platform,
        "url": observation.url,
        "account": observation.account,
        "phone": _phone(observation.phone),
        "seen_first": _moment(observation.seen_first),
        "seen_last": _moment(observation.seen_last),
        "posted_at": _moment(observation.posted_at),
        "country": observation.country or None,
        "language": observation.language or None,
        "reach": observation.reach,
        "availability": observation.availability or None,
    }
    return shown | {"audiences": observation.audiences} if for_author else shown


def incident_url(ref: str) -> str:
    """The address of an incident at this hub's API."""
    return f"{settings.HUB_BASE_URL}/api/v1/incidents/{ref}/"


def _identity(incident: Incident) -> dict[str, Any]:
    return {
        "ref": incident.ref,
        "url": incident_url(incident.ref),
        "status": incident.status,
        "tlp": incident.tlp,
        "pap": incident.pap,
        "owner": incident.owner.slug,
    }


def _tombstone(incident: Incident) -> dict[str, Any]:
    return (
        _identity(incident)
        | {"version": incident.version, "published_at": _moment(incident.published_at)}
        | _withdrawal(incident)
    )


def _withdrawal(incident: Incident) -> dict[str, Any]:
    return {
        "withdrawn_at": _moment(incident.withdrawn_at),
        "withdrawn_reason": incident.withdrawn_reason,
    }


def _moment(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None


def _phone(phone: dict[str, Any] | None) -> dict[str, Any] | None:
    """A telephone number without the digest, which is for matching and for nobody's eyes."""
    if phone is None:
        return None
    return {name: value for name, value in phone.items() if name != "number_hash"}
