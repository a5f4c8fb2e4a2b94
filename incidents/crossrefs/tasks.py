"""What workers do for cross-references; hinted at by the relay."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from incidents.crossrefs.services.redacting import redact_links
from incidents.crossrefs.services.suggesting import suggest_links


@shared_task(name="incidents.crossrefs.tasks.suggest", soft_time_limit=60, time_limit=70)
def suggest(event_id: str) -> None:
    suggest_links(UUID(event_id))


@shared_task(name="incidents.crossrefs.tasks.redact", soft_time_limit=60, time_limit=70)
def redact(event_id: str) -> None:
    redact_links(UUID(event_id))
