"""What became of an incident, version by version, as far as a reader may know it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Max, Min, Q, QuerySet

from accounts.readers import Reader
from hub.kit.clock import rfc3339
from hub.outbox.models import Event
from incidents.core.models import OWNER_ONLY, Change, Incident, IncidentVersion


def versions_visible_to(reader: Reader, incident: Incident) -> QuerySet[Any]:
    """Snapshots of the incident's row that the reader may know of, newest first.

    The owner sees all. Others see what happened since it was published or, if sight of it was given
    to them later, since then; and never that only something changed which is the owner's to know.
    """
    snapshots: QuerySet[Any] = (
        IncidentVersion.objects.filter(pgh_obj=incident)
        .select_related("changed_by")
        .order_by("-pgh_id")
    )
    if incident.owner_id == reader.member.pk:
        return snapshots
    granted = Event.objects.filter(
        topic="incident.granted",
        stream_id=incident.pk,
        addressees__member_id=reader.member.pk,
    ).aggregate(latest=Max("recorded_at"))["latest"]
    if granted is not None:
        snapshots = snapshots.filter(pgh_created_at__gt=granted)
    published = IncidentVersion.objects.filter(pgh_obj=incident, change=Change.PUBLISHED)
    since = published.aggregate(first=Min("revision"))["first"]
    seen: QuerySet[Any] = snapshots.filter(revision__gte=since)
    # A change without fields, as a redaction of earlier versions only, is no secret of the owner's.
    only_owners = Q(changed_fields__contained_by=sorted(OWNER_ONLY)) & ~Q(changed_fields=[])
    return seen.exclude(only_owners)


def represent_versions(
    snapshots: Sequence[Any], *, incident: Incident, for_owner: bool
) -> list[dict[str, Any]]:
    """History entries as REST shows them; old values to the owner only, by one query for all."""
    before: dict[int, Any] = {}
    if for_owner:
        known = IncidentVersion.objects.filter(pgh_obj=incident)
        wanted = [snapshot.revision - 1 for snapshot in snapshots]
        before = {old.revision: old for old in known.filter(revision__in=wanted)}
    return [_entry(new, before.get(new.revision - 1), for_owner=for_owner) for new in snapshots]


def _entry(new: Any, old: Any | None, *, for_owner: bool) -> dict[str, Any]:
    hidden = frozenset() if for_owner else OWNER_ONLY
    fields = [name for name in new.changed_fields if name not in hidden]
    entry = {
        "version": new.version,
        "at": rfc3339(new.updated_at),
        "organisation": None if new.change == Change.RETAGGED else new.changed_by.slug,
        "change": new.change,
        "fields": fields,
    }
    if new.change_note:
        entry["note"] = new.change_note
    if for_owner:
        entry["old"] = {name: _written(getattr(old, name)) for name in fields} if old else {}
    return entry


def _written(value: Any) -> Any:
    return rfc3339(value) if hasattr(value, "utcoffset") else value
