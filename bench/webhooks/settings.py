"""A small project that uses django-webhook as its documentation says; all else is Django's."""

from __future__ import annotations

import os

from hub.settings import env

SECRET_KEY = "only-for-measurements"  # noqa: S105 - guards nothing
INSTALLED_APPS = ["django.contrib.contenttypes", "django_webhook", "bench.webhooks"]
DJANGO_WEBHOOK = {"MODELS": ["webhooks.Filing"]}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": env.database(os.environ["DATABASE_URL"])}
USE_TZ = True
CELERY_BROKER_URL = os.environ["CELERY_BROKER_URL"]
CELERY_TASK_DEFAULT_QUEUE = os.environ.get("BENCH_QUEUE", "bench")
