"""What deliveries keep of an incident is gone once it was redacted."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction

from accounts.models import Member
from accounts.readers import Reader
from hub.kit import clock
from hub.outbox.models import Chore, Event
from incidents.alerts import tasks
from incidents.alerts.engine.record import record_results
from incidents.alerts.models import Attempt, Delivery, Endpoint
from incidents.alerts.services.forgetting import CONSUMER, forget_redacted
from incidents.core.models import Incident
from incidents.core.services.correcting import redact_incident
from incidents.core.services.filing import update_incident, withdraw_incident
from incidents.crossrefs.models import CrossReference
from incidents.crossrefs.services.deciding import delete_link
from tests import make
from tests.alerting import (
    RUN,
    answer,
    claim_all,
    do_chores,
    endpoint,
    fan_out_all,
    let_pass,
    result,
    said,
    send_all,
    states,
    topics_of,
)

NAME = "Jane Example"


@pytest.fixture
def owner(db: None) -> Reader:
    return make.person(make.member("acme"), reauthenticated=True)


@pytest.fixture
def other(db: None) -> Member:
    return make.member("other")


@pytest.fixture
def receiver(other: Member) -> Endpoint:
    return endpoint(other)


def redact(incident: Incident, by: Reader) -> UUID:
    """Redact it, and return the event that asks deliveries to forget."""
    redact_incident(incident_id=incident.pk, texts=[NAME], reason="A mistake.", by=by)
    return Chore.objects.get(consumer=CONSUMER).event_id


def bodies() -> str:
    return " ".join(body or "" for body in Delivery.objects.values_list("body", flat=True))


def test_what_was_delivered_is_erased_with_what_was_answered(
    owner: Reader, receiver: Endpoint
) -> None:
    incident = make.incident(by=owner, summary=NAME)
    fan_out_all()
    how = answer(200, body=NAME.encode())
    record_results([result(one, how) for one in claim_all()], run_id=RUN)
    assert NAME in bodies()

    assert forget_redacted(redact(incident, owner)) == 0

    assert NAME not in bodies()
    assert bytes(Attempt.objects.get().answer) == b""
    assert states(receiver) == [("incident.published", "ok")]


def test_a_failed_attempt_is_not_repeated_and_the_new_state_goes_out(
    owner: Reader, receiver: Endpoint
) -> None:
    incident = make.incident(by=owner, summary=NAME)
    fan_out_all()
    send_all(status=500)

    tasks.forget(str(redact(incident, owner)))
    fan_out_all()
    let_pass(hours=1)
    (sent,) = send_all()

    assert said(sent)["type"] == "incident.updated"
    assert said(sent)["data"]["incident"]["summary"] == "[redacted]"
    assert NAME not in bodies()
    assert states(receiver) == [("incident.published", "cancelled"), ("incident.updated", "ok")]


def test_an_attempt_under_way_ends_without_another(owner: Reader, receiver: Endpoint) -> None:
    incident = make.incident(by=owner, summary=NAME)
    fan_out_all()
    under_way = claim_all()

    forget_redacted(redact(incident, owner))
    held = record_results([result(one, answer(500)) for one in under_way], run_id=RUN)

    assert held == 0
    assert states(receiver) == [("incident.published", "cancelled")]
    assert NAME not in bodies()


def test_what_was_never_attempted_goes_out_as_it_is_now(owner: Reader, receiver: Endpoint) -> None:
    incident = make.incident(by=owner, summary=NAME)
    make.observation(incident, owner, platform="A forum")
    fan_out_all()

    forget_redacted(redact(incident, owner))
    fan_out_all()
    sent = send_all()
    while more := send_all():
        sent += more

    assert set(topics_of(sent)) == {
        "incident.published",
        "observation.added",
        "incident.updated",
    }
    assert NAME not in bodies()


def test_an_observation_that_waited_for_another_attempt_is_announced_anew(
    owner: Reader, receiver: Endpoint
) -> None:
    incident = make.incident(by=owner, summary=NAME)
    fan_out_all()
    send_all()
    make.observation(incident, owner, platform="A forum")
    fan_out_all()
    send_all(status=500)

    assert forget_redacted(redact(incident, owner)) == 1
    fan_out_all()
    let_pass(hours=1)
    sent = send_all() + send_all()

    assert sorted(topics_of(sent)) == ["incident.updated", "observation.added"]
    assert NAME not in bodies()


def test_a_recall_is_only_given_up_for_a_newer_one(owner: Reader, receiver: Endpoint) -> None:
    lost, gone, renamed = (make.incident(by=owner, summary=NAME) for _ in range(3))
    fan_out_all()
    send_all()
    to_others = {"tlp": "amber", "audiences": make.audience(make.member())}
    update_incident(incident_id=lost.pk, changes=to_others, by=owner, expected_revision=1)
    withdraw_incident(incident_id=gone.pk, reason="Satire.", by=owner)
    withdraw_incident(incident_id=renamed.pk, reason=f"By {NAME}.", by=owner)
    fan_out_all()
    send_all(status=500)

    for incident in (lost, gone, renamed):
        forget_redacted(redact(incident, owner))
    fan_out_all()
    let_pass(hours=1)
    sent = send_all()

    told = [(said(one)["type"], said(one)["data"]["incident"]) for one in sent]
    reasons = {shown["ref"]: shown.get("withdrawn_reason") for _, shown in told}
    assert sorted(topic for topic, _ in told) == [
        "incident.revoked",
        "incident.withdrawn",
        "incident.withdrawn",
    ]
    assert reasons == {lost.ref: None, gone.ref: "Satire.", renamed.ref: "By [redacted]."}


def test_other_incidents_are_left_alone(owner: Reader, receiver: Endpoint) -> None:
    incident = make.incident(by=owner, summary=NAME)
    make.incident(by=owner, summary="Another")
    fan_out_all()
    send_all(status=500)

    forget_redacted(redact(incident, owner))

    assert "Another" in bodies()
    assert sorted(states(receiver)) == [
        ("incident.published", "cancelled"),
        ("incident.published", "pending"),
    ]


def test_it_is_done_once(owner: Reader, receiver: Endpoint) -> None:
    incident = make.incident(by=owner, summary=NAME)
    fan_out_all()
    send_all(status=500)
    event_id = redact(incident, owner)

    done = [forget_redacted(event_id) for _ in range(2)]

    assert done == [1, 0]
    assert Chore.objects.filter(consumer=CONSUMER).exists() is False


def test_members_are_told_nothing_of_the_event_itself(owner: Reader, receiver: Endpoint) -> None:
    redact(make.incident(by=owner, summary=NAME), owner)
    fan_out_all()

    event = Event.objects.get(topic="incident.redacted")

    assert event.recipients == 0
    assert "incident.redacted" not in dict(states(receiver))


def test_what_was_rendered_while_it_was_being_redacted_is_forgotten_too(
    owner: Reader, receiver: Endpoint
) -> None:
    incident = make.incident(by=owner, summary=NAME)
    fan_out_all()
    under_way = claim_all()
    event_id = redact(incident, owner)
    # As of a claim that read the words before the redaction was committed.
    Delivery.objects.update(first_attempt_at=clock.now() + timedelta(minutes=1))

    forget_redacted(event_id)
    record_results([result(one, answer(200)) for one in under_way], run_id=RUN)

    assert NAME not in bodies()


@pytest.mark.django_db(transaction=True)
def test_it_waits_for_a_claim_that_has_read_the_old_words() -> None:
    by = make.person(make.member())
    endpoint(make.member())
    incident = make.incident(by=by, summary=NAME)
    fan_out_all()
    is_forgotten = threading.Event()

    def forget() -> None:
        forget_redacted(redact(incident, by))
        is_forgotten.set()
        connection.close()

    thread = threading.Thread(target=forget)
    with transaction.atomic():
        claim_all()
        thread.start()
        is_early = is_forgotten.wait(0.5)
    thread.join()

    assert is_early is False
    assert is_forgotten.is_set()
    assert NAME not in bodies()


# Links ----------------------------------------------------------------------------------------


@pytest.fixture
def hook(db: None) -> Endpoint:
    """Where somebody wants to hear of proposed links, and of nothing else."""
    return endpoint(make.member(), topics=["crossref.suggested"])


@pytest.fixture
def link(owner: Reader, other: Member) -> CrossReference:
    """Proposed by another organisation, which quotes the incident."""
    quoted = make.incident(by=owner, summary=NAME)
    by = make.person(other)
    return make.link(make.incident(by=by), quoted, by, explanation=f"Both name {NAME}.")


def redact_link(link: CrossReference, by: Reader) -> None:
    redact_incident(incident_id=link.to_incident_id, texts=[NAME], reason="A mistake.", by=by)
    do_chores()


def test_an_alert_about_a_link_that_waits_goes_out_anew_without_the_text(
    owner: Reader, hook: Endpoint, link: CrossReference
) -> None:
    fan_out_all()
    (failed,) = send_all(status=500)

    redact_link(link, owner)
    fan_out_all()
    let_pass(hours=1)
    (sent,) = send_all()

    assert NAME in failed.body
    assert said(sent)["data"]["crossref"]["explanation"] == "Both name [redacted]."
    assert states(hook) == [("crossref.suggested", "cancelled"), ("crossref.suggested", "ok")]
    assert NAME not in bodies()


def test_an_alert_about_a_link_that_goes_is_forgotten(
    owner: Reader, other: Member, hook: Endpoint
) -> None:
    by = make.person(other)
    quoted = make.incident(by=owner, summary=NAME)
    gone = make.link(make.incident(by=by), quoted, by, explanation=NAME)
    make.link(make.incident(by=by), quoted, by, explanation="Another")
    fan_out_all()
    send_all(status=500)

    delete_link(link_id=gone.pk, by=by)
    do_chores()
    fan_out_all()

    assert NAME not in bodies()
    assert "Another" in bodies()
    assert sorted(states(hook)) == [
        ("crossref.suggested", "cancelled"),
        ("crossref.suggested", "pending"),
    ]


def test_nobody_is_told_that_a_link_was_forgotten(owner: Reader, link: CrossReference) -> None:
    endpoint(make.member())
    redact_link(link, owner)
    fan_out_all()

    event = Event.objects.get(topic="crossref.forgotten")

    assert (event.stream_id, event.recipients) == (link.pk, 0)
