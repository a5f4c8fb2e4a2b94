"""Periodic work of accounts."""

from __future__ import annotations

from celery import shared_task

from accounts.services.sessions import purge_expired_sessions


@shared_task(name="accounts.tasks.purge", acks_late=True, ignore_result=True, soft_time_limit=60)
def purge() -> None:
    purge_expired_sessions()
