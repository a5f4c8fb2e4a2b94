"""Every address the hub serves, put together from the slices."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from hub.api import handlers
from hub.api.docs import docs
from hub.api.health import healthz, readyz
from hub.api.metrics import metrics
from hub.api.schema_view import SchemaViewSet
from hub.api.static_files import static_file

API: list[URLPattern | URLResolver] = [
    path("", include("accounts.urls")),
    path("", include("incidents.taxonomy.urls")),
    path("", include("incidents.sharing.urls")),
    path("", include("incidents.core.urls")),
    path("", include("incidents.crossrefs.urls")),
    path("", include("incidents.alerts.urls")),
    path("schema/", SchemaViewSet.as_view({"get": "retrieve"})),
    path("docs/", docs),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    path("api/v1/", include(API)),
    path("static/<path:path>", static_file),
]

handler400 = handlers.bad_request
handler403 = handlers.permission_denied
handler404 = handlers.not_found
handler500 = handlers.server_error
