"""How links look to those who may read them, over REST and in alerts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from hub.kit.clock import rfc3339
from incidents.core.fingerprints import ALGORITHMS
from incidents.crossrefs.models import CrossReference, Evidence, Origin

NAMES = {"sha256": "SHA-256", "md5": "MD5", "pdq": "PDQ", "vpdq": "vPDQ"}
"""Fingerprints by the names that people know them by."""


def represent_crossref(
    link: CrossReference, *, evidence: Sequence[Evidence], for_author: bool
) -> dict[str, Any]:
    """A link as REST shows it to somebody who may know this evidence for it.

    Who says it is null for what the hub itself suggests, and where it would tell who is in a group
    with hidden membership. What was accepted for reasons that the reader may not know looks like
    something that somebody says without giving any.

    Both ends and `link.organisation` must be fetched already.
    """
    is_manual = link.origin == Origin.MANUAL
    has_reasons = is_manual or bool(evidence)
    is_known = link.organisation is not None and (for_author or not link.organisation_hidden)
    return {
        "id": str(link.pk),
        "from": link.from_incident.ref,
        "to": link.to_incident.ref,
        "type": link.type,
        "origin": link.origin if has_reasons else Origin.MANUAL.value,
        "score": link.score if has_reasons else None,
        "explanation": link.explanation if is_manual else explanation_of(evidence),
        "state": link.state,
        "by": link.organisation.slug if link.organisation and is_known else None,
        "created_at": rfc3339(link.created_at),
        "decided_at": rfc3339(link.decided_at) if link.decided_at else None,
    }


def explanation_of(evidence: Iterable[Evidence]) -> str:
    """What speaks for a link, in words, the strongest first; the same words once."""
    ordered = sorted(evidence, key=lambda one: (-one.score, one.pk))
    return " ".join(dict.fromkeys(_words(one) for one in ordered))


def _words(evidence: Evidence) -> str:
    if evidence.origin == Origin.FINGERPRINT:
        algorithm = ALGORITHMS.get(evidence.subject)
        kind = "look or sound alike" if algorithm and algorithm.perceptual else "are the same file"
        name = NAMES.get(evidence.subject, evidence.subject)
        return f"Their media {kind}: equal {name} fingerprints."
    if evidence.origin == Origin.PHONE:
        return f"Calls came from the same number, which ends in {evidence.subject}."
    if evidence.origin == Origin.TEXT:
        return f"What is said in them is {evidence.subject} % the same."
    if evidence.from_observation_id and evidence.to_observation_id:
        return f"Both were seen at {evidence.subject}."
    if evidence.from_observation_id or evidence.to_observation_id:
        return f"One was seen at what the other cites: {evidence.subject}."
    return f"Both cite {evidence.subject}."
