"""Incidents that accepted links hold together, as one reader sees them."""

from __future__ import annotations

from django.db.models.expressions import RawSQL

from accounts.readers import Reader
from incidents.core.models import Incident, IncidentQuerySet, Status
from incidents.crossrefs.models import CrossReference, State

REACHED = """
WITH RECURSIVE reached(id) AS (
    SELECT %s::uuid
    UNION
    SELECT other.id
    FROM reached
    JOIN {links} AS link ON link.state = %s AND reached.id IN (link.{one}, link.{two})
    CROSS JOIN LATERAL (
        SELECT CASE WHEN link.{one} = reached.id THEN link.{two} ELSE link.{one} END AS id
    ) AS other
    WHERE EXISTS (SELECT FROM ({visible}) AS visible WHERE visible.id = other.id OFFSET 0)
)
SELECT id FROM reached
"""


def cluster_of(incident: Incident, *, reader: Reader) -> IncidentQuerySet:
    """The incident and all that lead to it over accepted links, as far as `reader` sees them.

    What it may not see holds nothing together for it: the same as if that were not there.
    """
    if incident.status == Status.WITHDRAWN:  # no end of anything
        return Incident.objects.visible_to(reader).filter(pk=incident.pk)
    visible = Incident.objects.visible_to(reader).exclude(status=Status.WITHDRAWN)
    query, parameters = visible.values("id").query.sql_with_params()
    links = CrossReference._meta  # noqa: SLF001 - Django's documented API
    sql = REACHED.format(
        links=links.db_table,
        one=links.get_field("from_incident").column,
        two=links.get_field("to_incident").column,
        visible=query,
    )
    # Names are ours and values are parameters: policy comes as Django compiled it.
    reached = RawSQL(sql, [incident.pk, State.ACCEPTED.value, *parameters])  # noqa: S611
    return Incident.objects.visible_to(reader).filter(pk__in=reached)
