"""Whom an owner names as audience: from what was written to the rows that policy joins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Member, User
from accounts.readers import Reader
from hub.kit.errors import FieldError, InvalidInput
from incidents.core.audiences import NamedReader
from incidents.sharing.marks import LISTED_MARKS, Tlp
from incidents.sharing.models import SharingGroup


@dataclass(frozen=True)
class Named:
    """One organisation, group or person; `key` is how the API writes it, `row` how policy joins."""

    kind: str
    key: str
    row: UUID

    @property
    def written(self) -> dict[str, str]:
        """As in the API: `{"member": slug}`, `{"group": id}` or `{"user": id}`."""
        return {self.kind: self.key}


def resolve_named(
    audiences: Sequence[Mapping[str, str]], *, mark: str, by: Reader, known: Sequence[Named] = ()
) -> list[Named]:
    """The readers named, each once, in the order given.

    Those in `known` were named before and may stay, even if `by` could not name them today.

    Raises InvalidInput with one error for each that cannot be named on this mark, or that does not
    exist as far as `by` may know, in the same words for both.
    """
    rows = {(one.kind, one.key): one.row for one in known}
    found: dict[Named, None] = {}
    errors: list[FieldError] = []
    for place, entry in enumerate(audiences):
        ((kind, key),) = entry.items()
        pointer = f"/audiences/{place}"
        if (kind == "user") != (mark == Tlp.RED):
            errors.append(FieldError(pointer, "audience_kind", _wrong_kind(mark)))
            continue
        row = rows.get((kind, key)) or _row_of(kind, key, by)
        if row is None:
            errors.append(FieldError(f"{pointer}/{kind}", "not_found", f"There is no such {kind}."))
            continue
        found[Named(kind, key, row)] = None
    if errors:
        raise InvalidInput("The audiences cannot be named like this.", errors=errors)
    return list(found)


def already_named(rows: QuerySet[NamedReader]) -> list[Named]:
    """The readers that these audience rows name."""
    found = []
    for row in rows.select_related("member"):
        named = {"member": row.member_id, "group": row.group_id, "user": row.user_id}
        ((kind, pk),) = ((kind, pk) for kind, pk in named.items() if pk is not None)
        found.append(Named(kind, row.member.slug if row.member else str(pk), pk))
    return found


def require_audience(audiences: Sequence[object], *, mark: str) -> None:
    """Amber and amber+strict go to those they name, so publishing with none reaches nobody."""
    if mark in LISTED_MARKS and not audiences:
        raise InvalidInput(
            f"TLP:{mark.upper()} is shared with the members and groups you name: name at least"
            ' one, as {"member": slug} or {"group": id}.',
            pointer="/audiences",
            code="audience_required",
        )


def _wrong_kind(mark: str) -> str:
    if mark == Tlp.RED:
        return 'TLP:RED is for persons by name: name them as {"user": id}.'
    return 'Only TLP:RED names persons: name a {"member": slug} or a {"group": id}.'


def _row_of(kind: str, key: str, by: Reader) -> UUID | None:
    if kind == "member":
        return Member.objects.active().filter(slug=key).values_list("pk", flat=True).first()
    try:
        wanted = UUID(key)
    except ValueError:
        return None
    if kind == "group":
        groups = SharingGroup.objects.visible_to(by)
        return groups.filter(pk=wanted).values_list("pk", flat=True).first()
    return User.objects.active().filter(pk=wanted).values_list("pk", flat=True).first()
