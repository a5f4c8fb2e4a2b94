"""Periodic work of the API."""

from __future__ import annotations

from celery import shared_task

from hub.api import services


@shared_task(name="hub.api.tasks.purge", acks_late=True, ignore_result=True, soft_time_limit=60)
def purge() -> None:
    services.purge_expired_answers()
    services.purge_full_buckets()
