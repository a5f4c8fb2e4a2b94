"""Where the REST of alerts lies."""

from __future__ import annotations

from django.urls import path

from incidents.alerts.api import (
    AsyncApiViewSet,
    DeliveryViewSet,
    EndpointViewSet,
    EventViewSet,
    ItemSchemaViewSet,
    WebhookSchemaViewSet,
)

urlpatterns = [
    path("endpoints/", EndpointViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "endpoints/<str:pk>/",
        EndpointViewSet.as_view(
            {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
        ),
    ),
    path("endpoints/<str:endpoint>/deliveries/", DeliveryViewSet.as_view({"get": "list"})),
    path("events/", EventViewSet.as_view({"get": "retrieve"})),
    path("asyncapi/", AsyncApiViewSet.as_view({"get": "retrieve"})),
    path("schemas/<str:topic>/", WebhookSchemaViewSet.as_view({"get": "retrieve"})),
    path("schemas/<str:topic>/item/", ItemSchemaViewSet.as_view({"get": "retrieve"})),
]
