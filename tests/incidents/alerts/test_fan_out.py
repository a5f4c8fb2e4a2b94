"""Who is owed an event."""

from __future__ import annotations

import random
import threading
import time
from uuid import uuid4

import pytest
from django.db import connection, transaction

from accounts.models import Member, MemberKind, MemberStatus
from accounts.services.members import change_member_status, create_member
from hub.outbox.models import Event
from hub.outbox.services import record_event
from incidents.alerts.balance import balance
from incidents.alerts.models import Delivery
from incidents.alerts.services.endpoints import delete_endpoint, disable_endpoint
from incidents.alerts.services.fan_out import fan_out
from incidents.alerts.when_seen import while_in_sight, with_sight_at
from incidents.core.services.filing import withdraw_incident
from tests import alerting, make

pytestmark = pytest.mark.django_db


def owed() -> set[tuple[str, str]]:
    return set(Delivery.objects.values_list("topic", "endpoint__member__slug"))


def test_a_green_incident_is_owed_to_the_community_but_not_to_who_filed_it() -> None:
    acme, birch = make.member("acme"), make.member("birch")
    observer = make.member("observer", kind=MemberKind.REGULATOR)
    suspended = make.member("suspended", status=MemberStatus.SUSPENDED)
    for member in (acme, birch, observer, suspended):
        alerting.endpoint(member)
    make.incident(acme, tlp="green")

    made = alerting.fan_out_all()

    assert made == 1
    assert owed() == {("incident.published", "birch")}


def test_an_amber_incident_is_owed_to_whom_it_names() -> None:
    acme, birch, cedar = make.member("acme"), make.member("birch"), make.member("cedar")
    for member in (acme, birch, cedar):
        alerting.endpoint(member)
    make.incident(acme, tlp="amber", shared_with=[cedar])

    alerting.fan_out_all()

    assert owed() == {("incident.published", "cedar")}


def test_a_red_incident_is_owed_to_nobody() -> None:
    acme, birch = make.member("acme"), make.member("birch")
    alerting.endpoint(birch)
    make.incident(acme, tlp="red", shared_with=[make.user(birch)])

    assert alerting.fan_out_all() == 0
    assert Event.objects.get().recipients == 0


def test_every_endpoint_is_owed_an_event_that_wants_its_topic_and_was_there() -> None:
    acme, birch = make.member(), make.member()
    everything = alerting.endpoint(birch)
    published = alerting.endpoint(birch, topics=["incident.published"])
    other = alerting.endpoint(birch, topics=["incident.withdrawn", "member.joined"])
    disabled = alerting.endpoint(birch)
    disable_endpoint(endpoint_id=disabled.pk, reason="test")
    deleted = alerting.endpoint(birch)
    delete_endpoint(endpoint_id=deleted.pk, by=make.system(birch).actor)
    Event.objects.update(fanned_out_at=None)
    make.incident(acme)
    too_late = alerting.endpoint(birch)

    alerting.fan_out_all()

    assert alerting.states(everything) == [
        ("endpoint.disabled", "pending"),
        ("incident.published", "pending"),
    ]
    assert alerting.states(published) == [("incident.published", "pending")]
    assert [alerting.states(one) for one in (other, disabled, deleted, too_late)] == [[]] * 4


def test_an_observation_is_owed_to_those_who_may_read_it() -> None:
    acme, birch, cedar = make.member("acme"), make.member("birch"), make.member("cedar")
    incident = make.incident(acme, tlp="green")
    alerting.fan_out_all()
    for member in (acme, birch, cedar):
        alerting.endpoint(member)
    make.observation(incident, make.person(birch), tlp="amber", audiences=make.audience(cedar))

    alerting.fan_out_all()

    assert owed() == {("observation.added", "acme"), ("observation.added", "cedar")}


def test_those_who_lose_sight_and_those_who_gain_it_are_told_so() -> None:
    acme, birch, cedar = make.member("acme"), make.member("birch"), make.member("cedar")
    lead = make.person(acme)
    incident = make.incident(by=lead, tlp="amber", shared_with=[birch])
    alerting.fan_out_all()
    for member in (acme, birch, cedar):
        alerting.endpoint(member)
    alerting.change(incident, lead, audiences=make.audience(cedar))

    alerting.fan_out_all()

    assert owed() == {("incident.revoked", "birch"), ("incident.granted", "cedar")}


def test_what_was_late_is_not_owed_to_those_who_gained_sight_meanwhile() -> None:
    acme, birch, cedar = make.member("acme"), make.member("birch"), make.member("cedar")
    lead = make.person(acme)
    for member in (birch, cedar):
        alerting.endpoint(member)
    incident = make.incident(by=lead, tlp="amber", shared_with=[birch])
    make.observation(incident, lead)
    alerting.change(incident, lead, audiences=make.audience(birch, cedar))
    make.observation(incident, lead)

    alerting.fan_out_all()

    rows = Delivery.objects.values_list("endpoint__member__slug", "topic").order_by("event_id")
    assert [topic for slug, topic in rows if slug == "cedar"] == [
        "incident.granted",
        "observation.added",
    ]
    assert [topic for slug, topic in rows if slug == "birch"] == [
        "incident.published",
        "observation.added",
        "observation.added",
    ]


@pytest.mark.parametrize("seed", range(5))
def test_feed_and_fan_out_agree_on_who_could_see_an_incident_when(seed: int) -> None:
    chance = random.Random(seed)
    lead, readers = make.person(make.member()), [make.member() for _ in range(3)]
    incident = make.incident(by=lead, tlp="amber", shared_with=readers[:1])
    for _ in range(6):
        chosen = [one for one in readers if chance.random() < 0.5] or [make.member()]
        alerting.change(incident, lead, audiences=make.audience(*chosen))
        make.observation(incident, lead)
    events = Event.objects.filter(topic="observation.added")

    by_event = {
        (event.pk, member.pk)
        for event in events
        for member in with_sight_at(
            event,
            Member.objects.filter(pk__in=[m.pk for m in readers]),
            incident_id=incident.pk,
        )
    }
    by_member = {
        (event.pk, member.pk) for member in readers for event in while_in_sight(events, member)
    }

    assert by_event == by_member
    assert 0 < len(by_event) < len(readers) * events.count()


def test_a_withdrawal_is_owed_to_all_who_could_read_the_incident() -> None:
    acme, birch = make.member("acme"), make.member("birch")
    lead = make.person(acme)
    incident = make.incident(by=lead)
    alerting.fan_out_all()
    for member in (acme, birch):
        alerting.endpoint(member)
    withdraw_incident(incident_id=incident.pk, reason="It was genuine.", by=lead)

    alerting.fan_out_all()

    assert owed() == {("incident.withdrawn", "birch")}


def test_members_hear_of_members_that_join_and_leave() -> None:
    birch = make.member("birch")
    alerting.endpoint(birch)
    cedar = create_member(slug="cedar", name="Cedar")
    alerting.endpoint(cedar)
    change_member_status(member_id=cedar.pk, status=MemberStatus.LEFT)

    alerting.fan_out_all()

    assert owed() == {("member.joined", "birch"), ("member.left", "birch")}


def test_fanning_out_twice_owes_once() -> None:
    acme, birch = make.member(), make.member()
    alerting.endpoint(birch)
    make.incident(acme)
    event = Event.objects.get()

    assert fan_out(event.pk) == 1
    assert fan_out(event.pk) == 0
    event.refresh_from_db()
    assert event.recipients == 1
    assert event.fanned_out_at is not None
    assert Delivery.objects.count() == 1


def test_what_was_half_done_by_hand_is_completed_without_a_second_row() -> None:
    acme, birch = make.member(), make.member()
    alerting.endpoint(birch)
    alerting.endpoint(birch)
    make.incident(acme)
    event = Event.objects.get()
    fan_out(event.pk)
    Delivery.objects.order_by("pk")[:1].get().delete()
    Event.objects.update(fanned_out_at=None, recipients=None)

    assert fan_out(event.pk) == 1
    assert Delivery.objects.count() == 2


@pytest.mark.parametrize("topic", ["incident.published", "observation.added", "weather.changed"])
def test_an_event_about_nothing_that_is_there_is_owed_to_nobody(topic: str) -> None:
    alerting.endpoint(make.member())
    with transaction.atomic():
        event = record_event(topic, subject_id=uuid4(), stream_id=uuid4(), version=1, mark="green")

    assert fan_out(event.pk) == 0
    event.refresh_from_db()
    assert event.recipients == 0


def test_an_unknown_event_is_no_error() -> None:
    assert fan_out(uuid4()) == 0


def test_the_balance_counts_every_delivery_and_every_fan_out_that_waits() -> None:
    acme, birch = make.member(), make.member()
    alerting.endpoint(birch)
    alerting.endpoint(birch)
    make.incident(acme)
    alerting.fan_out_all()
    make.incident(acme)
    alerting.send_all()

    counted = balance()

    assert counted.fan_outs_waiting == 1
    assert counted.emitted == 2
    assert counted.states == {
        "pending": 0, "leased": 0, "ok": 2, "dead": 0, "cancelled": 0, "superseded": 0,
    }  # fmt: skip
    assert counted.is_even is True


def test_a_delivery_that_disappears_unbalances_the_books() -> None:
    acme, birch = make.member(), make.member()
    alerting.endpoint(birch)
    make.incident(acme)
    alerting.fan_out_all()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM alerts_delivery")

    assert balance().is_even is False


@pytest.mark.django_db(transaction=True)
def test_an_event_that_gets_its_position_at_this_moment_is_fanned_out_all_the_same() -> None:
    alerting.endpoint(make.member("birch"))
    event = Event.objects.get(subject_id=make.incident().pk)
    is_held = threading.Event()

    def give_position() -> None:
        with transaction.atomic():
            Event.objects.filter(pk=event.pk).update(position=1)
            is_held.set()
            time.sleep(0.3)
        connection.close()

    relay = threading.Thread(target=give_position)
    relay.start()
    is_held.wait()
    owed_now = fan_out(event.pk)
    relay.join()

    event.refresh_from_db()
    assert owed_now == 1
    assert (event.position, event.recipients) == (1, 1)
