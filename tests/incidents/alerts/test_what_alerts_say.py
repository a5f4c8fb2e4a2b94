"""The bytes of webhooks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from accounts.models import Member
from accounts.readers import Reader
from accounts.services.members import create_member
from hub.kit.clock import rfc3339
from hub.outbox.models import Event
from incidents.alerts.topics import CHOOSABLE, TOPICS
from incidents.core.models import Incident, Observation
from incidents.core.representation import represent_incident, represent_observation
from incidents.core.services.filing import withdraw_incident
from tests import alerting, make
from tests.alerting import said, send_all

pytestmark = pytest.mark.django_db

REDUCED = {"ref", "url", "status", "tlp", "pap", "owner", "severity", "version"}


@pytest.fixture
def lead() -> Reader:
    return make.person(make.member("acme"))


@pytest.fixture
def birch() -> Member:
    member = make.member("birch")
    alerting.endpoint(member)
    return member


def one_alert() -> dict[str, Any]:
    """What the one alert that is owed says."""
    alerting.fan_out_all()
    (sending,) = send_all()
    return said(sending)


@pytest.mark.parametrize("tlp", ["clear", "green"])
def test_clear_and_green_are_told_whole(lead: Reader, birch: Member, tlp: str) -> None:
    incident = make.incident(by=lead, tlp=tlp, title="Ein Anruf mit “geklonter” Stimme")

    alert = one_alert()

    event = Event.objects.get()
    assert alert == {
        "type": "incident.published",
        "timestamp": rfc3339(event.recorded_at),
        "data": {
            "event_id": event.public_id,
            "sequence": 1,
            "version": 1,
            "incident": represent_incident(incident, for_owner=False),
        },
    }


def test_the_bytes_are_compact_json_in_utf_8(lead: Reader, birch: Member) -> None:
    make.incident(by=lead, title="“Ä” \u2028")
    alerting.fan_out_all()

    (sending,) = send_all()

    parsed = json.loads(sending.body)
    assert sending.body == json.dumps(parsed, ensure_ascii=False, separators=(",", ":"))


@pytest.mark.parametrize("tlp", ["amber", "amber+strict"])
def test_amber_is_told_reduced(lead: Reader, birch: Member, tlp: str) -> None:
    make.incident(by=lead, tlp=tlp, shared_with=[birch])

    data = one_alert()["data"]

    assert data["incident"].keys() == REDUCED
    assert data.keys() == {"event_id", "sequence", "version", "incident"}


@pytest.mark.parametrize(("length", "truncated"), [(16_000, False), (21_000, True)])
def test_what_is_above_20_kb_is_told_reduced(
    lead: Reader, birch: Member, length: int, truncated: bool
) -> None:
    incident = make.incident(by=lead)
    Incident.objects.filter(pk=incident.pk).update(summary="x" * length)

    data = one_alert()["data"]

    assert data.get("truncated", False) is truncated
    assert (data["incident"].keys() == REDUCED) is truncated


def test_size_is_counted_in_bytes(lead: Reader, birch: Member) -> None:
    incident = make.incident(by=lead)
    Incident.objects.filter(pk=incident.pk).update(summary="ä" * 11_000)

    assert one_alert()["data"]["truncated"] is True


@pytest.mark.parametrize(
    ("incident_tlp", "own", "whole"),
    [
        ("green", {}, {"incident", "observation"}),
        ("green", {"tlp": "amber"}, {"incident"}),
        ("amber", {}, set()),
    ],
)
def test_an_observation_is_told_beside_its_incident(
    lead: Reader,
    birch: Member,
    incident_tlp: str,
    own: dict[str, Any],
    whole: set[str],
) -> None:
    shared_with = [birch] if incident_tlp == "amber" else []
    incident = make.incident(by=lead, tlp=incident_tlp, shared_with=shared_with)
    one_alert()
    audiences = {"audiences": make.audience(birch)} if own else {}
    observation = make.observation(incident, lead, **own, **audiences)
    observation = Observation.objects.select_related("organisation", "incident").get()

    data = one_alert()["data"]

    shown = represent_observation(observation, for_author=False)
    reduced = {name: shown[name] for name in ("id", "incident", "tlp")}
    assert data["observation"] == (shown if "observation" in whole else reduced)
    assert ("title" in data["incident"]) is ("incident" in whole)
    assert data["version"] == incident.version


def test_an_observation_of_a_large_incident_is_told_reduced(lead: Reader, birch: Member) -> None:
    incident = make.incident(by=lead)
    one_alert()
    make.observation(incident, lead)
    Incident.objects.filter(pk=incident.pk).update(summary="x" * 21_000)

    data = one_alert()["data"]

    assert data["truncated"] is True
    assert data["incident"].keys() == REDUCED
    assert data["observation"].keys() == {"id", "incident", "tlp"}


def test_what_an_organisation_says_of_the_owner_s_incident_the_owner_is_told_as_its_own(
    lead: Reader, birch: Member
) -> None:
    incident = make.incident(by=lead, tlp="green", shared_with=[birch])
    alerting.fan_out_all()
    send_all()
    hook = alerting.endpoint(lead.member)
    cedar = alerting.endpoint(make.member("cedar"))
    make.observation(incident, make.person(birch), audiences=make.audience(lead.member))
    alerting.fan_out_all()

    (sending,) = send_all()

    data = said(sending)["data"]
    assert sending.endpoint_id == hook.pk
    assert data["incident"]["audiences"] == [{"member": "birch"}]
    assert "audiences" not in data["observation"]
    assert cedar.deliveries.exists() is False


def test_a_withdrawal_tells_reference_state_and_reason(lead: Reader, birch: Member) -> None:
    incident = make.incident(by=lead)
    one_alert()
    withdraw_incident(incident_id=incident.pk, reason="It was genuine.", by=lead)

    data = one_alert()["data"]

    assert data["incident"] == {
        "ref": incident.ref, "status": "withdrawn", "withdrawn_reason": "It was genuine.",
    }  # fmt: skip
    assert data["version"] == 2


def test_those_who_lost_it_before_are_not_told_why_it_was_withdrawn(
    lead: Reader, birch: Member
) -> None:
    group = make.group(lead.member, birch)
    incident = make.incident(by=lead, tlp="amber", shared_with=[group])
    one_alert()
    group.memberships.all().delete()
    withdraw_incident(incident_id=incident.pk, reason="It was genuine.", by=lead)

    assert one_alert()["data"]["incident"] == {"ref": incident.ref, "status": "withdrawn"}


def test_receivers_of_one_batch_differ_in_sequence_only(lead: Reader, birch: Member) -> None:
    for _ in range(2):
        alerting.endpoint(make.member())
    make.incident(by=lead)
    alerting.fan_out_all()
    send_all()
    alerting.endpoint(birch)
    make.incident(by=lead)
    alerting.fan_out_all()

    alerts = [said(sending) for sending in send_all()]

    sequences = sorted(alert["data"].pop("sequence") for alert in alerts)
    assert sequences == [1, 2, 2, 2]
    assert alerts.count(alerts[0]) == 4


def test_a_member_that_joins_is_told_by_its_public_facts(birch: Member) -> None:
    create_member(slug="cedar", name="Cedar")

    data = one_alert()["data"]

    assert data["member"] == {"slug": "cedar", "name": "Cedar", "kind": "signatory"}


def test_every_topic_that_is_recorded_can_be_chosen() -> None:
    assert set(TOPICS) < set(CHOOSABLE)
    assert all(topic.name == name for name, topic in TOPICS.items())
