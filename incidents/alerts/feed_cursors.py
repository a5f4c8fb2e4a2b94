"""Places in the pull feed, as tokens that tell nothing to those who carry them."""

from __future__ import annotations

from accounts.models import Member
from hub.kit import crypto


def cursor_of(member: Member, position: int) -> str:
    """The same for the same place, as long as the organisation is the same."""
    return crypto.seal(str(position), context=_context(member))


def read_cursor(member: Member, cursor: str) -> int:
    """The position; raises ValueError for what was not made for this organisation."""
    return int(crypto.unseal(cursor, context=_context(member)))


def _context(member: Member) -> str:
    return f"events:cursor:{member.pk}"
