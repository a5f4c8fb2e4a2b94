"""Sessions in a table of the hub's own, so that a person can see theirs and others can end them.

Django's `SESSION_ENGINE` names this module.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.http import HttpRequest

from accounts.models import Session
from hub.api.client_addresses import client_address
from hub.kit import clock

BEGAN: Final = "sign_in"
"""Where a session keeps when, where and with what it was begun."""
BROWSER_LENGTH: Final = 300


class SessionStore(DatabaseStore):
    """Django's store, whose rows say whose session it is."""

    row: Session | None = None
    """The row as it was when this request read it."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Everything stands in the data too, because Django writes all columns at every save."""
        row = cast("Session", super().create_model_instance(data))
        began = data.get(BEGAN, {})
        row.user_id = data.get(SESSION_KEY)
        row.signed_in_at = datetime.fromisoformat(began["at"]) if began else None
        row.last_seen_at = clock.now()
        row.address = began.get("address", "")
        row.browser = began.get("browser", "")
        return row

    def _get_session_from_db(self) -> Session | None:
        self.row = super()._get_session_from_db()  # type: ignore[misc] # not in the stubs
        return self.row


def note_beginning(request: HttpRequest) -> None:
    """Keep with the session where it was begun. Just after the sign-in."""
    request.session[BEGAN] = {
        "at": clock.now().isoformat(),
        "address": client_address(request),
        "browser": request.headers.get("User-Agent", "")[:BROWSER_LENGTH],
    }
