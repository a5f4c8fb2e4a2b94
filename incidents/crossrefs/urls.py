"""Where the REST of cross-references lies."""

from __future__ import annotations

from django.urls import path

from incidents.crossrefs.api import ClusterViewSet, CrossReferenceViewSet, IncidentLinksViewSet

urlpatterns = [
    path("crossrefs/", CrossReferenceViewSet.as_view({"post": "create"})),
    path(
        "crossrefs/<str:pk>/",
        CrossReferenceViewSet.as_view({"get": "retrieve", "delete": "destroy"}),
    ),
    path("crossrefs/<str:pk>/accept/", CrossReferenceViewSet.as_view({"post": "accept"})),
    path("crossrefs/<str:pk>/reject/", CrossReferenceViewSet.as_view({"post": "reject"})),
    path("incidents/<str:ref>/crossrefs/", IncidentLinksViewSet.as_view({"get": "list"})),
    path("incidents/<str:ref>/cluster/", ClusterViewSet.as_view({"get": "list"})),
]
