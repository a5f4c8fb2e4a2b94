"""Endpoints and deliveries for operators, and how far behind the hub is with them."""

from __future__ import annotations

from hub.web.admin_site import site
from incidents.alerts.admin import (  # noqa: F401 - Django finds what an app registers from here
    deliveries,
    endpoints,
)
from incidents.alerts.admin.figures import figures

site.add_figures(figures)
