"""The filters of the incident list."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet

from accounts.readers import Reader
from hub.api.suggestions import right_words, shown
from hub.kit.errors import InvalidInput
from incidents.core.models import Incident, Severity, Status
from incidents.sharing.marks import Tlp


class OneOfSeveral(django_filters.BaseInFilter, django_filters.CharFilter):
    """Values parted by commas, any of which fits; `known` ones only, if there is a list."""

    def __init__(self, *, known: list[str] | None = None, **options: Any) -> None:
        super().__init__(lookup_expr="in", **options)
        self.known = known

    def filter(self, qs: QuerySet[Incident], value: list[str] | None) -> QuerySet[Incident]:
        for text in value or []:
            if self.known is not None and text not in self.known:
                name = self.field_name
                detail = f"{shown(text)} is no {name}. {right_words(text, self.known)}"
                raise InvalidInput(detail, pointer=f"/{name}", code="unknown_value")
        filtered: QuerySet[Incident] = super().filter(qs, value)
        return filtered


class IncidentFilter(django_filters.FilterSet):
    """Withdrawn incidents stand in the list only when their status is asked for.

    Of those of others only what a tombstone shows can be asked for: a filter on anything else would
    tell what was taken back.
    """

    status = OneOfSeveral(known=Status.values)
    tlp = OneOfSeveral(known=Tlp.values)
    severity = OneOfSeveral(known=Severity.values)
    owner = OneOfSeveral(field_name="owner__slug")

    ON_TOMBSTONES = frozenset({"status", "tlp", "owner"})

    class Meta:
        model = Incident
        fields = ["status", "tlp", "severity", "owner"]

    def __init__(self, *given: Any, reader: Reader) -> None:
        super().__init__(*given)
        self.reader = reader

    def filter_queryset(self, queryset: QuerySet[Incident]) -> QuerySet[Incident]:
        filtered: QuerySet[Incident] = super().filter_queryset(queryset)
        asked = {name for name, value in self.form.cleaned_data.items() if value}
        if "status" not in asked:
            return filtered.exclude(status=Status.WITHDRAWN)
        if asked - self.ON_TOMBSTONES:
            own = Q(owner=self.reader.member)
            filtered = filtered.filter(~Q(status=Status.WITHDRAWN) | own)
        return filtered


WORDS = {
    "status": "draft, published, withdrawn; several by comma; withdrawn ones only when named",
    "tlp": "marks, several by comma",
    "severity": "severities, several by comma",
    "owner": "slugs of organisations, several by comma",
}
"""What each filter takes, for the documentation of the API."""
