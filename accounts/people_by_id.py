"""What people and organisations are called, for rows that keep no more of them than ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from accounts.models import Member, User


class People:
    """The directory of the pages for operators: people by address, organisations by short name."""

    def names(self, ids: Iterable[UUID]) -> Mapping[UUID, str]:
        wanted = set(ids)
        people = User.objects.filter(pk__in=wanted).values_list("pk", "email")
        members = Member.objects.filter(pk__in=wanted).values_list("pk", "slug")
        return {**dict(people), **dict(members)}

    def ids(self, text: str) -> list[UUID]:
        people = User.objects.named(text).values_list("pk", flat=True)
        members = Member.objects.filter(slug=text).values_list("pk", flat=True)
        return [*people, *members]
