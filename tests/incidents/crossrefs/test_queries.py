"""What reading links asks of the database: the same, whatever there is to read or to hide."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import Member
from accounts.readers import Reader
from hub.kit.ids import uuid7
from hub.outbox.models import Event
from hub.outbox.services import place_events
from incidents.core.models import Incident
from incidents.crossrefs.models import CrossReference, Evidence, Origin
from tests import make
from tests.conftest import Login

pytestmark = pytest.mark.django_db

EVENTS = "/api/v1/events/"
CALL = {"phone": {"number": "+16035550100"}}


def queries(client: APIClient, path: str) -> int:
    """How many a request takes, once the first has noted that the token is in use."""
    client.get("/api/v1/me/")
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    return len(captured)


def suggest(
    one: Incident, other: Incident, by: Reader, *, to: Member | None = None
) -> CrossReference:
    """A suggestion that rests on observations, for all who see both ends or for one member."""
    audience = {"tlp": "amber", "audiences": make.audience(to)} if to else {}
    seen = [make.observation(end, by, **CALL, **audience) for end in (one, other)]
    link = CrossReference.objects.create(
        from_incident=one, to_incident=other, type="same_campaign", origin=Origin.PHONE,
        basis=str(seen[0].pk), score=0.9,
    )  # fmt: skip
    Evidence.objects.create(
        crossref=link, origin=Origin.PHONE, subject="0100", score=0.9,
        from_observation=seen[0], to_observation=seen[1],
    )  # fmt: skip
    return link


def test_a_list_takes_the_same_queries_whatever_speaks_for_its_links(as_token: Login) -> None:
    lead, reader, another = make.person(make.member()), make.member(), make.member()
    centre = make.incident(by=lead)
    client, path = as_token(reader), f"/api/v1/incidents/{centre.ref}/crossrefs/"
    suggest(centre, make.incident(by=lead), lead)
    with_one = queries(client, path)

    for to in (None, reader, another, another):
        suggest(centre, make.incident(by=lead), lead, to=to)
    make.link(centre, make.incident(by=lead, tlp="amber", shared_with=[another]), lead)

    assert len(client.get(path).json()["results"]) == 3
    assert queries(client, path) == with_one


def test_a_list_takes_the_same_queries_where_all_is_hidden_as_where_nothing_is(
    as_token: Login,
) -> None:
    lead, another = make.person(make.member()), make.member()
    centre = make.incident(by=lead)
    client, path = as_token(make.member()), f"/api/v1/incidents/{centre.ref}/crossrefs/"
    of_nothing = queries(client, path)

    for _ in range(3):
        suggest(centre, make.incident(by=lead), lead, to=another)

    assert client.get(path).json()["results"] == []
    assert queries(client, path) == of_nothing


def test_a_hidden_link_takes_the_same_queries_as_one_that_never_was(as_token: Login) -> None:
    lead, another = make.person(make.member()), make.member()
    ends = make.incident(by=lead), make.incident(by=lead)
    hidden = suggest(*ends, lead, to=another)
    client = as_token(make.member())

    taken = {queries(client, f"/api/v1/crossrefs/{pk}/") for pk in (hidden.pk, uuid7())}

    assert len(taken) == 1
    assert client.get(f"/api/v1/crossrefs/{hidden.pk}/").status_code == 404


@pytest.mark.parametrize("query", ["", "?topics=crossref.accepted", "?limit=1", "?own=true"])
def test_the_feed_takes_the_same_queries_whatever_stands_in_it_or_is_hidden(
    as_token: Login, query: str
) -> None:
    lead, another = make.person(make.member()), make.member()
    client = as_token(make.member())
    _happen(lead, another)
    client.get(EVENTS)  # what is shown for the first time is noted
    with_few = queries(client, EVENTS + query)

    for _ in range(3):
        _happen(lead, another)
    client.get(EVENTS)

    assert queries(client, EVENTS + query) == with_few


def _happen(lead: Reader, another: Member) -> None:
    """Something of each kind for all to see, and something for one other member."""
    one, other = make.incident(by=lead), make.incident(by=lead)
    hidden = make.incident(by=lead, tlp="amber", shared_with=[another])
    make.observation(one, lead)
    make.observation(one, lead, tlp="amber", audiences=make.audience(another))
    make.link(one, other, lead)
    make.link(one, hidden, lead)
    # The transaction of the test is still open: what it wrote counts as committed long ago.
    Event.objects.filter(position=None).update(xid=0)
    place_events()
