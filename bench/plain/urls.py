"""The plain project's addresses."""

from __future__ import annotations

from django.urls import path

from bench.plain.api import FilingView
from bench.plain.reading import IncidentDetail, IncidentList

urlpatterns = [
    path("filings/", FilingView.as_view()),
    path("incidents/", IncidentList.as_view()),
    path("incidents/<str:ref>/", IncidentDetail.as_view(), name="incident"),
]
