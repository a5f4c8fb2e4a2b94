"""Claiming and recording: numbers, bytes, leases, retries, and rights at the moment of sending."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db.models import F

from accounts.models import Member, MemberStatus
from accounts.readers import Reader
from accounts.services.members import change_member_status
from hub.audit.models import AuditEntry
from hub.kit.ids import event_id
from hub.outbox.models import Event
from incidents.alerts.engine.claim import claim
from incidents.alerts.engine.due import activity, due_endpoints
from incidents.alerts.engine.record import record_results
from incidents.alerts.models import Attempt, Delivery, Endpoint
from incidents.alerts.services.endpoints import delete_endpoint, disable_endpoint, enable_endpoint
from incidents.core.models import Disclosure, Incident, Observation
from incidents.core.services.filing import withdraw_incident
from tests import alerting, make
from tests.alerting import OTHER_RUN, RUN, answer, result, said, send_all, states, topics_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def hook(birch: Member) -> Endpoint:
    return alerting.endpoint(birch)


def published(lead: Reader, **fields: Any) -> Incident:
    incident = make.incident(by=lead, **fields)
    alerting.fan_out_all()
    return incident


def withdraw(incident: Incident, lead: Reader) -> None:
    withdraw_incident(incident_id=incident.pk, reason="It was genuine.", by=lead)
    alerting.fan_out_all()


# What is sent -----------------------------------------------------------------------------------


def test_the_first_attempt_fixes_sequence_bytes_and_mark(lead: Reader, hook: Endpoint) -> None:
    incident = published(lead)

    (sending,) = alerting.claim_all()

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempt_no, delivery.lease_token) == ("leased", 1, RUN)
    assert (delivery.sequence, delivery.body, delivery.body_mark) == (1, sending.body, "green")
    assert delivery.lease_until is not None
    assert delivery.first_attempt_at is not None
    lease = delivery.lease_until - delivery.first_attempt_at
    assert lease == pytest.approx(timedelta(seconds=20), abs=timedelta(milliseconds=50))
    assert said(sending)["data"]["sequence"] == 1
    assert said(sending)["data"]["incident"]["ref"] == incident.ref
    hook.refresh_from_db()
    assert hook.sequence == 1


def test_sequences_have_no_gaps(lead: Reader, hook: Endpoint) -> None:
    for _ in range(3):
        published(lead)
    suspended = Incident.objects.order_by("pk")[1:2].get()
    Incident.objects.filter(pk=suspended.pk).update(tlp="amber")

    sendings = send_all()

    assert [said(one)["data"]["sequence"] for one in sendings] == [1, 2]
    assert set(Delivery.objects.values_list("state", "sequence")) == {
        ("ok", 1), ("ok", 2), ("cancelled", None),
    }  # fmt: skip


def test_a_retry_carries_the_same_bytes_though_the_incident_changed(
    lead: Reader, hook: Endpoint
) -> None:
    incident = published(lead)
    (first,) = send_all(status=500)
    Incident.objects.filter(pk=incident.pk).update(title="Another title")
    alerting.let_pass(seconds=10)

    (second,) = send_all()

    assert (second.body, second.number) == (first.body, 2)
    assert Endpoint.objects.get().sequence == 1


def test_what_went_out_is_noted_as_disclosed(lead: Reader, birch: Member, hook: Endpoint) -> None:
    incident = published(lead)
    send_all()
    first = Disclosure.objects.get()
    alerting.change(incident, lead, title="Another title")
    alerting.fan_out_all()
    send_all()

    again = Disclosure.objects.get()

    assert (first.incident_id, first.member_id) == (incident.pk, birch.pk)
    assert again.at > Event.objects.order_by("-recorded_at")[:1].get().recorded_at > first.at


def test_a_withdrawal_discloses_nothing(lead: Reader, hook: Endpoint) -> None:
    incident = published(lead)
    withdraw(incident, lead)

    sendings = send_all()

    assert topics_of(sendings) == ["incident.withdrawn"]
    assert Disclosure.objects.exists() is False


# Leases -----------------------------------------------------------------------------------------


def test_what_is_leased_is_not_claimed_again_until_its_lease_is_over(
    lead: Reader, hook: Endpoint
) -> None:
    published(lead)
    (first,) = alerting.claim_all()
    alerting.let_pass(seconds=19)
    assert alerting.claim_all(OTHER_RUN) == []
    assert due_endpoints(limit=1) == []
    alerting.let_pass(seconds=2)

    (second,) = alerting.claim_all(OTHER_RUN)

    assert (second.body, second.number) == (first.body, 2)
    assert Delivery.objects.get().lease_token == OTHER_RUN


def test_a_result_that_comes_after_the_lease_was_given_to_another_changes_nothing(
    lead: Reader, hook: Endpoint
) -> None:
    published(lead)
    (first,) = alerting.claim_all()
    alerting.let_pass(seconds=21)
    alerting.claim_all(OTHER_RUN)

    held = record_results([result(first, answer(200))], run_id=RUN)

    assert held == 0
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.lease_token) == ("leased", OTHER_RUN)
    assert list(Attempt.objects.values_list("number", "status")) == [(1, 200)]


def test_a_result_of_an_earlier_attempt_of_the_same_run_changes_nothing(
    lead: Reader, hook: Endpoint
) -> None:
    published(lead)
    (first,) = alerting.claim_all()
    alerting.let_pass(seconds=21)
    alerting.claim_all()

    assert record_results([result(first, answer(500))], run_id=RUN) == 0
    assert Delivery.objects.get().state == "leased"


def test_a_late_result_still_counts_as_long_as_nobody_else_began(
    lead: Reader, hook: Endpoint
) -> None:
    published(lead)
    (first,) = alerting.claim_all()
    alerting.let_pass(seconds=30)

    assert record_results([result(first, answer(200))], run_id=RUN) == 1
    assert Delivery.objects.get().state == "ok"


def test_an_alert_whose_last_attempt_died_with_its_worker_is_given_up(
    lead: Reader, hook: Endpoint
) -> None:
    published(lead)
    alerting.claim_all()
    Delivery.objects.update(attempt_no=12)
    alerting.let_pass(seconds=21)

    assert alerting.claim_all() == []
    assert states(hook) == [("incident.published", "dead")]


def test_activity_tells_runs_and_when_they_last_claimed(lead: Reader, hook: Endpoint) -> None:
    assert activity() == (0, float("inf"))
    published(lead)
    alerting.claim_all()

    busy = activity()

    assert busy.runs == 1
    assert 0 <= busy.since_claim_seconds < 5


# Results ----------------------------------------------------------------------------------------


def test_every_attempt_is_kept_as_it_went(lead: Reader, hook: Endpoint) -> None:
    published(lead)
    sendings = alerting.claim_all()
    record_results([result(sendings[0], answer(502, body=b"bad gateway"))], run_id=RUN)

    attempt = Attempt.objects.get()

    assert (attempt.number, attempt.status, attempt.error) == (1, 502, "")
    assert (attempt.duration_ms, attempt.address) == (12, "192.0.2.1")
    assert bytes(attempt.answer) == b"bad gateway"
    assert attempt.at <= Delivery.objects.get().next_at


def test_a_failed_attempt_is_made_again_when_its_time_has_come(
    lead: Reader, hook: Endpoint
) -> None:
    published(lead)
    send_all(status=500)
    delivery = Delivery.objects.get()
    assert delivery.first_attempt_at is not None
    assert 3.9 < (delivery.next_at - delivery.first_attempt_at).total_seconds() < 6.5
    assert alerting.claim_all() == []
    alerting.let_pass(seconds=7)

    assert len(send_all()) == 1
    assert states(hook) == [("incident.published", "ok")]


def test_after_twelve_attempts_an_alert_is_dead(lead: Reader, hook: Endpoint) -> None:
    published(lead)
    numbers = []
    for _ in range(12):
        numbers += [sending.number for sending in send_all(status=500)]
        alerting.let_pass(days=2)

    assert numbers == list(range(1, 13))
    assert states(hook) == [("incident.published", "dead")]
    assert alerting.claim_all() == []
    assert Attempt.objects.count() == 12


def test_410_disables_the_endpoint_and_what_waits_stays(
    lead: Reader, birch: Member, hook: Endpoint
) -> None:
    other = alerting.endpoint(birch)
    published(lead)
    gone, fine = sorted(alerting.claim_all(), key=lambda one: one.endpoint_id != hook.pk)
    published(lead)
    record_results([result(gone, answer(410)), result(fine, answer(200))], run_id=RUN)
    alerting.fan_out_all()
    alerting.let_pass(days=1)

    told = send_all()

    hook.refresh_from_db()
    assert (hook.state, hook.state_reason) == ("disabled", "It answered 410 Gone.")
    assert states(hook) == [("incident.published", "pending")] * 2
    assert topics_of(told) == ["incident.published", "endpoint.disabled"]
    assert {one.endpoint_id for one in told} == {other.pk}
    assert said(told[1])["data"]["endpoint"] == {
        "id": str(hook.pk), "url": hook.url, "state": "disabled",
    }  # fmt: skip
    entry = AuditEntry.objects.get(action="endpoint.disable")
    assert (entry.objects_named, entry.member_id) == ([str(hook.pk)], None)


@pytest.mark.parametrize(("send_waiting", "expected"), [(True, "ok"), (False, "cancelled")])
def test_enabling_sends_or_skips_what_waited(
    lead: Reader, hook: Endpoint, send_waiting: bool, expected: str
) -> None:
    published(lead)
    published(lead)
    alerting.claim_all(limit=1)
    disable_endpoint(endpoint_id=hook.pk, reason="test")
    alerting.let_pass(minutes=1)
    assert alerting.claim_all() == []

    enable_endpoint(endpoint_id=hook.pk, send_waiting=send_waiting, by=lead.actor)
    send_all()

    assert states(hook) == [("incident.published", expected)] * 2


@pytest.mark.parametrize("status", [429, 503])
def test_an_endpoint_that_asks_for_less_is_left_alone_for_a_while(
    lead: Reader, hook: Endpoint, status: int
) -> None:
    published(lead)
    (sending,) = alerting.claim_all()
    record_results([result(sending, answer(status, retry_after=60))], run_id=RUN)
    published(lead)
    alerting.let_pass(seconds=55)
    assert alerting.claim_all() == []
    alerting.let_pass(seconds=6)

    assert len(send_all()) == 2


# Order ------------------------------------------------------------------------------------------


def test_a_newer_alert_waits_for_an_older_one_of_its_incident_and_then_starts_at_once(
    lead: Reader, hook: Endpoint
) -> None:
    incident = published(lead)
    alerting.change(incident, lead, title="Another title")
    alerting.fan_out_all()
    (first,) = alerting.claim_all()
    assert said(first)["type"] == "incident.published"
    assert alerting.claim_all() == []
    assert due_endpoints(limit=1) == []

    record_results([result(first, answer(200))], run_id=RUN)

    assert topics_of(send_all()) == ["incident.updated"]


def test_it_waits_ten_minutes_at_most(lead: Reader, hook: Endpoint) -> None:
    incident = published(lead)
    send_all(status=500)
    alerting.let_pass(minutes=4)
    send_all(status=500)
    alerting.change(incident, lead, title="Another title")
    alerting.fan_out_all()
    assert topics_of(send_all()) == []
    alerting.let_pass(minutes=4)
    assert topics_of(send_all(status=500)) == ["incident.published"]
    alerting.let_pass(minutes=3)

    assert topics_of(send_all()) == ["incident.updated"]
    assert states(hook) == [("incident.published", "cancelled"), ("incident.updated", "ok")]


def test_incidents_do_not_wait_for_each_other(lead: Reader, hook: Endpoint) -> None:
    published(lead)
    send_all(status=500)
    published(lead)

    assert [one.number for one in send_all()] == [1]


def test_of_updates_that_were_never_sent_the_newest_is_sent(lead: Reader, hook: Endpoint) -> None:
    incident = published(lead)
    for title in ("Second", "Third", "Fourth"):
        alerting.change(incident, lead, title=title)
    alerting.fan_out_all()

    sendings = send_all() + send_all()

    assert [said(one)["data"]["version"] for one in sendings] == [4, 4]
    assert states(hook) == [
        ("incident.published", "ok"),
        ("incident.updated", "superseded"),
        ("incident.updated", "superseded"),
        ("incident.updated", "ok"),
    ]


def test_a_withdrawal_cancels_what_waits_and_goes_out_at_once(lead: Reader, hook: Endpoint) -> None:
    incident = published(lead)
    send_all(status=500)
    alerting.change(incident, lead, title="Another title")
    withdraw(incident, lead)

    sendings = send_all()

    assert topics_of(sendings) == ["incident.withdrawn"]
    assert states(hook) == [
        ("incident.published", "cancelled"),
        ("incident.updated", "cancelled"),
        ("incident.withdrawn", "ok"),
    ]


def test_a_withdrawal_waits_for_what_is_being_posted(lead: Reader, hook: Endpoint) -> None:
    incident = published(lead)
    (first,) = alerting.claim_all()
    withdraw(incident, lead)
    assert alerting.claim_all() == []

    record_results([result(first, answer(500))], run_id=RUN)
    alerting.let_pass(seconds=1)

    assert topics_of(send_all()) == ["incident.withdrawn"]
    assert states(hook)[0] == ("incident.published", "cancelled")


def test_versions_never_fall_though_an_event_is_fanned_out_late(
    lead: Reader, hook: Endpoint
) -> None:
    incident = make.incident(by=lead)
    alerting.change(incident, lead, title="Another title")
    old, new = Event.objects.order_by("id")
    Event.objects.filter(pk=old.pk).update(fanned_out_at=F("recorded_at"), recipients=0)
    alerting.fan_out_all()
    (newer,) = send_all(status=500)
    Event.objects.filter(pk=old.pk).update(fanned_out_at=None, recipients=None)
    alerting.fan_out_all()
    assert alerting.claim_all() == []
    alerting.let_pass(seconds=7)

    sendings = send_all() + send_all()

    assert [one.event_id for one in sendings] == [new.pk, old.pk]
    assert [said(one)["data"]["version"] for one in sendings] == [2, 2]
    assert said(newer) == said(sendings[0])


# Rights -----------------------------------------------------------------------------------------


def test_a_suspended_member_gets_nothing_of_what_is_queued(
    lead: Reader, birch: Member, hook: Endpoint
) -> None:
    published(lead)
    change_member_status(member_id=birch.pk, status=MemberStatus.SUSPENDED)

    assert alerting.claim_all() == []
    assert states(hook) == [("incident.published", "cancelled")]
    assert Endpoint.objects.get().sequence == 0


def test_deleting_an_endpoint_cancels_what_waits_and_ends_what_is_posted(
    lead: Reader, hook: Endpoint
) -> None:
    published(lead)
    (sending,) = alerting.claim_all()
    published(lead)
    delete_endpoint(endpoint_id=hook.pk, by=lead.actor)
    assert states(hook) == [("incident.published", "leased"), ("incident.published", "cancelled")]
    record_results([result(sending, answer(500))], run_id=RUN)
    alerting.let_pass(seconds=7)

    assert alerting.claim_all() == []
    assert states(hook) == [("incident.published", "cancelled")] * 2


@pytest.mark.parametrize("attempts", [0, 1])
def test_who_may_not_read_it_any_more_is_not_sent_it(
    lead: Reader, hook: Endpoint, attempts: int
) -> None:
    group = make.group(lead.member, hook.member)
    published(lead, tlp="amber", shared_with=[group])
    for _ in range(attempts):
        send_all(status=500)
        alerting.let_pass(seconds=7)
    group.memberships.all().delete()

    assert alerting.claim_all() == []
    assert states(hook) == [("incident.published", "cancelled")]
    assert Endpoint.objects.get().sequence == attempts


def test_what_follows_a_cancelled_alert_does_not_wait(lead: Reader, hook: Endpoint) -> None:
    group = make.group(lead.member, hook.member)
    incident = published(lead, tlp="amber", shared_with=[group])
    group.memberships.all().delete()
    alerting.change(incident, lead, title="For others")
    Event.objects.filter(topic="incident.updated").update(is_directed=True)
    alerting.fan_out_all()

    assert alerting.claim_all() == []
    assert Delivery.objects.unfinished().exists() is False


@pytest.mark.parametrize(("mark", "expected"), [("green", 1), ("clear", 1), ("amber", 0)])
def test_bytes_do_not_travel_after_their_mark_became_stricter(
    lead: Reader, hook: Endpoint, mark: str, expected: int
) -> None:
    incident = published(lead, tlp="green", shared_with=[hook.member])
    send_all(status=500)
    Incident.objects.filter(pk=incident.pk).update(tlp=mark)
    alerting.let_pass(seconds=7)

    assert len(send_all()) == expected


def test_an_observation_follows_the_stricter_of_both_marks(lead: Reader, hook: Endpoint) -> None:
    incident = make.incident(by=lead, tlp="green")
    alerting.fan_out_all()
    send_all()
    observation = make.observation(incident, lead)
    alerting.fan_out_all()
    send_all(status=500)
    Observation.objects.filter(pk=observation.pk).update(
        tlp="amber", follows_incident=False, audiences=make.audience(hook.member)
    )
    alerting.let_pass(seconds=7)

    assert send_all() == []
    assert states(hook)[1] == ("observation.added", "cancelled")


def test_a_withdrawn_incident_is_not_published_any_more(lead: Reader, birch: Member) -> None:
    hook = alerting.endpoint(birch, topics=["incident.published"])
    incident = published(lead)
    withdraw(incident, lead)

    assert alerting.claim_all() == []
    assert states(hook) == [("incident.published", "cancelled")]


def test_a_recall_asks_only_whether_member_and_endpoint_are_active(
    lead: Reader, hook: Endpoint
) -> None:
    incident = published(lead, tlp="amber", shared_with=[hook.member])
    send_all()
    alerting.change(incident, lead, audiences=make.audience(make.member("cedar")))
    alerting.fan_out_all()

    (sending,) = send_all()

    assert said(sending)["type"] == "incident.revoked"
    assert said(sending)["data"]["incident"] == {"ref": incident.ref, "status": "published"}


def test_a_grant_is_checked_like_any_other(lead: Reader, hook: Endpoint) -> None:
    incident = published(lead, tlp="amber", shared_with=[make.member("cedar")])
    group = make.group(lead.member, hook.member)
    alerting.change(incident, lead, audiences=make.audience(group))
    alerting.fan_out_all()
    group.memberships.all().delete()

    assert alerting.claim_all() == []
    assert states(hook) == [("incident.granted", "cancelled")]


def test_what_an_alert_was_about_may_be_gone(lead: Reader, hook: Endpoint) -> None:
    incident = published(lead)
    make.observation(incident, lead)
    alerting.fan_out_all()
    Observation.objects.all().delete()
    send_all()

    assert alerting.claim_all() == []
    assert states(hook) == [("incident.published", "ok"), ("observation.added", "cancelled")]


# Shares -----------------------------------------------------------------------------------------


def test_an_endpoint_has_four_alerts_under_way_at_most(lead: Reader, hook: Endpoint) -> None:
    for _ in range(6):
        published(lead)

    first = claim(limit=100, run_id=RUN).sendings
    second = claim(limit=100, run_id=OTHER_RUN).sendings
    record_results([result(one, answer(200)) for one in first[:1]], run_id=RUN)
    third = claim(limit=100, run_id=OTHER_RUN).sendings

    assert [len(first), len(second), len(third)] == [4, 0, 1]


def test_organisations_take_turns(lead: Reader, birch: Member) -> None:
    for _ in range(5):
        alerting.endpoint(birch)
    few = [alerting.endpoint(make.member()) for _ in range(2)]
    for _ in range(4):
        published(lead)

    sendings = claim(limit=12, run_id=RUN).sendings

    members = [Endpoint.objects.get(pk=one.endpoint_id).member_id for one in sendings]
    assert [members.count(one) for one in (birch.pk, few[0].member_id, few[1].member_id)] == [4] * 3


def test_an_organisation_with_too_many_under_way_must_wait(
    lead: Reader, hook: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("incidents.alerts.engine.due.IN_FLIGHT_PER_MEMBER", 4)
    other = alerting.endpoint(hook.member)
    for _ in range(2):
        published(lead)
    assert len(alerting.claim_all()) == 4
    published(lead)

    assert alerting.claim_all() == []
    assert states(other)[-1] == ("incident.published", "pending")


def test_the_search_begins_anywhere_and_misses_nobody(lead: Reader, birch: Member) -> None:
    hooks = sorted(alerting.endpoint(birch).pk for _ in range(3))
    published(lead)

    from_second = due_endpoints(limit=3, start=hooks[1])
    from_beyond = due_endpoints(limit=3, start=UUID(int=2**128 - 1))

    assert [due.endpoint_id for due in from_second] == [hooks[1], hooks[2], hooks[0]]
    assert [due.endpoint_id for due in from_beyond] == hooks
    assert [due.endpoint_id for due in due_endpoints(limit=1, start=hooks[2])] == [hooks[2]]


def test_the_public_id_of_the_event_is_in_the_body(lead: Reader, hook: Endpoint) -> None:
    published(lead)

    (sending,) = alerting.claim_all()

    assert json.loads(sending.body)["data"]["event_id"] == event_id(Event.objects.get().pk)
