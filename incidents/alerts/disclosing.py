"""Noting which organisations were told of which incidents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from incidents.alerts.statements import run

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
