"""A project with django-webhook; its Celery application is made first, as Celery asks."""

from __future__ import annotations

from bench.webhooks.worker import app as celery_app

__all__ = ("celery_app",)
