"""Where the REST of sharing groups lies."""

from __future__ import annotations

from django.urls import path

from incidents.sharing.api import SharingGroupViewSet

urlpatterns = [
    path("sharing-groups/", SharingGroupViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "sharing-groups/<str:pk>/",
        SharingGroupViewSet.as_view(
            {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
        ),
    ),
]
