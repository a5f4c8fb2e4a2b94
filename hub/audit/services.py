"""Writing of the audit log."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection

from hub.audit.models import Decision
from hub.kit.requests import request_id


@dataclass(frozen=True)
class Actor:
    """Who acts, by ids; all empty for the hub itself or its operator at a shell."""

    member_id: UUID | None = None
    user_id: UUID | None = None
    token_id: str = ""


THE_HUB = Actor()


# By hand: every change writes entries, and Django takes longer to make such a statement than
# PostgreSQL to carry it out.
_ADD: Final = """
INSERT INTO audit_auditentry
    (member_id, user_id, token_id, action, objects_named, decision, request_id, detail)
SELECT %(member_id)s::uuid, %(user_id)s::uuid, %(token_id)s, done.action, %(objects)s::text[],
       %(decision)s, %(request_id)s, %(detail)s::jsonb
FROM unnest(%(actions)s::text[]) WITH ORDINALITY AS done (action, place) ORDER BY done.place
"""


def record(
    *actions: str,
    by: Actor,
    objects: Sequence[str] = (),
    decision: Decision = Decision.ALLOWED,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry for each action, in the caller's transaction: what is rolled back was not done.

    A denied attempt is therefore recorded after the refused transaction has ended.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD,
            {
                "member_id": by.member_id,
                "user_id": by.user_id,
                "token_id": by.token_id,
                "actions": list(actions),
                "objects": list(objects),
                "decision": decision.value,
                "request_id": request_id.get() or "",
                "detail": json.dumps(detail or {}),
            },
        )
