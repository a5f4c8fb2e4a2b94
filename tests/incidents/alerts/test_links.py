"""Alerts about links between incidents: who is told, what they say, and what becomes of them."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from accounts.models import Member, MemberKind
from accounts.readers import Reader
from hub.audit.models import AuditEntry
from hub.outbox.models import Event
from incidents.alerts.feed import FeedPage, feed_page
from incidents.alerts.models import Delivery, Endpoint
from incidents.alerts.services.fan_out import fan_out
from incidents.alerts.when_seen import while_ends_in_sight, with_sight_at
from incidents.core.models import Disclosure, Incident
from incidents.core.representation import incident_url
from incidents.core.services.filing import withdraw_incident
from incidents.crossrefs.models import CrossReference, Evidence, Origin
from incidents.crossrefs.representation import represent_crossref
from incidents.crossrefs.rights import ends_of, fetch_links
from incidents.crossrefs.services.deciding import accept_link, delete_link, reject_link
from tests import alerting, make
from tests.alerting import said, send_all

pytestmark = pytest.mark.django_db

REDUCED = {"id", "from", "to", "type", "state", "tlp"}
TOPICS = ["crossref.suggested", "crossref.accepted"]
POST_ID = "9000000000000000001"
POST = f"https://x.com/fixture/status/{POST_ID}"


@pytest.fixture
def acme() -> Reader:
    return make.person(make.member("acme"))


@pytest.fixture
def birch() -> Reader:
    return make.person(make.member("birch"))


@pytest.fixture
def cedar() -> Member:
    return make.member("cedar")


@pytest.fixture
def hook(cedar: Member) -> Endpoint:
    """Where cedar wants to hear of links, and of nothing else."""
    return alerting.endpoint(cedar, topics=TOPICS)


def proposed(acme: Reader, birch: Reader, **fields: Any) -> CrossReference:
    """Birch's proposal to link its incident to one of acme's."""
    one, other = make.incident(by=birch, **fields), make.incident(by=acme, **fields)
    return make.link(one, other, birch, explanation="The same voice.")


def suggested(acme: Reader, birch: Reader, *, tlp: str, seen_by: Member) -> CrossReference:
    """What the hub suggests since both saw the deepfake at one address, and who may know of it."""
    for reader in (birch, acme):
        incident = make.incident(by=reader)
        make.observation(
            incident, reader, url=POST, tlp=tlp, audiences=make.audience(seen_by), platform="X"
        )
    assert make.suggestions() == 1
    return CrossReference.objects.get()


def owed(topic: str) -> set[str]:
    rows = Delivery.objects.filter(topic=topic)
    return set(rows.values_list("endpoint__member__slug", flat=True))


def feed(member: Member, **options: Any) -> FeedPage:
    """The feed about links, with everything placed."""
    alerting.place_all()
    member.refresh_from_db()
    return alerting.conforming(feed_page(Reader(member, None), topics=TOPICS, **options))


def one_alert() -> dict[str, Any]:
    """What the one alert that is owed says."""
    alerting.fan_out_all()
    (sending,) = send_all()
    return said(sending)


# Who is told ------------------------------------------------------------------------------------


def test_links_are_owed_to_those_who_read_both_ends_but_not_to_who_made_them(
    acme: Reader, birch: Reader, cedar: Member
) -> None:
    observer = make.member("observer", kind=MemberKind.REGULATOR)
    for member in (acme.member, birch.member, cedar, observer):
        alerting.endpoint(member, topics=TOPICS)
    clear, green = make.incident(by=birch, tlp="clear"), make.incident(by=acme, tlp="green")
    link = make.link(clear, green, birch)
    accept_link(link_id=link.pk, by=acme)

    alerting.fan_out_all()

    assert owed("crossref.suggested") == {"acme", "cedar"}
    assert owed("crossref.accepted") == {"birch", "cedar"}


def test_a_suggestion_is_owed_to_those_who_may_know_what_speaks_for_it(
    acme: Reader, birch: Reader, cedar: Member
) -> None:
    for member in (acme.member, birch.member, cedar, make.member("dogwood")):
        alerting.endpoint(member, topics=TOPICS)
    suggested(acme, birch, tlp="green", seen_by=cedar)

    alerting.fan_out_all()

    assert owed("crossref.suggested") == {"cedar"}


@pytest.mark.parametrize("undo", [reject_link, delete_link])
def test_a_link_that_was_taken_away_meanwhile_is_owed_to_nobody(
    acme: Reader, birch: Reader, hook: Endpoint, undo: Any
) -> None:
    link = proposed(acme, birch)
    undo(link_id=link.pk, by=acme)

    assert fan_out(Event.objects.get(topic="crossref.suggested").pk) == 0


def test_red_links_are_owed_to_nobody(acme: Reader, cedar: Member, hook: Endpoint) -> None:
    person = make.user(cedar)
    red = make.incident(by=acme, tlp="red", shared_with=[person])
    make.link(red, make.incident(by=acme), acme)

    alerting.fan_out_all()

    assert owed("crossref.accepted") == set()
    assert feed(cedar).items == feed(acme.member, own=True).items == []


def test_those_who_gained_sight_of_an_end_later_are_not_told_what_was_linked_before(
    acme: Reader, cedar: Member, hook: Endpoint
) -> None:
    amber = make.incident(by=acme, tlp="amber", shared_with=[make.member()])
    make.link(make.incident(by=acme), amber, acme)
    alerting.change(amber, acme, audiences=make.audience(cedar))

    alerting.fan_out_all()

    assert alerting.states(hook) == []
    assert feed(cedar).items == []


@pytest.mark.parametrize("seed", range(5))
def test_feed_and_fan_out_agree_on_who_could_see_both_ends_when(seed: int) -> None:
    chance = random.Random(seed)
    lead, readers = make.person(make.member()), [make.member() for _ in range(3)]
    ends = [make.incident(by=lead, tlp="amber", shared_with=readers[:1]) for _ in range(2)]
    for kind in ("related", "same_media", "same_actor", "variant_of"):
        for end in ends:
            chosen = [one for one in readers if chance.random() < 0.6] or [make.member()]
            alerting.change(end, lead, audiences=make.audience(*chosen))
        make.link(ends[0], ends[1], lead, kind=kind)
    events = Event.objects.filter(topic="crossref.accepted")

    by_event = set()
    for event in events:
        could_see: QuerySet[Member] = Member.objects.filter(pk__in=[one.pk for one in readers])
        for end in ends:
            could_see = with_sight_at(event, could_see, incident_id=end.pk)
        by_event |= {(event.pk, member.pk) for member in could_see}
    by_member = {
        (event.pk, member.pk) for member in readers for event in while_ends_in_sight(events, member)
    }

    assert by_event == by_member
    assert 0 < len(by_event) < len(readers) * events.count()


# What is said -----------------------------------------------------------------------------------


def test_a_link_between_open_incidents_is_told_whole(
    acme: Reader, birch: Reader, hook: Endpoint
) -> None:
    link = proposed(acme, birch)

    alert = one_alert()

    (shown,) = fetch_links([link.pk]).values()
    event = Event.objects.get(topic="crossref.suggested")
    assert alert["type"] == event.topic
    assert alert["data"] == {
        "event_id": event.public_id,
        "sequence": 1,
        "version": 1,
        "crossref": represent_crossref(shown, evidence=(), for_author=False)
        | {
            "tlp": "green",
            "from_url": incident_url(shown.from_incident.ref),
            "to_url": incident_url(shown.to_incident.ref),
        },
    }
    assert alert["data"]["crossref"]["explanation"] == "The same voice."


def test_a_suggestion_that_was_accepted_before_it_was_sent_is_told_as_it_is_now(
    acme: Reader, birch: Reader, hook: Endpoint
) -> None:
    link = proposed(acme, birch)
    alerting.fan_out_all()
    accept_link(link_id=link.pk, by=acme)

    data = one_alert()["data"]

    assert (data["version"], data["crossref"]["state"]) == (2, "accepted")


def test_a_link_to_an_amber_incident_is_told_reduced(
    acme: Reader, birch: Reader, cedar: Member, hook: Endpoint
) -> None:
    link = proposed(acme, birch, tlp="amber", shared_with=[birch.member, cedar, acme.member])

    data = one_alert()["data"]

    assert data["crossref"] == {
        "id": str(link.pk),
        "from": link.from_incident.ref,
        "to": link.to_incident.ref,
        "type": "related",
        "state": "suggested",
        "tlp": "amber",
    }
    assert data.keys() == {"event_id", "sequence", "version", "crossref"}


@pytest.mark.parametrize(("tlp", "whole"), [("green", True), ("amber", False)])
def test_what_the_hub_found_is_told_as_far_as_the_observations_may_travel(
    acme: Reader, birch: Reader, hook: Endpoint, tlp: str, whole: bool
) -> None:
    suggested(acme, birch, tlp=tlp, seen_by=hook.member)

    crossref = one_alert()["data"]["crossref"]

    assert crossref["tlp"] == tlp
    assert (POST_ID in crossref.get("explanation", "")) is whole
    assert (crossref.keys() == REDUCED) is not whole


def test_an_explanation_above_20_kb_is_left_out(
    acme: Reader, birch: Reader, hook: Endpoint
) -> None:
    link = proposed(acme, birch)
    CrossReference.objects.filter(pk=link.pk).update(explanation="x" * 21_000)

    data = one_alert()["data"]

    assert data["truncated"] is True
    assert data["crossref"].keys() == REDUCED


def test_who_speaks_from_a_hidden_group_is_told_to_its_own_organisation_only(
    acme: Reader, birch: Reader, cedar: Member
) -> None:
    link = proposed(acme, birch)
    CrossReference.objects.filter(pk=link.pk).update(organisation_hidden=True)
    accept_link(link_id=link.pk, by=acme)
    Event.objects.filter(topic="crossref.suggested").update(fanned_out_at=None)
    for member in (birch.member, cedar):
        alerting.endpoint(member, topics=["crossref.accepted"])
    Endpoint.objects.update(created_at=Event.objects.earliest("recorded_at").recorded_at)
    alerting.fan_out_all()

    told = {sending.endpoint_id: said(sending)["data"]["crossref"]["by"] for sending in send_all()}

    by_slug = {
        endpoint.member.slug: told[endpoint.pk]
        for endpoint in Endpoint.objects.select_related("member")
    }
    assert by_slug == {"birch": "birch", "cedar": None}


def test_what_is_sent_of_a_link_is_disclosed_of_both_its_ends(
    acme: Reader, birch: Reader, cedar: Member, hook: Endpoint
) -> None:
    link = proposed(acme, birch)
    one_alert()

    assert set(Disclosure.objects.values_list("incident_id", "member_id")) == {
        (end.pk, cedar.pk) for end in ends_of(link)
    }


# Before each attempt ----------------------------------------------------------------------------


def test_nothing_is_sent_of_a_link_with_an_end_that_was_withdrawn(
    acme: Reader, birch: Reader, hook: Endpoint
) -> None:
    link = proposed(acme, birch)
    alerting.fan_out_all()
    withdraw_incident(incident_id=link.to_incident_id, reason="Satire.", by=acme)

    assert send_all() == []
    assert alerting.states(hook) == [("crossref.suggested", "cancelled")]


def test_the_owner_of_a_withdrawn_end_is_not_told_either(acme: Reader, birch: Reader) -> None:
    hook = alerting.endpoint(acme.member, topics=TOPICS)
    link = proposed(acme, birch)
    alerting.fan_out_all()
    withdraw_incident(incident_id=link.to_incident_id, reason="Satire.", by=acme)

    assert send_all() == []
    assert alerting.states(hook) == [("crossref.suggested", "cancelled")]


@pytest.mark.parametrize("undo", [reject_link, delete_link])
@pytest.mark.parametrize("was_tried", [False, True])
def test_nothing_is_sent_of_a_link_that_was_taken_away(
    acme: Reader, birch: Reader, hook: Endpoint, undo: Any, was_tried: bool
) -> None:
    link = proposed(acme, birch)
    alerting.fan_out_all()
    sent = send_all(status=500) if was_tried else []
    undo(link_id=link.pk, by=acme)
    alerting.let_pass(minutes=5)

    assert len(sent) == was_tried
    assert send_all() == []
    assert alerting.states(hook) == [("crossref.suggested", "cancelled")]


def test_a_link_is_not_sent_again_to_those_who_lost_sight_of_an_end(
    acme: Reader, birch: Reader, cedar: Member, hook: Endpoint
) -> None:
    group = make.group(acme.member, cedar)
    amber = make.incident(by=acme, tlp="amber", shared_with=[group])
    make.link(make.incident(by=acme), amber, acme)
    alerting.fan_out_all()
    send_all(status=500)
    group.memberships.all().delete()
    alerting.let_pass(minutes=5)

    assert send_all() == []
    assert alerting.states(hook) == [("crossref.accepted", "cancelled")]


@pytest.mark.parametrize(("tlp", "state"), [("amber", "cancelled"), ("green", "ok")])
def test_a_body_is_not_sent_again_when_an_end_is_narrower_than_it(
    acme: Reader, birch: Reader, hook: Endpoint, tlp: str, state: str
) -> None:
    link = proposed(acme, birch)
    alerting.fan_out_all()
    (first,) = send_all(status=500)
    audiences = make.audience(hook.member, birch.member)
    alerting.change(link.to_incident, acme, tlp=tlp, audiences=audiences)
    alerting.let_pass(minutes=5)

    again = send_all()

    assert alerting.states(hook) == [("crossref.suggested", state)]
    assert [one.body for one in again] == [first.body] * (state == "ok")


def test_a_newer_state_of_a_link_waits_for_the_older_one(
    acme: Reader, birch: Reader, hook: Endpoint
) -> None:
    link = proposed(acme, birch)
    alerting.fan_out_all()
    send_all(status=500)
    accept_link(link_id=link.pk, by=acme)
    alerting.fan_out_all()
    assert send_all() == []
    alerting.let_pass(minutes=5)

    topics = alerting.topics_of([*send_all(), *send_all()])

    assert topics == ["crossref.suggested", "crossref.accepted"]


# In the feed ------------------------------------------------------------------------------------


def test_links_stand_in_the_feed_as_webhooks_tell_them(
    acme: Reader, birch: Reader, cedar: Member, hook: Endpoint
) -> None:
    proposed(acme, birch)
    webhook = one_alert()

    (item,) = feed(cedar).items

    del webhook["data"]["sequence"], item["cursor"]
    assert item == webhook


def test_own_proposals_are_left_out_unless_asked_for(acme: Reader, birch: Reader) -> None:
    proposed(acme, birch)

    assert feed(birch.member).items == []
    assert [item["type"] for item in feed(birch.member, own=True).items] == ["crossref.suggested"]
    assert len(feed(acme.member).items) == 1


def test_a_suggestion_stands_in_the_feed_of_those_who_may_know_what_speaks_for_it(
    acme: Reader, birch: Reader, cedar: Member
) -> None:
    suggested(acme, birch, tlp="amber", seen_by=cedar)

    (item,) = feed(cedar).items

    assert item["data"]["crossref"].keys() == REDUCED
    assert feed(make.member()).items == []
    assert AuditEntry.objects.get(action="incident.read").objects_named == list(
        Incident.objects.order_by("-pk").values_list("ref", flat=True)
    )


@pytest.mark.parametrize("how", ["reject", "delete", "withdraw", "narrow"])
def test_a_link_that_was_received_and_lost_leaves_a_tombstone(
    acme: Reader, birch: Reader, cedar: Member, how: str
) -> None:
    link = proposed(acme, birch)
    (received,) = feed(cedar).items
    lose: dict[str, Callable[[], object]] = {
        "reject": lambda: reject_link(link_id=link.pk, by=acme),
        "delete": lambda: delete_link(link_id=link.pk, by=birch),
        "withdraw": lambda: withdraw_incident(
            incident_id=link.to_incident_id, reason="Satire.", by=acme
        ),
        "narrow": lambda: alerting.change(
            link.to_incident, acme, tlp="amber", audiences=make.audience(birch.member)
        ),
    }
    lose[how]()

    (lost,) = feed(cedar).items

    assert lost == received | {
        "data": {"event_id": received["data"]["event_id"], "tombstone": True}
    }
    assert feed(make.member()).items == []
    assert feed(cedar, after=received["data"]["event_id"]).cursor == received["cursor"]


def test_a_link_that_was_never_received_leaves_no_trace(
    acme: Reader, birch: Reader, cedar: Member
) -> None:
    link = proposed(acme, birch)
    reject_link(link_id=link.pk, by=acme)

    assert feed(cedar).items == []


def test_what_the_feed_shows_of_a_link_is_disclosed_of_both_its_ends(
    acme: Reader, birch: Reader, cedar: Member
) -> None:
    link = proposed(acme, birch)
    feed(cedar)
    feed(acme.member)

    assert set(Disclosure.objects.values_list("incident_id", "member_id")) == {
        *((end.pk, cedar.pk) for end in ends_of(link)),
        (link.from_incident_id, acme.member.pk),
    }


def test_the_feed_asks_as_much_for_many_links_as_for_one(
    acme: Reader, birch: Reader, cedar: Member
) -> None:
    proposed(acme, birch)
    first = feed(cedar)
    with CaptureQueriesContext(connection) as one:
        feed_page(Reader(cedar, None), topics=TOPICS)
    for _ in range(3):
        proposed(acme, birch)
    feed(cedar)

    with CaptureQueriesContext(connection) as many:
        page = feed_page(Reader(cedar, None), topics=TOPICS)

    assert (len(first.items), len(page.items)) == (1, 4)
    assert len(many) == len(one)


def test_evidence_is_shown_to_each_receiver_of_a_batch_as_it_may_know_it(
    acme: Reader, birch: Reader, cedar: Member, hook: Endpoint
) -> None:
    """Though all evidence for one suggestion has the same readers, for now."""
    link = suggested(acme, birch, tlp="green", seen_by=cedar)
    Evidence.objects.create(
        crossref=link, origin=Origin.URL, subject="https://a.example", score=0.1
    )
    alerting.endpoint(make.member("dogwood"), topics=TOPICS)
    Endpoint.objects.update(created_at=Event.objects.earliest("recorded_at").recorded_at)
    alerting.fan_out_all()

    told = [said(sending)["data"]["crossref"]["explanation"] for sending in send_all()]

    assert sorted(POST_ID in words for words in told) == [False, True]
    assert all("https://a.example" in words for words in told)
