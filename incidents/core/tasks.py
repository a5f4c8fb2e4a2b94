"""Periodic work of incidents."""

from __future__ import annotations

from celery import shared_task

from incidents.core.services.unsaved import purge_forgotten_work


@shared_task(
    name="incidents.core.tasks.purge", acks_late=True, ignore_result=True, soft_time_limit=60
)
def purge() -> None:
    purge_forgotten_work()
