"""Changes to sharing groups."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import Member
from accounts.readers import Reader
from accounts.roles import Right
from hub.audit.services import record
from hub.kit import clock
from hub.kit.errors import FieldError, InvalidInput, NotAllowed
from incidents.sharing.models import Membership, SharingGroup

LARGEST_GROUP = 1000


@transaction.atomic
def create_group(
    *,
    name: str,
    members: Sequence[str],
    by: Reader,
    description: str = "",
    membership_hidden: bool = False,
) -> SharingGroup:
    """Make a group of the reader's organisation; `members` are slugs.

    Raises:
        NotAllowed: the reader's role may not.
        InvalidInput: a member is not known, or the owner has a group of this name.
    """
    by.require(Right.SHARE)
    found = _find_members(members)
    group = SharingGroup(
        owner=by.member,
        name=name,
        description=description,
        membership_hidden=membership_hidden,
    )
    _save(group, new=True)
    _write_members(group, found)
    record("group.create", by=by.actor, objects=[str(group.pk)])
    return group


@transaction.atomic
def update_group(
    *,
    group_id: UUID,
    by: Reader,
    name: str | None = None,
    description: str | None = None,
    membership_hidden: bool | None = None,
    members: Sequence[str] | None = None,
) -> SharingGroup:
    """Change a group of the reader's organisation; what is None stays. Reading follows at once."""
    group = _lock_own(group_id, by)
    found = None if members is None else _find_members(members)
    given = {
        "name": name,
        "description": description,
        "membership_hidden": membership_hidden,
    }
    changed = {field: value for field, value in given.items() if value is not None}
    for field, value in changed.items():
        setattr(group, field, value)
    if changed:
        # Not for members alone: where they are hidden, the time would tell of a change.
        group.updated_at = clock.now()
        _save(group, new=False)
    if found is not None:
        Membership.objects.filter(group=group).delete()
        _write_members(group, found)
    record("group.update", by=by.actor, objects=[str(group.pk)])
    return group


@transaction.atomic
def delete_group(*, group_id: UUID, by: Reader) -> None:
    """End a group of the reader's organisation: nobody reads anything by it any more."""
    group = _lock_own(group_id, by)
    group.deleted_at = clock.now()
    group.save(update_fields=["deleted_at"])
    Membership.objects.filter(group=group).delete()
    record("group.delete", by=by.actor, objects=[str(group.pk)])


def _lock_own(group_id: UUID, by: Reader) -> SharingGroup:
    rows = SharingGroup.objects.editable_by(by).select_for_update(no_key=True, of=("self",))
    group = rows.filter(pk=group_id).first()
    if group is None:
        raise NotAllowed("Only the organisation that made a group can change it.")
    by.require(Right.SHARE)
    return group


def _find_members(slugs: Sequence[str]) -> list[Member]:
    if len(slugs) > LARGEST_GROUP:
        raise InvalidInput(f"A group has at most {LARGEST_GROUP} members.", pointer="/members")
    found = {member.slug: member for member in Member.objects.active().filter(slug__in=slugs)}
    errors = [
        FieldError(f"/members/{place}", "not_found", "There is no such member.")
        for place, slug in enumerate(slugs)
        if slug not in found
    ]
    if errors:
        raise InvalidInput("Some members are not known.", errors=errors)
    return [found[slug] for slug in dict.fromkeys(slugs)]


def _write_members(group: SharingGroup, members: Sequence[Member]) -> None:
    Membership.objects.bulk_create(Membership(group=group, member=member) for member in members)


def _save(group: SharingGroup, *, new: bool) -> None:
    try:
        with transaction.atomic():
            group.save(force_insert=new)
    except IntegrityError as error:
        raise InvalidInput(
            "Your organisation has a group of this name already: choose another.",
            pointer="/name",
            code="name_taken",
        ) from error
