"""How rows of alerts name themselves, in logs and in the shell."""

from __future__ import annotations

import pytest

from hub.outbox.models import Event
from incidents.alerts.feed import feed_page
from incidents.alerts.models import Attempt, Delivery, Receipt
from tests import alerting, make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("status", "ends", "state"), [(204, "204", "ok"), (None, "", "pending")])
def test_rows_name_what_they_are_about(status: int | None, ends: str, state: str) -> None:
    hook = alerting.endpoint(make.member(), url="https://hooks.example.com/alerts")
    make.incident()
    alerting.fan_out_all()
    alerting.send_all(status=status)

    delivery, attempt = Delivery.objects.get(), Attempt.objects.get()

    assert str(hook) == "https://hooks.example.com/alerts"
    assert str(delivery) == f"incident.published to {hook.pk}: {state}"
    assert str(attempt) == f"{delivery.pk} attempt 1: {ends}"


def test_a_receipt_names_who_was_shown_what() -> None:
    lead, birch = make.person(make.member()), make.member("birch")
    make.observation(make.incident(by=lead), lead)
    alerting.place_all()
    feed_page(make.system(birch), topics=["observation.added"])

    event = Event.objects.get(topic="observation.added")
    assert str(Receipt.objects.get()) == f"{event.pk} by {birch.pk}"
