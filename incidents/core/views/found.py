"""The incidents that a question finds, a page at a time, as the rows of a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

from django.http import QueryDict

from accounts.readers import Reader
from hub.api.pagination import CURSOR, Listing, Ordering, Page
from hub.api.parameters import check_parameters
from hub.api.suggestions import right_words, shown
from hub.kit.errors import InvalidInput
from incidents.core.filters import ASKED, IncidentFilter
from incidents.core.models import Incident, Status
from incidents.core.orderings import ORDERINGS
from incidents.core.views.questions import Question
from incidents.taxonomy.labels import labels_of

COLUMNS: Final = (
    "ref", "title", "status", "tlp", "severity", "stage", "media_kinds", "targets", "countries",
    "updated_at", "published_at", "withdrawn_at", "withdrawn_reason", "merged_into",
    "owner__slug", "owner__name",
)  # fmt: skip
"""What rows show; texts that would fill a page each stay where they are."""
NAMED: Final = 2
"""So many targets or countries are named in a row; of the others it says how many."""


def find(asked: QueryDict, *, by: Reader, path: str) -> Page[Incident]:
    """The page of the list that `normalised` parameters ask for.

    Raises InvalidInput, at the names of the parameters.
    """
    check_parameters(asked, known={*ASKED, CURSOR})
    question = Question.of(asked)
    ordering = _ordering(question.ordering)
    visible = Incident.objects.visible_to(by).select_related("owner").only(*COLUMNS)
    filters = question.asked
    if question.ref:  # no text has it, but whoever was told a ref looks for it here
        visible = visible.filter(ref=question.ref)
        filters = question.changed(q="").asked
    return Listing(
        queryset=IncidentFilter(filters, visible, reader=by).qs,
        ordering=ordering,
        path=path,
        parameters=asked,
        organisation=str(by.member.pk),
    ).page()


def _ordering(text: str) -> Ordering:
    name = text.removeprefix("-")
    if name not in ORDERINGS:
        raise InvalidInput(
            f"Lists cannot be ordered by {shown(name)}. {right_words(name, ORDERINGS)}",
            pointer="/ordering",
            code="invalid_ordering",
        )
    return Ordering(column=ORDERINGS[name], descending=text.startswith("-"))


@dataclass(frozen=True)
class Some:
    """A few names, and how many more there are."""

    names: list[str]
    more: int

    @classmethod
    def of(cls, names: list[str]) -> Self:
        return cls(names[:NAMED], len(names[NAMED:]))


@dataclass(frozen=True)
class Row:
    """An incident as the list shows it; of one that others withdrew, what is left of it."""

    ref: str
    status: str
    tlp: str
    owner: str
    published_at: datetime | None
    withdrawn_at: datetime | None = None
    withdrawn_reason: str = ""
    merged_into: str = ""
    is_tombstone: bool = False
    title: str = ""
    severity: str = ""
    stage: str = ""
    media: tuple[str, ...] = ()
    targets: Some | None = None
    countries: Some | None = None
    updated_at: datetime | None = None

    @classmethod
    def of(cls, incident: Incident, *, by: Reader, merged: Mapping[UUID, str]) -> Self:
        """`merged` are refs of incidents that others were merged into, as far as `by` sees them."""
        left: dict[str, Any] = {
            "ref": incident.ref,
            "status": incident.status,
            "tlp": incident.tlp,
            "owner": incident.owner.name,
            "published_at": incident.published_at,
            "withdrawn_at": incident.withdrawn_at,
            "withdrawn_reason": incident.withdrawn_reason,
            "merged_into": merged.get(incident.merged_into_id, "")
            if incident.merged_into_id
            else "",
        }
        if incident.status == Status.WITHDRAWN and incident.owner_id != by.member.pk:
            return cls(**left, is_tombstone=True)
        return cls(
            **left,
            title=incident.title,
            severity=incident.severity,
            stage=incident.stage,
            media=tuple(labels_of("media_kinds", incident.media_kinds)),
            targets=Some.of([target["name"] for target in incident.targets]),
            countries=Some.of(labels_of("countries", incident.countries)),
            updated_at=incident.updated_at,
        )
