"""A selection that is written out holds what its query selects, wherever it is asked."""

from __future__ import annotations

from uuid import UUID

import pytest

from incidents.core.models import Incident, Observation
from incidents.core.selection import Selection
from tests import make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("ask", [Selection.holds, Selection.holds_any])
def test_it_holds_what_the_query_selects(ask: object) -> None:
    lead = make.person(make.member())
    urgent, other = (make.incident(by=lead, title=f"100% {one}") for one in ("urgent", "other"))
    seen = [make.observation(one, lead).pk for one in (urgent, other)]

    selected = Selection.of(Incident.objects.filter(title__startswith="100% u"))

    holding = Observation.objects.filter(ask(selected, "incident"))  # type: ignore[operator]
    lacking = Observation.objects.exclude(ask(selected, "incident"))  # type: ignore[operator]
    assert list(holding.values_list("pk", flat=True)) == seen[:1]
    assert list(lacking.values_list("pk", flat=True)) == seen[1:]


def test_it_may_be_of_the_rows_that_are_asked() -> None:
    one, other = make.incident(), make.incident()

    selected = Selection.of(Incident.objects.filter(pk=one.pk))

    assert set(Incident.objects.filter(selected.holds("pk"))) == {one}
    assert set(Incident.objects.exclude(selected.holds("pk"))) == {other}


def test_it_may_be_of_another_column_than_the_key() -> None:
    lead = make.person(make.member())
    seen, unseen = make.incident(by=lead), make.incident(by=lead)
    make.observation(seen, lead)

    selected = Selection.of(Observation.objects.all(), "incident")

    assert list(Incident.objects.filter(selected.holds("pk"))) == [seen]
    assert list(Incident.objects.exclude(selected.holds("pk"))) == [unseen]


def test_of_nothing_it_holds_nothing() -> None:
    incident = make.incident()

    selected = Selection.of(Incident.objects.filter(pk__in=list[UUID]()))

    assert list(Incident.objects.filter(selected.holds("pk"))) == []
    assert list(Incident.objects.exclude(selected.holds("pk"))) == [incident]
