"""The plain views over the hub's incidents: filters, search, pages by place, serializers."""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib.postgres.search import SearchQuery
from django.db.models import Case, QuerySet, SmallIntegerField, Value, When
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import filters, generics, pagination, serializers

from bench.plain.models import Incident

SEVERITIES = ("info", "low", "medium", "high", "critical")


class IncidentSerializer(serializers.ModelSerializer[Incident]):
    url = serializers.HyperlinkedIdentityField(view_name="incident", lookup_field="ref")
    owner = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)

    class Meta:
        model = Incident
        exclude = ["id", "search"]


class AnyOf(django_filters.BaseInFilter, django_filters.CharFilter):
    """Values parted by commas, any of which fits."""


class IncidentFilter(django_filters.FilterSet):
    severity = AnyOf(lookup_expr="in")
    country = AnyOf(field_name="countries", lookup_expr="overlap")
    harm = AnyOf(field_name="harms", lookup_expr="overlap")
    q = django_filters.CharFilter(method="search")

    class Meta:
        model = Incident
        fields = ["severity", "country", "harm", "q"]

    def search(self, queryset: QuerySet[Incident], name: str, value: str) -> QuerySet[Incident]:
        """All of the words, as PostgreSQL's documentation does it."""
        return queryset.filter(search=SearchQuery(value, config="simple", search_type="websearch"))


class IncidentPages(pagination.CursorPagination):
    page_size = 50
    ordering = ("-updated_at", "-id")


class SeverityOrdering(filters.OrderingFilter):
    """`ordering=-severity` is by rank, not by the alphabet."""

    def get_ordering(self, request: Any, queryset: Any, view: Any) -> Any:
        if request.query_params.get(self.ordering_param) == "-severity":
            return ("-severity_rank", "-id")
        return IncidentPages.ordering


def shown() -> QuerySet[Incident]:
    whens = [When(severity=name, then=Value(rank)) for rank, name in enumerate(SEVERITIES)]
    rank = Case(*whens, output_field=SmallIntegerField())
    incidents = Incident.objects.select_related("owner").defer("search")
    listed: QuerySet[Incident] = incidents.exclude(status="withdrawn").annotate(severity_rank=rank)
    return listed


class IncidentList(generics.ListAPIView[Incident]):
    queryset = shown()
    serializer_class = IncidentSerializer
    pagination_class = IncidentPages
    filter_backends = [DjangoFilterBackend, SeverityOrdering]
    filterset_class = IncidentFilter


class IncidentDetail(generics.RetrieveAPIView[Incident]):
    queryset = shown()
    serializer_class = IncidentSerializer
    lookup_field = "ref"
