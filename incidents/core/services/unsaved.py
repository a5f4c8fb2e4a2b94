"""Keeping what people type into forms about incidents until they save it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.readers import Reader
from accounts.roles import Right
from hub.kit import clock
from hub.kit.errors import BodyTooLarge, Conflict, NotAllowed
from incidents.core.models import Incident
from incidents.core.redaction import Redactor
from incidents.core.services.filing import create_incident, update_incident
from incidents.core.unsaved import Typed, UnsavedWork

LARGEST_BYTES = 1024 * 1024
"""As much as the API takes of one incident."""


class TypedElsewhere(Conflict):
    """Another window has changed the form since this one was opened."""


class FiledAlready(Conflict):
    """The form has been filed already."""


@transaction.atomic
def keep_unsaved(
    *, key: UUID, incident: Incident | None, typed: Typed, window: UUID, seen: int, by: Reader
) -> UnsavedWork:
    """Keep what stands in a form now, in place of what stood in it before.

    `seen` is the revision that the window shows, 0 for none. What another window has typed since is
    left alone, unless the same window wrote last: it may have missed the answer.

    Raises:
        NotAllowed: not a person, or one whose role may not file.
        TypedElsewhere: another window has typed in the meantime, or has discarded or saved it.
        FiledAlready: this form has become an incident.
        BodyTooLarge: nobody types so much.
    """
    if by.user is None:
        raise NotAllowed
    by.require(Right.FILE)
    if len(json.dumps(dict(typed))) > LARGEST_BYTES:
        raise BodyTooLarge
    work = _locked(key, incident, by=by)
    if work is None:
        if seen:
            raise TypedElsewhere("This form was saved or discarded in another window.")
        return _begin(UnsavedWork(id=key, user=by.user, incident=incident), typed, window)
    require_unfiled(work)
    if work.window != window and work.revision != seen:
        raise TypedElsewhere
    work.revision += 1
    return _write(work, typed, window)


def require_latest(work: UnsavedWork | None, *, window: UUID, seen: int) -> None:
    """Ask whether what a window is about to save is all that was typed into its form.

    Raises TypedElsewhere or FiledAlready.
    """
    if work is None:
        return
    require_unfiled(work)
    if work.window != window and work.revision != seen:
        raise TypedElsewhere


def require_unfiled(work: UnsavedWork) -> None:
    """Raises FiledAlready for a form that has become an incident."""
    if not work.typed:
        raise FiledAlready


def find_unsaved(*, key: UUID | None, incident: Incident | None, by: Reader) -> UnsavedWork | None:
    """What the reader has typed into the form of this incident, or into the new one of this key."""
    own = UnsavedWork.objects.visible_to(by).select_related("filed_as")
    if incident is not None:
        return own.filter(incident=incident).first()
    return own.filter(pk=key, incident=None).first() if key else None


def latest_unsaved(by: Reader) -> UnsavedWork | None:
    """The new incident that the reader began last and has not filed."""
    begun = UnsavedWork.objects.visible_to(by).filter(incident=None).exclude(typed=b"")
    return begun.order_by("-updated_at").first()


@transaction.atomic
def forget_unsaved(*, key: UUID | None, incident: Incident | None, by: Reader) -> None:
    """Forget it: it was saved, or is not wanted any more. Run again, it changes nothing."""
    work = find_unsaved(key=key, incident=incident, by=by)
    if work is not None and work.typed:
        work.delete()


@transaction.atomic
def file_form(
    *,
    key: UUID,
    window: UUID,
    fields: Mapping[str, Any],
    observations: Sequence[Mapping[str, Any]],
    by: Reader,
) -> Incident:
    """File what stands in a form as a draft; of the form only that is kept, and once.

    Raises as `create_incident` does, and FiledAlready.
    """
    incident = create_incident(fields=fields, observations=observations, by=by)
    _mark_filed(key, incident, window, by=by)
    return incident


@transaction.atomic
def save_form(
    *, incident: Incident, changes: Mapping[str, Any], expected_revision: int, by: Reader
) -> Incident:
    """Change an incident as its form says, and forget the form. Raises as `update_incident`."""
    changed = update_incident(
        incident_id=incident.pk, changes=changes, by=by, expected_revision=expected_revision
    )
    forget_unsaved(key=None, incident=incident, by=by)
    return changed


def _mark_filed(key: UUID, incident: Incident, window: UUID, *, by: Reader) -> None:
    if by.user is None:
        raise NotAllowed
    work = _locked(key, None, by=by)
    if work is None:
        work = _begin(UnsavedWork(id=key, user=by.user), {}, window)
    else:
        require_unfiled(work)
    work.typed, work.filed_as, work.updated_at = b"", incident, clock.now()
    work.save(update_fields=["typed", "filed_as", "updated_at"])


def redact_unsaved(redactor: Redactor, *, by: Reader) -> int:
    """Take texts out of what people of the reader's organisation have typed; returns of how much.

    In the caller's transaction.
    """
    rows = UnsavedWork.objects.filter(user__member=by.member).exclude(typed=b"")
    changed = 0
    for work in rows.select_for_update().order_by("pk"):
        before = work.fields
        after = {
            name: [_redacted(redactor, value) for value in values]
            for name, values in before.items()
        }
        if after != before:
            changed += 1
            work.write(after)
            work.revision += 1
            work.save(update_fields=["typed", "revision"])
    return changed


def purge_forgotten_work() -> int:
    """Delete what nobody came back to; returns how much. Run again, it finds less."""
    deleted, _ = UnsavedWork.objects.forgotten().delete()
    return deleted


def _redacted(redactor: Redactor, value: str) -> str:
    """Without the texts; an address, and what a row keeps beside one as JSON, goes whole."""
    is_address = "://" in value and not any(sign.isspace() for sign in value.strip())
    if is_address or value.startswith("{"):
        return "" if redactor.meets_address(value, value.replace('\\"', '"')) else value
    return redactor.text(value)


def _locked(key: UUID, incident: Incident | None, *, by: Reader) -> UnsavedWork | None:
    rows = UnsavedWork.objects.visible_to(by).select_for_update()
    if incident is not None:
        return rows.filter(incident=incident).first()
    return rows.filter(pk=key, incident=None).first()


def _begin(work: UnsavedWork, typed: Typed, window: UUID) -> UnsavedWork:
    try:
        with transaction.atomic():
            return _write(work, typed, window, force_insert=True)
    except IntegrityError as error:  # another window began it at the same moment
        raise TypedElsewhere from error


def _write(
    work: UnsavedWork, typed: Typed, window: UUID, *, force_insert: bool = False
) -> UnsavedWork:
    work.write(typed)
    work.window = window
    work.updated_at = clock.now()
    work.save(force_insert=force_insert)
    return work
