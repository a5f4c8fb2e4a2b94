"""The cli app: the command `hub`, and the demonstration's data."""

from __future__ import annotations

from django.apps import AppConfig


class CliConfig(AppConfig):
    name = "hub.cli"
    label = "cli"
