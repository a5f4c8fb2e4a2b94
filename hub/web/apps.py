"""The web app: what every page of the hub stands on."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "hub.web"
    label = "web"
