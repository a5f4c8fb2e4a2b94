"""Events: written with the change, kept as they are, placed once nothing older can appear."""

from __future__ import annotations

import threading
import time
from uuid import UUID

import pytest
from django.db import ProgrammingError, connection, transaction

from hub.kit.ids import uuid7
from hub.outbox.models import Event
from hub.outbox.services import PLACING_LOCK, place_events, record_event


def record(topic: str = "incident.published") -> Event:
    subject = uuid7()
    with transaction.atomic():
        return record_event(topic, subject_id=subject, stream_id=subject, version=1, mark="green")


def place_all(expected: int) -> int:
    """Place until so many have a position; what others have open in the same server holds it up."""
    placed, deadline = 0, time.monotonic() + 600
    while placed < expected and time.monotonic() < deadline:
        placed += place_events()
        time.sleep(0.02)
    return placed


def positions() -> dict[UUID, int | None]:
    return dict(Event.objects.values_list("pk", "position"))


@pytest.mark.django_db(transaction=True)
def test_an_event_needs_the_transaction_of_its_change() -> None:
    with pytest.raises(RuntimeError, match="needs the transaction"):
        record_event("x", subject_id=uuid7(), stream_id=uuid7(), version=1, mark="green")

    assert Event.objects.count() == 0


@pytest.mark.django_db
def test_events_are_never_changed_or_deleted() -> None:
    event = record("member.joined")

    with pytest.raises(ProgrammingError), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(mark="clear")
    with pytest.raises(ProgrammingError), transaction.atomic():
        event.delete()

    assert str(event) == f"member.joined evt_{event.pk.hex}"
    assert Event.objects.get().mark == "green"


@pytest.mark.django_db(transaction=True)
def test_positions_follow_the_order_of_transactions_and_are_given_once() -> None:
    events = [record() for _ in range(3)]

    placed, again = place_all(3), place_events()

    assert (placed, again) == (3, 0)
    assert [positions()[event.pk] for event in events] == [1, 2, 3]


@pytest.mark.django_db(transaction=True)
def test_what_is_not_committed_holds_back_what_came_after_it() -> None:
    opened, finish = threading.Event(), threading.Event()
    late: list[UUID] = []

    def write_slowly() -> None:
        try:
            with transaction.atomic():
                late.append(record().pk)
                opened.set()
                finish.wait(10)
        finally:
            connection.close()

    writer = threading.Thread(target=write_slowly)
    writer.start()
    opened.wait(10)
    early = record().pk

    held = place_events()
    finish.set()
    writer.join()
    placed = place_all(2)

    assert (held, placed) == (0, 2)
    assert positions() == {late[0]: 1, early: 2}


@pytest.mark.django_db(transaction=True)
def test_events_restored_from_another_server_are_placed_first() -> None:
    restored = record().pk
    Event.objects.filter(pk=restored).update(xid=2**62)
    here = record().pk

    placed = place_all(2)

    assert placed == 2
    assert positions() == {restored: 1, here: 2}


@pytest.mark.django_db(transaction=True)
def test_while_one_relay_places_another_places_nothing() -> None:
    record()
    locked, release = threading.Event(), threading.Event()

    def hold_the_lock() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PLACING_LOCK])
                locked.set()
                release.wait(10)
        finally:
            connection.close()

    other = threading.Thread(target=hold_the_lock)
    other.start()
    locked.wait(10)

    meanwhile = place_events()
    release.set()
    other.join()

    assert (meanwhile, place_all(1)) == (0, 1)
