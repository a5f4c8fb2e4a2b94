"""Incidents of a release that had no index for something are found by it, once they are indexed."""

from __future__ import annotations

import pytest

from hub.kit.provisioning import answer_of
from incidents.core.models import Incident
from incidents.core.taggings import Tagging
from incidents.crossrefs.models import Caller, CrossReference, ScriptBand
from incidents.crossrefs.services import reindexing
from tests import make

pytestmark = pytest.mark.django_db

SCRIPT = "Stay at home on Tuesday and keep your vote for the election in November."
CHANGED = "Stay home this Tuesday and keep your vote for the elections in November!"
CALL = {"phone": {"number": "+1 603 555 0100"}, "platform": "Telephone"}


def forget_indexes() -> None:
    """Leave the database as a release without them would have."""
    for model in (Tagging, Caller, ScriptBand):
        model.objects.all().delete()


def rows() -> tuple[list[object], ...]:
    return (
        list(Tagging.objects.order_by("tag").values_list("incident", "tag", "folded", "open_to")),
        list(Caller.objects.order_by("pk").values_list("observation", "number_hash")),
        list(
            ScriptBand.objects.order_by("incident", "band").values_list("incident", "band", "key")
        ),
    )


def test_what_was_filed_before_gets_the_rows_that_it_would_have_today() -> None:
    make.incident(script=SCRIPT, tags=['tag:"Vóice"', 'tag:"robocall"'], observations=[CALL])
    make.incident(tlp="clear", tags=['tag:"clear"'])
    make.draft(script=SCRIPT, tags=['tag:"draft"'])
    make.suggestions()
    expected = rows()
    forget_indexes()

    answers = [answer_of("reindex") for _ in range(2)]

    assert answers == [{"tags": 3, "links": 1}, {"tags": 0, "links": 0}]
    assert rows() == expected
    assert [len(found) for found in expected] == [4, 1, 24]


def test_what_is_new_is_linked_with_what_was_filed_before() -> None:
    old = make.incident(script=SCRIPT)
    make.suggestions()
    forget_indexes()
    answer_of("reindex")

    new = make.incident(script=CHANGED)
    make.suggestions()

    link = CrossReference.objects.get()
    assert (link.from_incident_id, link.to_incident_id) == (new.pk, old.pk)


def test_it_goes_on_where_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reindexing, "BATCH", 1)
    monkeypatch.setattr("incidents.core.services.reindexing.BATCH", 1)
    made = [make.incident(script=SCRIPT, tags=['tag:"a"']) for _ in range(3)]
    make.suggestions()
    ScriptBand.objects.filter(incident=made[1]).delete()
    Tagging.objects.exclude(incident=made[0]).delete()

    answer = answer_of("reindex")

    assert answer == {"tags": 2, "links": 1}
    assert Tagging.objects.count() == 3
    assert ScriptBand.objects.values("incident").distinct().count() == 3


def test_a_script_of_too_few_letters_is_no_work() -> None:
    make.incident(script="? " * 40)
    make.suggestions()

    assert answer_of("reindex") == {"tags": 0, "links": 0}
    assert Incident.objects.count() == 1
