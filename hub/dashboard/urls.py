"""Where the pages lie that gather from several slices."""

from __future__ import annotations

from django.urls import path

from hub.dashboard.views import incident, incident_alerts
from hub.web import refs  # noqa: F401 - makes <ref:…> known

pages = [
    path("incidents/<ref:ref>/", incident, name="incident"),
    path("incidents/<ref:ref>/alerts/", incident_alerts, name="incident_alerts"),
]
