"""Links as pages show them: from one incident's side, in words, with what the reader may do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Prefetch, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.readers import Reader
from accounts.roles import Right
from hub.kit.errors import NotAllowed
from incidents.core.models import Incident, Status
from incidents.crossrefs.clusters import cluster_of
from incidents.crossrefs.models import (
    CrossReference,
    CrossReferenceQuerySet,
    Evidence,
    EvidenceQuerySet,
    Origin,
    State,
)
from incidents.crossrefs.representation import represent_crossref
from incidents.crossrefs.services import deciding

LINKS_SHOWN: Final = 100
CLUSTER_SHOWN: Final = 50

RELATIONS: Final[dict[str, tuple[str | Promise, str | Promise]]] = {
    "duplicate_of": (_("Duplicate of"), _("Has the duplicate")),
    "variant_of": (_("Variant of"), _("Has the variant")),
    "derived_from": (_("Derived from"), _("Source of")),
    "same_media": (_("Same media as"), _("Same media as")),
    "same_campaign": (_("Same campaign as"), _("Same campaign as")),
    "same_actor": (_("Same actor as"), _("Same actor as")),
    "translates": (_("Translates"), _("Translated by")),
    "debunks": (_("Debunks"), _("Debunked by")),
    "precedes": (_("Precedes"), _("Follows")),
    "related": (_("Related to"), _("Related to")),
}
"""What each kind of link says of the incident it leads from, and of the one it leads to."""


@dataclass(frozen=True)
class ShownLink:
    """A link as it looks from one of its ends."""

    id: UUID
    relation: str | Promise
    other: Incident
    state: str
    is_manual: bool
    said_by: str
    """The organisation that proposed it; empty for the hub, and where the reader may not know."""
    explanation: str
    percent: int | None
    at: datetime
    may_decide: bool
    may_delete: bool


def fetch_whole(links: CrossReferenceQuerySet, knowing: EvidenceQuerySet) -> CrossReferenceQuerySet:
    """Links with all that is shown of them: two queries, however many.

    `knowing` is all evidence that the reader may know of; it stands at `known_evidence`.
    """
    known = Prefetch("evidence", knowing, to_attr="known_evidence")
    return links.select_related(
        "from_incident__owner", "to_incident__owner", "organisation"
    ).prefetch_related(known)


def links_section(incident: Incident, reader: Reader) -> dict[str, Any]:
    """What `crossrefs/_links.html` shows: links and suggestions, and what they hold together."""
    links = links_of(incident, reader)
    cluster = cluster_of(incident, reader=reader).exclude(pk=incident.pk)
    return {
        "incident": incident,
        "links": links[:LINKS_SHOWN],
        "has_more_links": len(links) > LINKS_SHOWN,
        "cluster": list(cluster.select_related("owner").order_by("pk")[:CLUSTER_SHOWN]),
        "may_propose": reader.may(Right.FILE) and incident.status != Status.WITHDRAWN,
    }


def links_of(incident: Incident, reader: Reader) -> list[ShownLink]:
    """What the reader sees of an incident's links, what waits for a decision first; two queries.

    One more than is shown, if there are more.
    """
    knowing = Evidence.objects.visible_to(reader)
    visible = CrossReference.objects.visible_to(reader, knowing=knowing)
    at_an_end = visible.filter(Q(from_incident=incident) | Q(to_incident=incident))
    # "accepted" comes before "suggested".
    rows = fetch_whole(at_an_end, knowing).order_by("-state", "-created_at", "-pk")
    return [_shown(row, incident, reader) for row in rows[: LINKS_SHOWN + 1]]


def marked_ends(section: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """Refs and marks of the incidents that the section tells something of."""
    ends = [link.other for link in section["links"]]
    return [(end.ref, end.tlp) for end in [*ends, *section["cluster"]]]


def _shown(link: CrossReference, incident: Incident, reader: Reader) -> ShownLink:
    evidence = link.known_evidence  # type: ignore[attr-defined] # fetched by fetch_whole
    is_author = link.organisation_id == reader.member.pk
    said = represent_crossref(link, evidence=evidence, for_author=is_author)
    leads_away = link.from_incident_id == incident.pk
    here, other = link.from_incident, link.to_incident
    if not leads_away:
        here, other = other, here
    decides = link.state == State.SUGGESTED and may_decide(link, reader)
    said_by = link.organisation.name if said["by"] and link.organisation else ""
    return ShownLink(
        id=link.pk,
        relation=relation_of(link.type, leads_away=leads_away),
        other=other,
        state=link.state,
        is_manual=said["origin"] == Origin.MANUAL,
        said_by=said_by,
        explanation=said["explanation"],
        percent=None if said["score"] is None else round(100 * said["score"]),
        at=link.decided_at or link.created_at,
        may_decide=decides,
        # Who decides on what others propose rejects it instead.
        may_delete=may_delete(link, reader) and (is_author or not decides),
    )


def relation_of(link_type: str, *, leads_away: bool) -> str | Promise:
    """What a link says of the end it is looked at from."""
    plain = link_type.replace("_", " ").capitalize()
    forward, backward = RELATIONS.get(link_type, (plain, plain))
    return forward if leads_away else backward


def may_decide(link: CrossReference, reader: Reader) -> bool:
    """Whether the reader decides for one of its ends; both must be fetched."""
    try:
        deciding.require_decision_allowed(link, by=reader)
    except NotAllowed:
        return False
    return True


def may_delete(link: CrossReference, reader: Reader) -> bool:
    """Whether the reader may take the link back as it is; both ends must be fetched."""
    if link.origin != Origin.MANUAL and link.state != State.ACCEPTED:
        return False
    try:
        deciding.require_deletion_allowed(link, by=reader)
    except NotAllowed:
        return False
    return True
