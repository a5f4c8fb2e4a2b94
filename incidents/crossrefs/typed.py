"""What people type to name another incident: its ref, an address with it, or words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext as _

from hub.kit.errors import InvalidInput
from hub.kit.ids import REF_PATTERN
from incidents.core.models import Incident, IncidentQuerySet, Status
from incidents.core.search import found_by

FOUND: Final = 8
REF: Final = re.compile(rf"(?:.*/)?({REF_PATTERN})/?", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Found:
    """Either the ref that was typed, or the incidents that hold the words."""

    ref: str = ""
    incidents: list[Incident] = field(default_factory=list)
    words: str = ""
    """What to say of it; empty where nothing was typed."""


def look_up(visible: IncidentQuerySet, text: str, *, apart_from: Incident) -> Found:
    """What `text` stands for among the incidents that somebody sees, the newest first.

    Whether there is an incident of a ref is not asked here: it would be found by what it says too.
    """
    text = text.strip()
    if not text:
        return Found()
    if match := REF.fullmatch(text):
        return Found(ref=match[1].upper())
    try:
        holds = found_by(text)
    except InvalidInput as error:
        return Found(words=error.detail)
    others = visible.exclude(pk=apart_from.pk).exclude(status=Status.WITHDRAWN)
    rows = list(others.filter(holds).select_related("owner").order_by("-pk")[:FOUND])
    words = (
        _("Choose one of these.") if rows else _("No incident that you may read has these words.")
    )
    return Found(incidents=rows, words=words)
