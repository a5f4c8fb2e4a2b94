"""Retrying and cancelling of deliveries by operators, and what it leaves as it was."""

from __future__ import annotations

import pytest

from accounts.models import Member
from accounts.readers import Reader
from hub.audit.models import AuditEntry
from hub.kit.errors import Conflict
from incidents.alerts.balance import balance
from incidents.alerts.engine.retries import LAST_ATTEMPT
from incidents.alerts.lag import lag
from incidents.alerts.models import Delivery, DeliveryState
from incidents.alerts.services.deliveries import cancel_delivery, retry_delivery
from incidents.alerts.services.endpoints import disable_endpoint
from incidents.core.services.filing import withdraw_incident
from incidents.sharing.marks import Tlp
from tests import alerting, make

pytestmark = pytest.mark.django_db


def failed(times: int = 1) -> Delivery:
    """The one delivery there is, after so many attempts that were refused."""
    for _ in range(times):
        alerting.send_all(status=500)
        alerting.let_pass(days=2)
    return Delivery.objects.get()


def test_what_waits_for_its_next_try_is_tried_at_once(lead: Reader, birch: Member) -> None:
    alerting.endpoint(birch)
    make.incident(by=lead)
    alerting.fan_out_all()
    alerting.send_all(status=500)
    assert alerting.send_all() == []

    retry_delivery(delivery_id=Delivery.objects.get().pk)

    (sent,) = alerting.send_all()
    assert sent.number == 2
    assert Delivery.objects.get().state == DeliveryState.OK


def test_what_was_given_up_is_tried_once_more_with_the_same_bytes(
    lead: Reader, birch: Member
) -> None:
    alerting.endpoint(birch)
    make.incident(by=lead)
    alerting.fan_out_all()
    dead = failed(LAST_ATTEMPT)
    assert (dead.state, dead.attempt_no) == (DeliveryState.DEAD, LAST_ATTEMPT)

    retry_delivery(delivery_id=dead.pk)
    (sent,) = alerting.send_all(status=500)

    again = Delivery.objects.get()
    assert (sent.number, sent.body) == (LAST_ATTEMPT, dead.body)
    assert (again.state, again.sequence) == (DeliveryState.DEAD, dead.sequence)
    assert again.attempts.count() == LAST_ATTEMPT + 1
    retry_delivery(delivery_id=dead.pk)
    alerting.send_all()
    assert Delivery.objects.get().state == DeliveryState.OK
    assert balance().is_even
    kept = AuditEntry.objects.filter(action="delivery.retry")
    assert [one.detail["was"] for one in kept] == ["dead", "dead"]


def test_an_older_one_never_follows_a_newer_one(lead: Reader, birch: Member) -> None:
    alerting.endpoint(birch)
    incident = make.incident(by=lead)
    alerting.fan_out_all()
    dead = failed(LAST_ATTEMPT)
    alerting.change(incident, lead, title="Another")
    alerting.fan_out_all()
    alerting.send_all()

    with pytest.raises(Conflict, match="Something newer"):
        retry_delivery(delivery_id=dead.pk)

    dead.refresh_from_db()
    assert dead.state == DeliveryState.DEAD
    assert AuditEntry.objects.filter(action="delivery.retry").exists() is False


def test_who_may_not_read_it_any_more_does_not_get_it_by_a_retry(
    lead: Reader, birch: Member
) -> None:
    alerting.endpoint(birch, topics=["incident.published"])
    incident = make.incident(by=lead)
    alerting.fan_out_all()
    dead = failed(LAST_ATTEMPT)
    withdraw_incident(incident_id=incident.pk, reason="Satire.", by=lead)

    retry_delivery(delivery_id=dead.pk)

    assert alerting.send_all() == []
    assert Delivery.objects.get().state == DeliveryState.CANCELLED


@pytest.mark.parametrize("change", [retry_delivery, cancel_delivery])
def test_what_is_done_stays_done(lead: Reader, birch: Member, change: object) -> None:
    alerting.endpoint(birch)
    make.incident(by=lead)
    alerting.fan_out_all()
    alerting.send_all()

    with pytest.raises(Conflict, match="delivered"):
        change(delivery_id=Delivery.objects.get().pk)  # type: ignore[operator] # a function

    assert Delivery.objects.get().state == DeliveryState.OK


@pytest.mark.parametrize("change", [retry_delivery, cancel_delivery])
def test_what_is_being_posted_ends_as_it_ends(lead: Reader, birch: Member, change: object) -> None:
    alerting.endpoint(birch)
    make.incident(by=lead)
    alerting.fan_out_all()
    alerting.claim_all()

    with pytest.raises(Conflict, match="being posted"):
        change(delivery_id=Delivery.objects.get().pk)  # type: ignore[operator] # a function

    assert Delivery.objects.get().state == DeliveryState.LEASED


def test_nothing_is_tried_at_an_endpoint_that_is_paused(lead: Reader, birch: Member) -> None:
    hook = alerting.endpoint(birch)
    make.incident(by=lead)
    alerting.fan_out_all()
    alerting.send_all(status=500)
    disable_endpoint(endpoint_id=hook.pk, reason="Too noisy.")

    with pytest.raises(Conflict, match="disabled"):
        retry_delivery(delivery_id=Delivery.objects.get(endpoint=hook).pk)


def test_what_is_taken_back_lets_the_next_of_its_incident_go(lead: Reader, birch: Member) -> None:
    alerting.endpoint(birch)
    incident = make.incident(by=lead)
    alerting.fan_out_all()
    alerting.send_all(status=500)
    alerting.change(incident, lead, tlp=Tlp.GREEN, title="Another")
    alerting.fan_out_all()
    assert alerting.send_all() == []

    cancel_delivery(delivery_id=Delivery.objects.order_by("pk")[0].pk)

    assert alerting.topics_of(alerting.send_all()) == ["incident.updated"]
    assert list(Delivery.objects.order_by("pk").values_list("state", flat=True)) == [
        "cancelled",
        "ok",
    ]
    assert balance().is_even
    assert AuditEntry.objects.get(action="delivery.cancel").detail["was"] == "pending"


def test_what_waits_is_counted_by_what_becomes_of_it(lead: Reader, birch: Member) -> None:
    hook = alerting.endpoint(birch)
    make.incident(by=lead)
    alerting.fan_out_all()
    due = lag(most=10)
    assert (due.due, due.later, due.held, due.in_flight, due.given_up) == (1, 0, 0, 0, 0)
    assert due.oldest_due is not None

    alerting.claim_all()
    assert (lag(most=10).due, lag(most=10).in_flight) == (0, 1)
    alerting.let_pass(minutes=1)
    alerting.send_all(status=500)
    assert (lag(most=10).due, lag(most=10).later) == (0, 1)
    disable_endpoint(endpoint_id=hook.pk, reason="Too noisy.")
    alerting.let_pass(days=1)
    assert (lag(most=10).due, lag(most=10).held, lag(most=10).paused) == (0, 1, 1)
    assert lag(most=1)._replace(oldest_due=None).held == 1


def test_what_was_given_up_is_counted_for_a_day(lead: Reader, birch: Member) -> None:
    alerting.endpoint(birch)
    make.incident(by=lead)
    alerting.fan_out_all()
    failed(LAST_ATTEMPT)

    assert lag(most=10).given_up == 1
