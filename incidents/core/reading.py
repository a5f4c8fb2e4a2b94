"""What everybody shares who shows incidents: finding them, and keeping who read what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from accounts.readers import Reader
from hub.audit.services import record
from hub.kit.errors import Absent
from incidents.core.models import Incident, Status
from incidents.sharing.marks import LISTED_MARKS, Tlp

READING_IS_AUDITED = frozenset({*LISTED_MARKS, Tlp.RED})


def incident_of(reader: Reader, ref: str, *, whole: bool) -> Incident:
    """The incident with this ref, if the reader may read it.

    `whole` asks for more than what is left of a withdrawn one, which only its owner may read.
    Raises Absent.
    """
    incident = Incident.objects.visible_to(reader).select_related("owner").filter(ref=ref).first()
    if incident is None:
        raise Absent
    if whole and incident.status == Status.WITHDRAWN and incident.owner_id != reader.member.pk:
        raise Absent
    return incident


def audit_reading(marked: Iterable[tuple[str, str]], *, by: Reader) -> None:
    """Keep who read what is amber or above: one entry a request, with its refs.

    `marked` are refs, each with the mark of what was read there.
    """
    refs = dict.fromkeys(ref for ref, mark in marked if mark in READING_IS_AUDITED)
    if refs:
        record("incident.read", by=by.actor, objects=list(refs))


def merged_refs(rows: Sequence[Incident], *, by: Reader) -> dict[UUID, str]:
    """Refs of the incidents that withdrawn ones were merged into, by id, as far as `by` may read.

    One query if there are any, whether or not they were merged, so that none tells of what is
    hidden.
    """
    asked = {row.merged_into_id or row.pk for row in rows if row.status == Status.WITHDRAWN}
    if not asked:
        return {}
    visible = Incident.objects.visible_to(by).filter(pk__in=asked)
    return dict(visible.values_list("pk", "ref"))
