"""Filing of incidents, and changes to what they say and who may see them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.readers import Reader
from accounts.roles import Right
from hub.audit.services import record
from hub.kit import clock
from hub.kit.errors import Conflict, NotAllowed, PreconditionFailed
from incidents.core.audiences import Audience
from incidents.core.documents import (
    canonical_document,
    is_guarded,
    merged_moments,
    require_sound,
)
from incidents.core.indexing import write_audience, write_indexes
from incidents.core.models import OWNER_ONLY, Change, Incident, Status
from incidents.core.named import Named, already_named, require_audience, resolve_named
from incidents.core.services.observing import write_observation
from incidents.core.services.sight import (
    Sight,
    record_incident_event,
    record_sight_change,
    require_change_allowed,
    require_mark_allowed,
    sight_of,
)
from incidents.sharing.marks import Tlp

SHARING_FIELDS = frozenset({"tlp", "audiences"})


@transaction.atomic
def create_incident(
    *,
    fields: Mapping[str, Any],
    by: Reader,
    publish: bool = False,
    observations: Sequence[Mapping[str, Any]] = (),
) -> Incident:
    """File an incident with its observations: all of it, or nothing.

    A draft unless `publish`. The mark is amber if none is given, amber+strict where the content
    demands it. Shapes and lengths of `fields` were checked at the border.

    Raises:
        NotAllowed: the reader's role may not file, or not publish.
        InvalidInput: with every error found, at its pointer.
    """
    by.require(Right.FILE)
    if publish:
        by.require(Right.PUBLISH)
    document = canonical_document(fields)
    incident = Incident(owner=by.member, author=by.user, changed_by=by.member)
    incident.changed_fields = sorted(_apply(incident, document))
    if "tlp" not in document and is_guarded(incident):
        incident.tlp = Tlp.AMBER_STRICT
    require_mark_allowed(incident.tlp, by=by)
    require_sound(incident)
    named = resolve_named(incident.audiences, mark=incident.tlp, by=by)
    incident.audiences = [one.written for one in named]
    incident.created_at = incident.updated_at = clock.now()
    if publish:
        require_audience(named, mark=incident.tlp)
        _mark_published(incident)
    incident.save(force_insert=True)
    write_audience(incident, named)
    write_indexes(incident, document)
    done = ["incident.create", "incident.publish"] if publish else ["incident.create"]
    record(*done, by=by.actor, objects=[incident.ref], detail={"tlp": incident.tlp})
    if publish:
        record_incident_event("incident.published", incident)
    for place, observation in enumerate(observations):
        write_observation(incident, observation, by=by, pointer=f"/observations/{place}")
    return incident


@transaction.atomic
def update_incident(
    *,
    incident_id: UUID,
    changes: Mapping[str, Any],
    by: Reader,
    expected_revision: int,
    change: Change = Change.UPDATED,
) -> Incident:
    """Change what an incident says, its mark or its audience; what is not named stays.

    Of two writers who read the same revision, the second gets PreconditionFailed. Those who lose or
    gain sight are told in the same transaction. Changing nothing records nothing.

    Raises:
        NotAllowed: the reader's organisation does not own it, or their role may not.
        PreconditionFailed: it is no longer at `expected_revision`.
        InvalidInput: with every error found, at its pointer.
        Conflict: it was withdrawn.
        ReauthenticationRequired: its mark would be widened.
    """
    incident = lock_own(incident_id, by=by, right=Right.FILE)
    if incident.revision != expected_revision:
        raise PreconditionFailed
    document = canonical_document(merged_moments(changes, incident))
    before = sight_of(incident)
    changed = _apply(incident, document)
    require_sound(incident)
    named = _check_sharing(incident, before, by=by) if changed & SHARING_FIELDS else None
    if incident.status == Status.WITHDRAWN:
        raise Conflict("The incident was withdrawn: it stays as it is.")
    if not changed:
        return incident
    save_version(incident, changed, change=change)
    if named is not None:
        write_audience(incident, named)
        require_change_allowed(before, incident, by=by)
    write_indexes(incident, changed)
    # Names of fields only: the log outlives what it speaks of, and must not repeat it.
    detail = {"fields": sorted(changed)}
    record(f"incident.{change}", by=by.actor, objects=[incident.ref], detail=detail)
    if incident.status == Status.PUBLISHED:
        _announce_update(incident, before, changed)
    return incident


def tag_incident(
    *, incident_id: UUID, tags: Sequence[str], by: Reader, expected_revision: int
) -> Incident:
    """Make the tags of an incident these; see `update_incident`."""
    return update_incident(
        incident_id=incident_id,
        changes={"tags": list(tags)},
        by=by,
        expected_revision=expected_revision,
        change=Change.TAGGED,
    )


@transaction.atomic
def publish_incident(
    *, incident_id: UUID, by: Reader, expected_revision: int | None = None
) -> Incident:
    """Share a draft with those whom its mark and audience admit, and queue their alerts.

    `expected_revision` is the one of which somebody was told whom it would reach.

    The row is locked, so of two publishers at once one gets Conflict. Alerts leave from the outbox
    after commit; a rollback leaves none.

    Raises:
        NotAllowed: the reader's organisation does not own it, or their role may not publish.
        Conflict: it is not a draft.
        PreconditionFailed: it is no longer at `expected_revision`.
        InvalidInput: its mark needs an audience and it has none.
    """
    incident = lock_own(incident_id, by=by, right=Right.PUBLISH)
    if incident.status != Status.DRAFT:
        raise Conflict(f"The incident is {incident.status} already.")
    if expected_revision not in {None, incident.revision}:
        raise PreconditionFailed
    require_audience(incident.audiences, mark=incident.tlp)
    _mark_published(incident)
    save_version(incident, {"status", "published_at"}, change=Change.PUBLISHED)
    write_indexes(incident, {"status"})
    record("incident.publish", by=by.actor, objects=[incident.ref], detail={"tlp": incident.tlp})
    record_incident_event("incident.published", incident)
    return incident


@transaction.atomic
def withdraw_incident(*, incident_id: UUID, reason: str, by: Reader) -> Incident:
    """Take a published incident back, and tell everyone who could read it or was ever sent it.

    Raises:
        NotAllowed: the reader's organisation does not own it, or their role may not withdraw.
        Conflict: it is a draft, or was withdrawn before.
    """
    incident = lock_own(incident_id, by=by, right=Right.PUBLISH)
    if incident.status != Status.PUBLISHED:
        raise Conflict(f"Only a published incident can be withdrawn; this is {incident.status}.")
    take_back(incident, reason=reason)
    record("incident.withdraw", by=by.actor, objects=[incident.ref])
    return incident


def take_back(incident: Incident, *, reason: str, into: Incident | None = None) -> None:
    """Withdraw a published incident whose row the caller has locked, and tell all who had it.

    `into` tells of the same deepfake from now on.
    """
    told = sight_of(incident).readers | set(
        incident.disclosures.exclude(member=incident.owner_id).values_list("member_id", flat=True)
    )
    incident.status = Status.WITHDRAWN
    incident.withdrawn_at = clock.now()
    incident.withdrawn_reason = reason
    changed = {"status", "withdrawn_at", "withdrawn_reason"}
    if into is not None:
        incident.merged_into = into
        changed.add("merged_into")
    save_version(incident, changed, change=Change.WITHDRAWN)
    write_indexes(incident, changed)
    record_incident_event("incident.withdrawn", incident, recipients=sorted(told))


def lock_own(incident_id: UUID, *, by: Reader, right: Right) -> Incident:
    """Lock an incident of the reader's own organisation for a change that needs `right`.

    The caller has found it among what `by` may read; a row that has gone since is Absent anyway.
    """
    rows = Incident.objects.visible_to(by).select_for_update(no_key=True, of=("self",))
    incident = rows.select_related("owner").filter(pk=incident_id).first()
    if incident is None or incident.owner_id != by.member.pk:
        raise NotAllowed("Only the member that filed an incident can change it.")
    by.require(right)
    return incident


def _apply(incident: Incident, document: Mapping[str, Any]) -> set[str]:
    """Write the document's fields to the row in memory; returns those that differ."""
    changed = {name for name, value in document.items() if getattr(incident, name) != value}
    for name in changed:
        setattr(incident, name, document[name])
    return changed


def _check_sharing(incident: Incident, before: Sight, *, by: Reader) -> list[Named]:
    """Whom the incident now names; InvalidInput where its new mark or audience cannot be."""
    if incident.tlp != before.mark:
        require_mark_allowed(incident.tlp, by=by)
    known = already_named(Audience.objects.filter(incident=incident))
    named = resolve_named(incident.audiences, mark=incident.tlp, by=by, known=known)
    incident.audiences = [one.written for one in named]
    if incident.status == Status.PUBLISHED:
        require_audience(named, mark=incident.tlp)
    return named


def _announce_update(incident: Incident, before: Sight, changed: set[str]) -> None:
    """Tell those who lost or gained sight so, and those who kept it what they can see of it."""
    kept = record_sight_change(before, incident) if changed & SHARING_FIELDS else None
    if not changed - OWNER_ONLY:
        return
    if kept is None:
        record_incident_event("incident.updated", incident)
    elif kept:
        record_incident_event("incident.updated", incident, recipients=sorted(kept))


def _mark_published(incident: Incident) -> None:
    incident.status = Status.PUBLISHED
    incident.published_at = clock.now()
    incident.change = Change.PUBLISHED


def save_version(
    incident: Incident, changed: Collection[str], *, change: Change, note: str = ""
) -> None:
    """Write the changed fields as a new revision; a new version too, if others can see it.

    Whom an incident names is its owner's alone to know, and so is that it was changed. The caller
    holds the row's lock, and is of the organisation that owns it, or acts for the hub; what the
    `note` says, others see.
    """
    incident.revision += 1
    if note or set(changed) - OWNER_ONLY:
        incident.version += 1
        incident.updated_at = clock.now()
    incident.change, incident.change_note = change, note
    incident.changed_by_id = incident.owner_id
    incident.changed_fields = sorted(changed)
    computed = [
        "revision", "version", "updated_at", "change", "change_note", "changed_by", "changed_fields"
    ]  # fmt: skip
    incident.save(update_fields=[*changed, *computed])
