"""Writing of the audit log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hub.audit.models import AuditEntry, Decision
from hub.kit.requests import request_id


@dataclass(frozen=True)
class Actor:
    """Who acts, by ids; all empty for the hub itself or its operator at a shell."""

    member_id: UUID | None = None
    user_id: UUID | None = None
    token_id: str = ""


THE_HUB = Actor()


def record(
    action: str,
    *,
    by: Actor,
    objects: Sequence[str] = (),
    decision: Decision = Decision.ALLOWED,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry, in the caller's transaction: what is rolled back was not done.

    A denied attempt is therefore recorded after the refused transaction has ended.
    """
    AuditEntry.objects.create(
        member_id=by.member_id,
        user_id=by.user_id,
        token_id=by.token_id,
        action=action,
        objects_named=list(objects),
        decision=decision,
        request_id=request_id.get() or "",
        detail=dict(detail or {}),
    )
