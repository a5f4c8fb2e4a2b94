"""The crossrefs app: which incidents belong together, and why."""

from __future__ import annotations

from django.apps import AppConfig


class CrossrefsConfig(AppConfig):
    name = "incidents.crossrefs"
