"""Noting which organisations were told of which incidents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from accounts.models import Member
from incidents.alerts.statements import run
from incidents.core.models import Disclosure, Incident

DISCLOSE: Final = """
INSERT INTO incidents_disclosure (incident_id, member_id, at)
SELECT pair.incident_id, pair.member_id, clock_timestamp()
FROM unnest(%(incidents)b::uuid[], %(members)b::uuid[]) AS pair (incident_id, member_id)
ON CONFLICT (incident_id, member_id) DO UPDATE SET at = excluded.at
"""


def disclose(pairs: Iterable[tuple[UUID, UUID]]) -> None:
    """Note that something of these incidents is sent or shown to these organisations now.

    In one order, so that two who note the same do not wait for each other in a circle.
    """
    ordered = sorted(set(pairs))
    if ordered:
        run(
            DISCLOSE,
            {"incidents": [pair[0] for pair in ordered], "members": [pair[1] for pair in ordered]},
        )


def not_yet_disclosed(member: Member, last_shown: Mapping[UUID, datetime]) -> set[UUID]:
    """Incidents of others of which something newer is shown than ever before."""
    if not last_shown:
        return set()
    rows = Disclosure.objects.filter(member=member, incident__in=last_shown)
    known = dict(rows.values_list("incident_id", "at"))
    others = Incident.objects.filter(pk__in=last_shown).exclude(owner=member)
    return {
        incident_id
        for incident_id in others.values_list("pk", flat=True)
        if incident_id not in known or known[incident_id] < last_shown[incident_id]
    }
