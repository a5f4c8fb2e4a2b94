"""Keeping questions to the incident list, for a person or a whole organisation."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.readers import Reader
from accounts.roles import Right
from hub.audit.services import record
from hub.kit import clock
from hub.kit.errors import Absent, InvalidInput
from incidents.core.models import SavedFilter
from incidents.core.redaction import Redactor


@transaction.atomic
def create_saved_filter(
    *, name: str, query: Mapping[str, str], by: Reader, shared: bool | None = None
) -> SavedFilter:
    """Keep a question for the reader, or for their organisation if it is `shared`.

    Without a word on it, a person's is their own, a token's its organisation's.

    Raises:
        NotAllowed: it would be shared, and the reader may not do that.
        InvalidInput: there is one of this name already, or a token asks for one of its own.
    """
    saved = SavedFilter(member=by.member, name=name, query=dict(query))
    _give(saved, shared=by.user is None if shared is None else shared, by=by)
    saved.created_at = saved.updated_at = clock.now()
    _save(saved, new=True)
    record("filter.create", by=by.actor, objects=[str(saved.pk)])
    return saved


@transaction.atomic
def update_saved_filter(
    *,
    filter_id: UUID,
    by: Reader,
    name: str | None = None,
    query: Mapping[str, str] | None = None,
    shared: bool | None = None,
) -> SavedFilter:
    """Change a kept question; what is None stays. Errors are those of `create_saved_filter`."""
    saved = _lock(filter_id, by)
    if shared is not None:
        _give(saved, shared=shared, by=by)
    if name is not None:
        saved.name = name
    if query is not None:
        saved.query = dict(query)
    saved.updated_at = clock.now()
    _save(saved, new=False)
    record("filter.update", by=by.actor, objects=[str(saved.pk)])
    return saved


@transaction.atomic
def delete_saved_filter(*, filter_id: UUID, by: Reader) -> None:
    """Forget a kept question. Raises NotAllowed."""
    _lock(filter_id, by).delete()
    record("filter.delete", by=by.actor, objects=[str(filter_id)])


def forget_saved_filters(redactor: Redactor, *, by: Reader) -> list[UUID]:
    """Delete the questions of the reader's organisation, and of its people, in which a text stands.

    A question only makes sense whole, and without a part of it would find something else. In the
    caller's transaction. Returns the ids of what is gone.
    """
    rows = SavedFilter.objects.filter(member=by.member).select_for_update().order_by("pk")
    gone = [row.pk for row in rows if redactor.meets(row.name, *row.query.values())]
    SavedFilter.objects.filter(pk__in=gone).delete()
    return gone


def require_change(saved: SavedFilter, *, by: Reader) -> None:
    """A person's own is theirs to change; what is shared belongs to those who file."""
    if saved.user_id is None:
        by.require(Right.FILE)


def _lock(filter_id: UUID, by: Reader) -> SavedFilter:
    rows = SavedFilter.objects.visible_to(by).select_for_update(no_key=True, of=("self",))
    saved = rows.filter(pk=filter_id).first()
    if saved is None:
        raise Absent
    require_change(saved, by=by)
    return saved


def _give(saved: SavedFilter, *, shared: bool, by: Reader) -> None:
    """Make it the organisation's, or the reader's own."""
    if shared:
        by.require(Right.FILE)
    elif by.user is None:
        raise InvalidInput(
            "What a token keeps is its organisation's: leave this out, or send true.",
            pointer="/shared",
            code="needs_a_person",
        )
    saved.user = None if shared else by.user


def _save(saved: SavedFilter, *, new: bool) -> None:
    try:
        with transaction.atomic():
            saved.save(force_insert=new)
    except IntegrityError as error:
        whose = "Your organisation has" if saved.user_id is None else "You have"
        raise InvalidInput(
            f"{whose} a filter of this name already: choose another.",
            pointer="/name",
            code="name_taken",
        ) from error
