"""The incidents app: what members report to each other, and who may read it."""

from __future__ import annotations

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "incidents.core"
    label = "incidents"
