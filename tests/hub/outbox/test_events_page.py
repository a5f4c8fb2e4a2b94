"""The list of events that operators look through."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.test import Client

from hub.kit.ids import uuid7
from hub.outbox.models import Event
from hub.outbox.services import record_event
from tests.operating import operating

pytestmark = pytest.mark.django_db

PAGE = "/admin/outbox/event/"


@pytest.fixture
def client() -> Client:
    return operating()


def record(topic: str) -> Event:
    subject = uuid7()
    with transaction.atomic():
        return record_event(topic, subject_id=subject, stream_id=subject, version=1, mark="clear")


def found(client: Client, **asked: str) -> str:
    answer = client.get(PAGE, asked)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("spelt", ["public", "plain", "of the stream"])
def test_an_event_is_found_by_its_id_and_by_its_stream(client: Client, spelt: str) -> None:
    event, other = record("member.joined"), record("member.joined")
    ids = {
        "public": f" {event.public_id} ",
        "plain": str(event.pk),
        "of the stream": str(event.stream_id),
    }

    page = found(client, id=ids[spelt])

    assert event.public_id in page
    assert other.public_id not in page


def test_what_is_no_id_is_refused_in_words(client: Client) -> None:
    record("member.joined")

    answer = client.get(PAGE, {"id": "evt_none"})

    assert "This is no id: evt_… or a UUID." in answer.content.decode()


def test_events_are_narrowed_by_topic(client: Client) -> None:
    joined, left = record("member.joined"), record("member.left")

    page = found(client, topic="member.left")

    assert left.public_id in page
    assert joined.public_id not in page


def test_what_still_waits_is_found(client: Client) -> None:
    done, waiting = record("member.joined"), record("member.joined")
    Event.objects.filter(pk=done.pk).update(
        fanned_out_at=done.recorded_at, recipients=0, position=1
    )

    pages = [found(client, waits=what) for what in ("fan-out", "place")]

    assert [waiting.public_id in page for page in pages] == [True, True]
    assert [done.public_id in page for page in pages] == [False, False]
