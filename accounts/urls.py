"""Where the REST of accounts lies."""

from __future__ import annotations

from django.urls import path

from accounts.api import MemberViewSet, MeViewSet

urlpatterns = [
    path("me/", MeViewSet.as_view({"get": "retrieve"})),
    path("members/", MemberViewSet.as_view({"get": "list"})),
    path("members/<str:slug>/", MemberViewSet.as_view({"get": "retrieve"})),
]
