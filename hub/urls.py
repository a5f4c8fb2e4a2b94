"""Every address the hub serves, put together from the slices."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from accounts.urls import pages as accounts_pages
from hub.api import handlers
from hub.api.docs import docs
from hub.api.health import healthz, readyz
from hub.api.metrics import metrics
from hub.api.schema_view import SchemaViewSet
from hub.dashboard.urls import pages as dashboard_pages
from hub.web.admin_site import site
from hub.web.design import design
from hub.web.theme import choose_theme
from incidents.alerts.urls import pages as alerts_pages
from incidents.core.views.urls import filing_pages, listing_pages, observing_pages
from incidents.crossrefs.views.urls import duplicates_pages, linking_pages

API: list[URLPattern | URLResolver] = [
    path("", include("accounts.urls")),
    path("", include("incidents.taxonomy.urls")),
    path("", include("incidents.sharing.urls")),
    path("", include("incidents.core.urls")),
    path("", include("incidents.crossrefs.urls")),
    path("", include("incidents.alerts.urls")),
    path("schema/", SchemaViewSet.as_view({"get": "retrieve"})),
    path("docs/", docs, name="api_docs"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    path("api/v1/", include(API)),
    path("theme/", choose_theme, name="theme"),
    path("admin/", site.urls),
    path("", RedirectView.as_view(pattern_name="incident_list"), name="home"),
    path("", include(accounts_pages)),
    path("", include(listing_pages)),
    path("", include(filing_pages)),
    path("", include(observing_pages)),
    path("", include(duplicates_pages)),
    path("", include(linking_pages)),
    path("", include(dashboard_pages)),
    path("", include(alerts_pages)),
]

if settings.HUB_DESIGN_PAGE:
    urlpatterns += [path("design/", design, name="design")]

handler400 = handlers.bad_request
handler403 = handlers.permission_denied
handler404 = handlers.not_found
handler500 = handlers.server_error
