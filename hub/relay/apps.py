"""The relay app: the loop that turns rows into Celery messages."""

from __future__ import annotations

from django.apps import AppConfig


class RelayConfig(AppConfig):
    name = "hub.relay"
    label = "relay"
