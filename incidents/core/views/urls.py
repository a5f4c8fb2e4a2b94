"""Where the pages of incidents lie."""

from __future__ import annotations

from django.urls import path

from hub.web import refs  # noqa: F401 - makes <ref:…> known
from incidents.core.views import filing, listing, observing, publishing, saved_filters

filing_pages = [
    path("incidents/new/", filing.incident_new, name="incident_new"),
    path("incidents/new/tags/", filing.tag_suggestions, name="tag_suggestions"),
    path("incidents/<ref:ref>/edit/", filing.incident_edit, name="incident_edit"),
    path("incidents/<ref:ref>/publish/", publishing.incident_publish, name="incident_publish"),
    path("incidents/<ref:ref>/withdraw/", publishing.incident_withdraw, name="incident_withdraw"),
    path("incidents/<ref:ref>/delete/", publishing.incident_delete, name="incident_delete"),
]
listing_pages = [
    path("incidents/", listing.incident_list, name="incident_list"),
    path("filters/", saved_filters.saved_filters, name="saved_filters"),
    path("filters/new/", saved_filters.saved_filter_new, name="saved_filter_new"),
    path("filters/<uuid:filter_id>/", saved_filters.saved_filter, name="saved_filter"),
    path(
        "filters/<uuid:filter_id>/delete/",
        saved_filters.saved_filter_delete,
        name="saved_filter_delete",
    ),
]
observing_pages = [
    path(
        "incidents/<ref:ref>/observations/new/", observing.observation_new, name="observation_new"
    ),
]
