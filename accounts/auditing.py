"""Keeping on record what somebody tried, on what they may see, and may not do."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.authentication import reader_of
from hub.api.requests import HubRequest
from hub.audit.models import Decision
from hub.audit.services import record


def audit_refusal(
    request: HubRequest, *, action: str, objects: Iterable[str], error: Exception
) -> None:
    """Record a denied attempt; `objects` are those named that the caller may see.

    Nothing is recorded of a request that was refused before anybody was known, as one without its
    CSRF token.
    """
    if request.caller is None:
        return
    record(
        action,
        by=reader_of(request).actor,
        objects=list(objects),
        decision=Decision.DENIED,
        detail={"code": str(getattr(error, "code", ""))},
    )
