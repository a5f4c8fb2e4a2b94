"""What workers do for alerts; hinted at by the relay, swept by beat."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.db.models.functions import Now

from hub.kit.stopping import is_stopping
from hub.outbox.models import Event
from incidents.alerts.engine.run import deliver_due
from incidents.alerts.services import fan_out as fan_out_service
from incidents.alerts.services.forgetting import forget_redacted

SWEPT_AFTER = timedelta(seconds=10)
SWEPT_AT_ONCE = 500


@shared_task(name="incidents.alerts.tasks.fan_out", soft_time_limit=30, time_limit=40)
def fan_out(event_id: str) -> None:
    fan_out_service.fan_out(UUID(event_id))


@shared_task(name="incidents.alerts.tasks.forget", soft_time_limit=30, time_limit=40)
def forget(event_id: str) -> None:
    forget_redacted(UUID(event_id))


# A run claims for 40 s and waits up to 15.5 s for what is under way.
@shared_task(name="incidents.alerts.tasks.deliver", soft_time_limit=70, time_limit=90)
def deliver() -> None:
    deliver_due(should_stop=is_stopping)


@shared_task(name="incidents.alerts.tasks.sweep", soft_time_limit=70, time_limit=90)
def sweep() -> None:
    """Do what nobody did: events that wait for long, deliveries that are due."""
    stale = Event.objects.waiting().filter(recorded_at__lt=Now() - SWEPT_AFTER)
    for event_id in stale.values_list("pk", flat=True)[:SWEPT_AT_ONCE]:
        if not is_stopping():
            fan_out_service.fan_out(event_id)
    deliver_due(should_stop=is_stopping)
