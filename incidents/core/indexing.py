"""The rows by which an incident is found and its readers are told, written from its document.

A first version has none yet, so filing deletes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from incidents.core.audiences import Audience, ChildAudience
from incidents.core.models import Citation, Fingerprint, Incident, Observation, Status
from incidents.core.named import Named
from incidents.core.taggings import OpenTo, Tagging
from incidents.sharing.marks import Tlp
from incidents.taxonomy.machinetags import folded_tag

TAGGING_FIELDS = frozenset({"tags", "status", "tlp", "audiences"})
"""What taggings are made from."""


def write_audience(incident: Incident, named: Sequence[Named]) -> None:
    """Make the audience rows those of `named`, in the transaction of the change."""
    if incident.revision > 1:
        Audience.objects.filter(incident=incident).delete()
    Audience.objects.bulk_create(Audience(incident=incident, **_columns(one)) for one in named)


def write_child_audience(child: Observation, named: Sequence[Named]) -> None:
    """Make the audience rows of something that hangs on an incident."""
    ChildAudience.objects.bulk_create(
        ChildAudience(child_id=child.pk, **_columns(one)) for one in named
    )


def _columns(named: Named) -> dict[str, object]:
    return {f"{named.kind}_id": named.row}


def write_indexes(incident: Incident, fields: Collection[str]) -> None:
    """Make citations, fingerprints, taggings those of the document, as far as `fields` changed."""
    if "references" in fields:
        if incident.revision > 1:
            Citation.objects.filter(incident=incident).delete()
        Citation.objects.bulk_create(
            Citation(incident=incident, canonical_url=reference["canonical_url"])
            for reference in incident.references
        )
    if "fingerprints" in fields:
        if incident.revision > 1:
            Fingerprint.objects.filter(incident=incident).delete()
        Fingerprint.objects.bulk_create(
            Fingerprint(incident=incident, **fingerprint) for fingerprint in incident.fingerprints
        )
    if TAGGING_FIELDS & set(fields):
        if incident.revision > 1:
            Tagging.objects.filter(incident=incident).delete()
        open_to = open_to_whom(incident)
        Tagging.objects.bulk_create(
            Tagging(incident=incident, tag=tag, folded=folded_tag(tag), open_to=open_to)
            for tag in incident.tags
        )


def open_to_whom(incident: Incident) -> OpenTo:
    """Who may read the incident whole without being named, as `incidents.core.visibility` has it.

    A test holds the two together.
    """
    if incident.status != Status.PUBLISHED or incident.audiences:
        return OpenTo.SOME
    return {Tlp.CLEAR: OpenTo.EVERYBODY, Tlp.GREEN: OpenTo.COMMUNITY}.get(
        Tlp(incident.tlp), OpenTo.SOME
    )
