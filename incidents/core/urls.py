"""Where the REST of incidents lies."""

from __future__ import annotations

from django.urls import path

from incidents.core.api.incidents import HistoryViewSet, IncidentViewSet
from incidents.core.api.observations import ObservationViewSet
from incidents.core.api.saved_filters import SavedFilterViewSet
from incidents.core.api.tags import TagViewSet
from incidents.core.api.vocabularies import VocabularyViewSet

urlpatterns = [
    path("vocabularies/", VocabularyViewSet.as_view({"get": "list"})),
    path("vocabularies/<str:namespace>/", VocabularyViewSet.as_view({"get": "retrieve"})),
    path("tags/", TagViewSet.as_view({"get": "list"})),
    path("tags/apply/", TagViewSet.as_view({"post": "apply"})),
    path("saved-filters/", SavedFilterViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "saved-filters/<str:pk>/",
        SavedFilterViewSet.as_view(
            {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
        ),
    ),
    path("incidents/", IncidentViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "incidents/<str:ref>/",
        IncidentViewSet.as_view(
            {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
        ),
    ),
    path("incidents/<str:ref>/publish/", IncidentViewSet.as_view({"post": "publish"})),
    path("incidents/<str:ref>/withdraw/", IncidentViewSet.as_view({"post": "withdraw"})),
    path("incidents/<str:ref>/redact/", IncidentViewSet.as_view({"post": "redact"})),
    path("incidents/<str:ref>/merge/", IncidentViewSet.as_view({"post": "merge"})),
    path("incidents/<str:ref>/tags/", IncidentViewSet.as_view({"put": "tags"})),
    path("incidents/<str:ref>/history/", HistoryViewSet.as_view({"get": "list"})),
    path(
        "incidents/<str:ref>/observations/",
        ObservationViewSet.as_view({"get": "list", "post": "create"}),
    ),
    path(
        "incidents/<str:ref>/observations/<str:pk>/",
        ObservationViewSet.as_view({"get": "retrieve"}),
    ),
]
