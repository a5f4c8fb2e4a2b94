"""What stored answers say of links, to requests that may be sent again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from hub.api.services import rewrite_answers
from incidents.core.redaction import Redactor

EXPLANATION_LENGTH: Final = 2_000
"""Characters."""


def redacted_explanation(words: str, redactor: Redactor) -> str:
    """An explanation without the texts, no longer than one that may be sent."""
    return redactor.text(words, longest=EXPLANATION_LENGTH)


def redact_answers(links: Iterable[UUID], redactor: Redactor) -> None:
    """Take the texts out of what was answered of these links, in the caller's transaction."""

    def redacted(body: bytes) -> bytes:
        shown = json.loads(body)
        shown["explanation"] = redacted_explanation(shown["explanation"], redactor)
        return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()

    rewrite_answers([str(pk) for pk in links], redacted)


def forget_answers(link_id: UUID) -> None:
    """Empty what was answered of a link that is gone."""
    rewrite_answers([str(link_id)], lambda _: b"")
