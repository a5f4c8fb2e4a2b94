"""The sharing app: how far an incident may travel, and the groups it may be shared with."""

from __future__ import annotations

from django.apps import AppConfig


class SharingConfig(AppConfig):
    name = "incidents.sharing"
    label = "sharing"
