"""The orders of the incident list, and the indexes that its orders and filters are served by."""

from __future__ import annotations

import datetime as dt
from typing import Final, TypeVar

from django.contrib.postgres.indexes import GinIndex
from django.db.models import (
    Case,
    DateTimeField,
    F,
    Index,
    Model,
    Q,
    QuerySet,
    SmallIntegerField,
    Value,
    When,
)
from django.db.models.functions import Coalesce

RowT = TypeVar("RowT", bound=Model)

SEVERITIES: Final = ("info", "low", "medium", "high", "critical")
"""In their order, lowest first."""
BEFORE_ALL: Final = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)
"""Where a draft stands among the days of publication."""


def severity_rank() -> Case:
    """0 for info, rising to 4 for critical; on rows of Incident."""
    whens = [When(severity=name, then=Value(rank)) for rank, name in enumerate(SEVERITIES)]
    return Case(*whens, output_field=SmallIntegerField())


def publication() -> Coalesce:
    """When it was published, and for a draft a moment before all; on rows of Incident."""
    before_all = Value(BEFORE_ALL, output_field=DateTimeField())
    return Coalesce(F("published_at"), before_all, output_field=DateTimeField())


LIST_INDEXES: Final = [
    Index(fields=["-updated_at", "-id"], name="incident_newest"),
    Index(publication().desc(), F("id").desc(), name="incident_publication"),
    Index(severity_rank().desc(), F("id").desc(), name="incident_severity_rank"),
    Index(fields=["owner", "-updated_at", "-id"], name="incident_owner"),
    Index(fields=["severity", "-updated_at", "-id"], name="incident_severity"),
    # Red is read by few, and by no token.
    Index(fields=["-updated_at", "-id"], name="incident_red", condition=Q(tlp="red")),
    # Few incidents are drafts or withdrawn, and whoever asks for these may read few of them.
    Index(
        fields=["status", "-updated_at", "-id"],
        name="incident_not_published",
        condition=~Q(status="published"),
    ),
    # Most incidents have not been assessed.
    Index(
        fields=["authenticity", "-updated_at", "-id"],
        name="incident_assessed",
        condition=~Q(authenticity="undetermined"),
    ),
    GinIndex(fields=["tags"], name="incident_tags"),
    GinIndex(
        fields=[
            "readers", "media_kinds", "manipulation", "goals", "harms", "countries", "languages",
            "elections",
        ],
        name="incident_values",
    ),
    # The words of the latest incidents wait in a list that every search reads, so it is short.
    # Who may read stands beside what is looked for, or PostgreSQL would read all of it to compare.
    GinIndex(fields=["search", "readers"], name="incident_search", gin_pending_list_limit=512),
]  # fmt: skip

ORDERINGS: Final = {
    "updated_at": "updated_at",
    "published_at": "publication",
    "severity": "severity_rank",
}
"""What the list can be ordered by, and the column or annotation behind each."""
ON_TOMBSTONES: Final = frozenset({"updated_at", "published_at"})
"""Orders that tell nothing of a withdrawn incident that is not shown of it."""


def with_column_of(queryset: QuerySet[RowT], ordering: str) -> QuerySet[RowT]:
    """The incidents with what orders them so, where that is no column of theirs."""
    made = {"published_at": publication, "severity": severity_rank}.get(ordering)
    return queryset.annotate(**{ORDERINGS[ordering]: made()}) if made else queryset
