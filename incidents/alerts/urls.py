"""Where the REST and the pages of alerts lie."""

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
from incidents.alerts.views import deliveries, endpoints, feed

urlpatterns = [
    path("endpoints/", EndpointViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "endpoints/<str:pk>/",
        EndpointViewSet.as_view(
            {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
        ),
    ),
    path("endpoints/<str:endpoint>/deliveries/", DeliveryViewSet.as_view({"get": "list"})),
    path("events/", EventViewSet.as_view({"get": "retrieve"}), name="api_events"),
    path("asyncapi/", AsyncApiViewSet.as_view({"get": "retrieve"})),
    path("schemas/<str:topic>/", WebhookSchemaViewSet.as_view({"get": "retrieve"})),
    path("schemas/<str:topic>/item/", ItemSchemaViewSet.as_view({"get": "retrieve"})),
]

ENDPOINT = "endpoints/<uuid:endpoint_id>/"

pages = [
    path("endpoints/", endpoints.endpoint_list, name="endpoint_list"),
    path("endpoints/new/", endpoints.endpoint_new, name="endpoint_new"),
    path(ENDPOINT, endpoints.endpoint, name="endpoint"),
    path(f"{ENDPOINT}first-event/", endpoints.endpoint_first_event, name="endpoint_first_event"),
    path(f"{ENDPOINT}edit/", endpoints.endpoint_edit, name="endpoint_edit"),
    path(f"{ENDPOINT}enable/", endpoints.endpoint_enable, name="endpoint_enable"),
    path(f"{ENDPOINT}delete/", endpoints.endpoint_delete, name="endpoint_delete"),
    path(f"{ENDPOINT}deliveries/<int:sequence>/", deliveries.delivery, name="delivery"),
    path("feed/", feed.feed_state, name="feed_state"),
]
