"""Places in a list, as tokens that callers carry and cannot read."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from hub.api.answers import plain
from hub.kit import crypto
from hub.kit.errors import InvalidInput


class Cursor(NamedTuple):
    """The place of a row, and which side of it the page lies on."""

    backwards: bool
    inclusive: bool
    """The row itself belongs to the page: what lay on the other side of it was empty."""
    value: Any
    """Of the column that orders the list."""
    pk: Any

    def turned(self) -> Cursor:
        """The other side of the same place."""
        return self._replace(backwards=not self.backwards, inclusive=not self.inclusive)


def seal_cursor(cursor: Cursor, *, context: str) -> str:
    """Equal cursors give equal tokens."""
    return crypto.seal(json.dumps(cursor, default=plain), context=context)


def unseal_cursor(token: str, *, context: str) -> Cursor:
    """Values are what JSON can say: times and ids come back as text.

    Raises InvalidInput for a token that was not made in this context.
    """
    try:
        return Cursor(*json.loads(crypto.unseal(token, context=context)))
    except ValueError:
        raise InvalidInput(
            "This cursor was not given out for this list, this ordering and this organisation; "
            "start again without a cursor.",
            pointer="/cursor",
            code="invalid_cursor",
        ) from None
