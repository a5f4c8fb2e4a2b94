"""The alerts app: telling members what happened, by signed webhook and pull feed."""

from __future__ import annotations

from django.apps import AppConfig
from prometheus_client import REGISTRY


class AlertsConfig(AppConfig):
    name = "incidents.alerts"
    label = "alerts"

    def ready(self) -> None:
        """Let the hub's figures tell of alerts."""
        from incidents.alerts.metrics import AlertsCollector  # noqa: PLC0415 - needs the models

        REGISTRY.register(AlertsCollector())
