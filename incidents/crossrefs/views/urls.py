"""Where the pages of cross-references lie."""

from __future__ import annotations

from django.urls import path

from hub.web import refs  # noqa: F401 - makes <ref:…> known
from incidents.crossrefs.views import duplicates, linking

duplicates_pages = [
    path("incidents/duplicates/", duplicates.incident_duplicates, name="incident_duplicates"),
]
linking_pages = [
    path("incidents/<ref:ref>/links/new/", linking.crossref_new, name="crossref_new"),
    path("links/<uuid:link_id>/accept/", linking.crossref_accept, name="crossref_accept"),
    path("links/<uuid:link_id>/reject/", linking.crossref_reject, name="crossref_reject"),
    path("links/<uuid:link_id>/delete/", linking.crossref_delete, name="crossref_delete"),
]
