"""What provisioning commands of every slice need of accounts."""

from __future__ import annotations

from accounts.models import Member
from hub.kit.errors import InvalidInput


def member_named(slug: str) -> Member:
    """The organisation with this slug, whatever its status; InvalidInput when there is none."""
    member = Member.objects.filter(slug=slug).first()
    if member is None:
        raise InvalidInput(
            f"There is no member {slug!r}: make it with `manage.py member create --slug {slug}`.",
            pointer="/member",
        )
    return member
