"""Suggesting goes on rightly while others suggest, and quickly where much matches."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from hub.outbox.models import Chore, Event
from incidents.core.models import Citation, Incident
from incidents.crossrefs.models import CrossReference, Evidence, State
from incidents.crossrefs.services.deciding import accept_link
from incidents.crossrefs.services.suggesting import suggest_links
from incidents.crossrefs.tasks import suggest
from tests import make

SAID: dict[str, Any] = {
    "references": [{"url": "https://news.example.org/2024/cloned-voice"}],
    "script": "Stay at home on Tuesday and keep your vote for the election in November.",
}


def at_once(*works: Callable[[], object]) -> list[BaseException]:
    """Do these in threads with connections of their own; what they raised."""
    raised: list[BaseException] = []
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        try:
            barrier.wait()
            work()
        except BaseException as error:  # noqa: BLE001 - told to the test
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def suggesting(event_id: UUID) -> Callable[[], object]:
    return lambda: suggest_links(event_id)


@pytest.mark.django_db(transaction=True)
def test_incidents_that_match_each_other_and_are_published_at_once_are_linked_once() -> None:
    for _ in range(6):
        make.incident(**SAID)
    events = list(Chore.objects.values_list("event_id", flat=True))

    # Each chore twice: once by a worker, once by the relay that found it slow.
    raised = at_once(*(suggesting(pk) for pk in [*events, *events]))

    assert raised == []
    pairs = [frozenset(ends) for ends in links()]
    assert len(pairs) == len(set(pairs)) == 15
    assert Evidence.objects.count() == 30
    assert Event.objects.filter(topic="crossref.suggested").count() == 15
    assert Chore.objects.exists() is False


def links() -> list[tuple[UUID, UUID]]:
    return list(CrossReference.objects.values_list("from_incident_id", "to_incident_id"))


@pytest.mark.django_db(transaction=True)
def test_deciding_and_suggesting_at_once_do_not_wait_for_each_other_in_a_circle() -> None:
    lead = make.person(make.member())
    incidents = [make.incident(by=lead, **SAID) for _ in range(4)]
    make.suggestions()
    for incident in incidents:
        make.observation(incident, lead)
    events = list(Chore.objects.values_list("event_id", flat=True))
    suggested = list(CrossReference.objects.values_list("pk", flat=True))

    raised = at_once(
        *(suggesting(pk) for pk in events),
        *((lambda pk=pk: accept_link(link_id=pk, by=lead)) for pk in suggested),
    )

    assert raised == []
    assert set(CrossReference.objects.values_list("state", flat=True)) == {State.ACCEPTED}
    assert CrossReference.objects.count() == 6


def copies(of: Incident, number: int) -> None:
    """The same incident so many times more, with what it is found by."""
    made = []
    for _ in range(number):
        values = {field.attname: getattr(of, field.attname) for field in COPIED}
        made.append(Incident(**values))
    Incident.objects.bulk_create(made)
    Citation.objects.bulk_create(
        Citation(incident=one, canonical_url=reference["canonical_url"])
        for one in made
        for reference in one.references
    )


def newest() -> Incident:
    return Incident.objects.order_by("-published_at", "-pk")[0]


COPIED = [
    field
    for field in Incident._meta.concrete_fields
    if field.name not in {"id", "ref", "search", "created_at"}
]


@pytest.mark.django_db
def test_five_hundred_matches_take_a_moment() -> None:
    copies(make.incident(**SAID), 499)
    make.suggestions()
    make.incident(**SAID)
    event_id = Chore.objects.get().event_id

    began = time.monotonic()
    suggest(str(event_id))
    took = time.monotonic() - began

    assert CrossReference.objects.filter(from_incident=newest()).count() == 500
    assert Event.objects.filter(topic="crossref.suggested").count() == 499 + 500
    assert took < 10, took  # a second or two on an idle machine
