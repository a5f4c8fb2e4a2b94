"""The rows by which an incident is found and its readers are told, written from its document.

A first version has none yet, so filing deletes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from django.db import connection

from incidents.core.audiences import Audience, ChildAudience
from incidents.core.models import Citation, Fingerprint, Incident, Observation, Status
from incidents.core.named import Named
from incidents.core.taggings import OpenTo, Tagging
from incidents.sharing.marks import Tlp
from incidents.taxonomy.machinetags import folded_tag

TAGGING_FIELDS = frozenset({"tags", "status", "tlp", "audiences"})
"""What taggings are made from."""

_WRITE: Final = """
WITH cited AS (
    INSERT INTO incidents_citation (incident_id, canonical_url)
    SELECT %(incident)s, url FROM unnest(%(urls)s::text[]) AS url
), held AS (
    INSERT INTO incidents_fingerprint (incident_id, algorithm, value, quality)
    SELECT %(incident)s, algorithm, value, quality
    FROM unnest(%(algorithms)s::text[], %(values)s::text[], %(qualities)s::smallint[])
        AS print (algorithm, value, quality)
)
INSERT INTO incidents_tagging (incident_id, tag, folded, open_to)
SELECT %(incident)s, tag, folded, %(open_to)s
FROM unnest(%(tags)s::text[], %(folded)s::text[]) AS tagging (tag, folded)
"""


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
    references = incident.references if "references" in fields else []
    fingerprints = incident.fingerprints if "fingerprints" in fields else []
    tags = incident.tags if TAGGING_FIELDS & set(fields) else []
    if incident.revision > 1:
        _delete_indexes(incident, fields)
    if not (references or fingerprints or tags):
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE,
            {
                "incident": incident.pk,
                "urls": [reference["canonical_url"] for reference in references],
                "algorithms": [print_["algorithm"] for print_ in fingerprints],
                "values": [print_["value"] for print_ in fingerprints],
                "qualities": [print_.get("quality") for print_ in fingerprints],
                "tags": tags,
                "folded": [folded_tag(tag) for tag in tags],
                "open_to": open_to_whom(incident).value,
            },
        )


def _delete_indexes(incident: Incident, fields: Collection[str]) -> None:
    if "references" in fields:
        Citation.objects.filter(incident=incident).delete()
    if "fingerprints" in fields:
        Fingerprint.objects.filter(incident=incident).delete()
    if TAGGING_FIELDS & set(fields):
        Tagging.objects.filter(incident=incident).delete()


def open_to_whom(incident: Incident) -> OpenTo:
    """Who may read the incident whole without being named, as `incidents.core.visibility` has it.

    A test holds the two together.
    """
    if incident.status != Status.PUBLISHED or incident.audiences:
        return OpenTo.SOME
    return {Tlp.CLEAR: OpenTo.EVERYBODY, Tlp.GREEN: OpenTo.COMMUNITY}.get(
        Tlp(incident.tlp), OpenTo.SOME
    )
