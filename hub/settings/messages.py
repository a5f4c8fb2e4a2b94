"""How Celery carries hints between processes: without data, so that all of them may be lost."""

from __future__ import annotations

from typing import Any

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    # The relay does all of this at once; this is for the day on which it does not run.
    "sweep-alerts": {
        "task": "incidents.alerts.tasks.sweep",
        "schedule": 30.0,
        "options": {"expires": 30.0},
    },
    "purge-api": {
        "task": "hub.api.tasks.purge",
        "schedule": 600.0,
        "options": {"expires": 600.0},
    },
    "purge-sessions": {
        "task": "accounts.tasks.purge",
        "schedule": 3600.0,
        "options": {"expires": 3600.0},
    },
    "purge-unsaved-work": {
        "task": "incidents.core.tasks.purge",
        "schedule": 3600.0,
        "options": {"expires": 3600.0},
    },
}

ROUTES = {
    "incidents.alerts.*": {"queue": "alerts"},
    "incidents.media.*": {"queue": "matching"},
    "incidents.exchange.*": {"queue": "imports"},
}
"""Queues, by what a machine may be set aside for."""


def celery_configuration(broker_url: str) -> dict[str, Any]:
    """Celery's settings, for those who send hints as for those who follow them."""
    return {
        "broker_url": broker_url,
        "broker_transport_options": _transport_options(broker_url),
        # The broker may be away when a worker starts or while it runs.
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_heartbeat": 10,
        "accept_content": ["json"],
        "task_serializer": "json",
        "result_serializer": "json",
        "enable_utc": True,
        "timezone": "UTC",
        "beat_schedule": BEAT_SCHEDULE,
        "task_routes": ROUTES,
        "task_default_queue": "default",
        # A task is acknowledged when it is over, so that a killed worker loses none.
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_ignore_result": True,
        # For those that name none.
        "task_soft_time_limit": 60,
        "task_time_limit": 90,
        "worker_prefetch_multiplier": 1,
        # What is under way is finished; its message comes again and finds nothing left to do.
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        # An attempt at a receiver lasts up to 15.5 s.
        "worker_soft_shutdown_timeout": 16.0,
        "worker_hijack_root_logger": False,
    }


def _transport_options(broker_url: str) -> dict[str, Any]:
    """What keeps a broker that accepts and never answers from hanging whoever talks to it."""
    if broker_url.startswith("amqp"):
        return {"confirm_publish": True}
    return {
        "socket_timeout": 2,
        "socket_connect_timeout": 2,
        # How soon the message of a killed worker is given to another one.
        "visibility_timeout": 60,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
    }
