"""Finding the incident that the address of a page names, for those who may do something with it."""

from __future__ import annotations

import re
from typing import Final

from accounts.readers import Reader
from accounts.refusals import refusal_on_record
from accounts.roles import Right
from hub.kit.errors import Absent, NotAllowed
from hub.kit.ids import REF_PATTERN
from incidents.core.models import Incident

REF: Final = re.compile(REF_PATTERN)


def own_incident(reader: Reader, ref: str, *, action: str, right: Right) -> Incident:
    """An incident of the reader's organisation, which they may change in this way.

    Raises Absent, or NotAllowed for one that they see and may not change; that is on record.
    """
    visible = Incident.objects.visible_to(reader).select_related("owner")
    incident = visible.filter(ref=ref.upper()).first() if REF.fullmatch(ref.upper()) else None
    if incident is None:
        raise Absent
    with refusal_on_record(reader, action, incident.ref):
        if incident.owner_id != reader.member.pk:
            raise NotAllowed("Only the member that filed an incident can change it.")
        reader.require(right)
    return incident
