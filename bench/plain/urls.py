"""The plain project's one address."""

from __future__ import annotations

from django.urls import path

from bench.plain.api import FilingView

urlpatterns = [path("filings/", FilingView.as_view())]
