"""Chores: what else is to be done about an event, once."""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from hub.kit.ids import uuid7
from hub.outbox.models import Chore, Event, EventRecipient
from hub.outbox.services import Taken, record_event, take_chore, take_noted_chore

CONSUMERS = ["some.consumer", "another.consumer"]


@pytest.fixture(autouse=True)
def two_consumers(settings: Settings) -> None:
    settings.HUB_CHORES = {"member.joined": CONSUMERS}


def record(
    topic: str = "member.joined", *, recipients: list[UUID] | None = None, note: Any = None
) -> Event:
    subject = uuid7()
    with transaction.atomic():
        return record_event(
            topic,
            subject_id=subject,
            stream_id=subject,
            version=1,
            mark="clear",
            recipients=recipients,
            note=note,
        )


@pytest.mark.django_db
def test_an_event_asks_each_of_its_consumers_for_a_chore() -> None:
    event, other = record(), record("member.left")

    assert [str(chore) for chore in event.chores.order_by("pk")] == [
        f"{consumer} of {event.pk}" for consumer in CONSUMERS
    ]
    assert other.chores.exists() is False


@pytest.mark.django_db
def test_a_chore_is_taken_once_and_leaves_the_others() -> None:
    event = record()

    taken = [take_chore(event.pk, "some.consumer") for _ in range(2)]

    assert taken == [event, None]
    assert list(event.chores.values_list("consumer", flat=True)) == ["another.consumer"]
    assert take_chore(uuid4(), "some.consumer") is None


@pytest.mark.django_db
def test_a_note_is_read_by_each_consumer_and_by_nobody_else() -> None:
    event = record(note=["Jane Example"])
    kept = [bytes(note) for note in Chore.objects.values_list("note", flat=True) if note]

    taken = [take_noted_chore(event.pk, consumer) for consumer in CONSUMERS]

    assert taken == [Taken(event, ["Jane Example"])] * 2
    assert len(kept) == 2
    assert not any(b"Jane" in note for note in kept)
    assert Chore.objects.exists() is False


@pytest.mark.django_db
def test_without_a_note_there_is_none() -> None:
    event = record()

    assert take_noted_chore(event.pk, "some.consumer") == Taken(event, None)
    assert take_noted_chore(event.pk, "some.consumer") is None


@pytest.mark.django_db
def test_a_chore_that_fails_is_there_to_be_taken_again() -> None:
    event = record()

    with transaction.atomic():
        take_chore(event.pk, "some.consumer")
        transaction.set_rollback(True)

    assert Chore.objects.filter(event=event).count() == 2
    assert take_chore(event.pk, "some.consumer") == event


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_a_chore_at_once_one_goes_on_without_waiting() -> None:
    event = record()
    taken, release = threading.Event(), threading.Event()

    def take_slowly() -> None:
        try:
            with transaction.atomic():
                take_chore(event.pk, "some.consumer")
                taken.set()
                release.wait(10)
        finally:
            connection.close()

    first = threading.Thread(target=take_slowly)
    first.start()
    taken.wait(10)
    with transaction.atomic():
        second = take_chore(event.pk, "some.consumer")
    release.set()
    first.join()

    assert second is None
    assert Chore.objects.filter(event=event).count() == 1


@pytest.mark.django_db
def test_an_addressed_event_names_whom_it_is_for() -> None:
    member_id = uuid4()
    event = record(recipients=[member_id])

    assert [str(one) for one in EventRecipient.objects.all()] == [f"{event.pk} to {member_id}"]
    assert event.is_directed is True
