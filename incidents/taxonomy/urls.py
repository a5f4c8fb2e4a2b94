"""Where the REST of the taxonomy lies."""

from __future__ import annotations

from django.urls import path

from incidents.taxonomy.api import ElectionViewSet

urlpatterns = [path("elections/", ElectionViewSet.as_view({"get": "list"}))]
