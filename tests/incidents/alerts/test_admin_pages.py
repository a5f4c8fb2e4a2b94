"""Operators and alerts: figures, endpoints, deliveries, events."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Member, User
from accounts.readers import Reader
from hub.audit.models import AuditEntry
from hub.kit.presence import RELAY, WORKER, Presence
from hub.outbox.models import Event
from hub.web import admin as processes
from incidents.alerts.engine.record import record_results
from incidents.alerts.models import Attempt, Delivery, Endpoint
from tests import alerting, make
from tests.operating import SECRET, operating, operator, said

pytestmark = pytest.mark.django_db


EVERYBODY = {
    name: Presence(connected=timedelta(hours=3), silent=timedelta(seconds=1))
    for name in (RELAY, WORKER)
}


@pytest.fixture
def user() -> User:
    return operator()


@pytest.fixture
def client(user: User) -> Client:
    return operating(user)


def figure(client: Client, name: str) -> str:
    """What the front page says of a figure: its number and its state."""
    text = said(client.get("/admin/").content.decode()).partition("What is normal")[2]
    found = re.search(rf"{name} (.*?) (Fine|Look) ", text)
    assert found is not None
    return f"{found[1]} {found[2]}"


def test_the_front_page_tells_what_waits_and_what_is_normal(
    client: Client, lead: Reader, birch: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "present", lambda: EVERYBODY)
    alerting.endpoint(birch)
    make.incident(by=lead)
    assert figure(client, "Waiting for their fan-out") == "1 Fine"
    assert figure(client, "Without a place in the feed") == "1 Fine"
    assert figure(client, "Background work") == "1 Fine"

    alerting.fan_out_all()

    assert figure(client, "Waiting for their fan-out") == "0 Fine"
    assert figure(client, "Due now") == "1 Fine"
    assert "All figures are as they should be." in client.get("/admin/").content.decode()


def test_the_front_page_says_what_is_not_as_it_should_be(
    client: Client, lead: Reader, birch: Member
) -> None:
    alerting.endpoint(birch)
    make.incident(by=lead)
    alerting.fan_out_all()

    alerting.let_pass(minutes=5)

    assert figure(client, "Due now") == "1 Look"
    assert "Some figures are not as they should be" in client.get("/admin/").content.decode()


@pytest.mark.parametrize(
    ("seen", "relay", "workers"),
    [
        (
            EVERYBODY,
            "seen 1 s ago, there for 3 h 0 min Fine",
            "seen 1 s ago, there for 3 h 0 min Fine",
        ),
        ({}, "not seen Look", "not seen Look"),
        (
            {name: Presence(timedelta(days=2), timedelta(seconds=40)) for name in EVERYBODY},
            "seen 40 s ago, there for 2 d 0 h Look",
            "seen 40 s ago, there for 2 d 0 h Fine",
        ),
        (dict.fromkeys(EVERYBODY, Presence(None, None)), "connected Fine", "connected Fine"),
    ],
)
def test_the_front_page_tells_when_the_processes_were_seen(
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    seen: dict[str, Presence],
    relay: str,
    workers: str,
) -> None:
    monkeypatch.setattr(processes, "present", lambda: seen)

    assert figure(client, "Relay") == relay
    assert figure(client, "Workers") == workers


def test_behind_a_pooler_nothing_is_said_of_workers(
    client: Client, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.HUB_DATABASE_DIRECT_URL = "postgresql://elsewhere/hub"

    monkeypatch.setattr(processes, "present", lambda: {RELAY: EVERYBODY[RELAY]})
    assert figure(client, "Relay") == "listens Fine"
    assert figure(client, "Workers") == "not known Fine"
    monkeypatch.setattr(processes, "present", dict)
    assert figure(client, "Relay") == "not seen Look"


def test_the_front_page_takes_as_many_queries_for_many_rows_as_for_one(
    client: Client, lead: Reader, birch: Member
) -> None:
    client.get("/admin/")
    with CaptureQueriesContext(connection) as few:
        client.get("/admin/")
    alerting.endpoint(birch)
    for _ in range(5):
        make.incident(by=lead)
    alerting.fan_out_all()

    with CaptureQueriesContext(connection) as many:
        client.get("/admin/")

    assert len(many) == len(few)


# Endpoints ----------------------------------------------------------------------------------
def test_an_endpoint_is_paused_with_a_reason_and_resumed(
    client: Client, user: User, lead: Reader, birch: Member
) -> None:
    hook = alerting.endpoint(birch)
    path = f"/admin/alerts/endpoint/{hook.pk}/"
    make.incident(by=lead)
    alerting.fan_out_all()

    client.post(f"{path}pause/", {"reason": "It floods us."})

    stored = Endpoint.objects.get()
    assert (stored.state, stored.state_reason) == ("disabled", "It floods us.")
    assert alerting.claim_all() == []
    client.post(f"{path}resume/", {"waiting": "send"})
    assert len(alerting.claim_all()) == 1
    kept = AuditEntry.objects.filter(user_id=user.pk, action__startswith="endpoint.")
    assert list(kept.order_by("pk").values_list("action", flat=True)) == [
        "endpoint.disable",
        "endpoint.enable",
    ]


def test_a_pause_needs_a_reason_and_no_secret_is_shown(client: Client, birch: Member) -> None:
    made = alerting.made_endpoint(birch)
    path = f"/admin/alerts/endpoint/{made.endpoint.pk}/"

    answer = client.post(f"{path}pause/", {"reason": ""})

    assert "required" in answer.content.decode()
    assert Endpoint.objects.get().state == "active"
    page = client.get(path).content.decode()
    assert made.secret not in page
    assert made.endpoint.url in page


# Deliveries ---------------------------------------------------------------------------------
def some_delivery(lead: Reader, birch: Member) -> Delivery:
    """One that was refused once, whose receiver said what it had got."""
    alerting.endpoint(birch)
    make.incident(by=lead, title=SECRET)
    alerting.fan_out_all()
    alerting.send_all(status=500)
    Attempt.objects.update(answer=SECRET.encode(), error="")
    return Delivery.objects.get()


def test_a_delivery_is_shown_with_its_attempts_and_without_what_was_said(
    client: Client, lead: Reader, birch: Member
) -> None:
    row = some_delivery(lead, birch)
    assert SECRET in (row.body or "")

    text = client.get(f"/admin/alerts/delivery/{row.pk}/").content.decode()

    assert SECRET not in text
    assert "1" in said(text)
    assert "500 12 ms 192.0.2.1" in said(text)


def test_a_delivery_is_tried_again_and_taken_back(
    client: Client, user: User, lead: Reader, birch: Member
) -> None:
    row = some_delivery(lead, birch)
    path = f"/admin/alerts/delivery/{row.pk}/"

    client.post(f"{path}retry/")
    assert len(alerting.send_all(status=500)) == 1
    client.post(f"{path}cancel/")

    assert Delivery.objects.get().state == "cancelled"
    kept = AuditEntry.objects.filter(user_id=user.pk, action__startswith="delivery.")
    assert sorted(kept.values_list("action", flat=True)) == ["delivery.cancel", "delivery.retry"]


def test_several_are_tried_at_once_and_it_is_said_which_were_left(
    client: Client, lead: Reader, birch: Member
) -> None:
    alerting.endpoint(birch)
    for _ in range(3):
        make.incident(by=lead)
    alerting.fan_out_all()
    sent = alerting.claim_all()
    record_results(
        [
            alerting.result(one, alerting.answer(status))
            for one, status in zip(sent, (200, 500, 500), strict=True)
        ],
        run_id=alerting.RUN,
    )
    rows = [str(pk) for pk in Delivery.objects.values_list("pk", flat=True)]
    path = "/admin/alerts/delivery/together/retry/"
    asked = client.get(path, {"row": rows}).content.decode()
    assert asked.count('type="hidden" name="row"') == 3

    answer = client.post(path, {"row": rows}, follow=True)

    text = said(answer.content.decode())
    assert "2 were done." in text
    assert "1 was left as it is: It is delivered" in text
    assert len(alerting.claim_all()) == 2


def test_nothing_is_done_with_none(client: Client) -> None:
    answer = client.get("/admin/alerts/delivery/together/cancel/", follow=True)

    assert "Tick at least one." in answer.content.decode()


@pytest.mark.parametrize("kind", ["outbox/event", "alerts/endpoint"])
def test_an_event_and_an_endpoint_lead_to_their_deliveries(
    client: Client, lead: Reader, birch: Member, kind: str
) -> None:
    some_delivery(lead, birch)
    make.incident(by=lead)
    key = (
        Endpoint.objects.get().pk if kind == "alerts/endpoint" else Delivery.objects.get().event_id
    )

    page = client.get(f"/admin/{kind}/{key}/").content.decode()
    found = re.search(r'href="(/admin/alerts/delivery/[^"]*)"', page)

    assert found is not None
    assert "alerts.Delivery" not in page
    assert "Waiting" in said(client.get(found[1]).content.decode()).partition("Next try")[2]


def test_deliveries_are_found_by_what_they_are_about(
    client: Client, lead: Reader, birch: Member
) -> None:
    alerting.endpoint(birch)
    mine, other = make.incident(by=lead), make.incident(by=lead)
    alerting.fan_out_all()
    event = Event.objects.get(stream_id=mine.pk)

    def found(query: str) -> set[str]:
        text = said(client.get(f"/admin/alerts/delivery/?{query}").content.decode())
        return {one.ref for one in (mine, other) if f" {one.ref} " in text}

    assert found(f"ref={mine.ref.lower()}") == {mine.ref}
    assert found(f"event={event.public_id}") == {mine.ref}
    assert found(f"endpoint={Endpoint.objects.get().pk}") == {mine.ref, other.ref}
    assert found("member=acme") == set()
    assert found("state=dead") == set()
    assert "looks like evt_" in client.get("/admin/alerts/delivery/?event=x").content.decode()


def test_events_that_wait_are_found(client: Client, lead: Reader) -> None:
    done = make.incident(by=lead)
    alerting.fan_out_all()
    waits = make.incident(by=lead)
    events = {one.stream_id: one.public_id for one in Event.objects.all()}

    text = client.get("/admin/outbox/event/?waits=fan-out").content.decode()

    assert events[waits.pk] in text
    assert events[done.pk] not in text
    by_stream = client.get(f"/admin/outbox/event/?id={done.pk}").content.decode()
    assert events[done.pk] in by_stream
    assert "This is no id" in client.get("/admin/outbox/event/?id=x").content.decode()
