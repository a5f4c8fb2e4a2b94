"""The pull feed: what stands in it for whom, its cursors, and what reading it leaves behind."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from accounts.models import Member, MemberKind, MemberStatus
from accounts.readers import Reader
from accounts.services.members import change_member_status, create_member
from hub.audit.models import AuditEntry
from hub.kit import crypto
from hub.kit.errors import InvalidInput
from hub.outbox.models import Event
from incidents.alerts import feed as module
from incidents.alerts.feed import FeedPage, feed_page
from incidents.alerts.services.endpoints import disable_endpoint
from incidents.alerts.subjects import Occurrence, Subjects, load_subjects
from incidents.core.models import Disclosure, Incident
from incidents.core.representation import represent_incident
from incidents.core.services.filing import update_incident, withdraw_incident
from tests import alerting, make

pytestmark = pytest.mark.django_db


def feed(member: Member, **options: Any) -> FeedPage:
    """The feed as a system of the organisation gets it, with everything placed."""
    alerting.place_all()
    member.refresh_from_db()
    return alerting.conforming(feed_page(Reader(member, None), **options))


def told(page: FeedPage) -> list[tuple[str, str]]:
    """Topic and what is shown of each item."""
    return [
        (item["type"], next(name for name in item["data"] if name not in {"event_id", "version"}))
        for item in page.items
    ]


def test_an_item_is_the_webhook_body_without_sequence_and_with_a_cursor(
    lead: Reader, birch: Member
) -> None:
    alerting.endpoint(birch)
    incident = make.incident(by=lead)
    alerting.fan_out_all()
    (sending,) = alerting.send_all()

    (item,) = feed(birch).items

    webhook = alerting.said(sending)
    del webhook["data"]["sequence"]
    cursor = item.pop("cursor")
    assert item == webhook
    assert item["data"]["incident"] == represent_incident(incident, for_owner=False)
    assert cursor == feed(birch).cursor


@pytest.mark.parametrize(
    ("tlp", "kind", "named", "stands"),
    [
        ("clear", MemberKind.REGULATOR, False, True),
        ("green", MemberKind.MEMBER, False, True),
        ("green", MemberKind.REGULATOR, False, False),
        ("amber", MemberKind.MEMBER, False, False),
        ("amber", MemberKind.REGULATOR, True, True),
        ("amber+strict", MemberKind.REGULATOR, True, False),
        ("amber+strict", MemberKind.MEMBER, True, True),
    ],
)
def test_the_feed_shows_what_the_organisation_may_read(
    lead: Reader, tlp: str, kind: str, named: bool, stands: bool
) -> None:
    reader = make.member(kind=kind)
    shared_with = [reader if named else make.member()]
    make.incident(by=lead, tlp=tlp, shared_with=[] if tlp in {"clear", "green"} else shared_with)

    page = feed(reader)

    assert told(page) == [("incident.published", "incident")] * stands


def test_nothing_red_stands_in_it_whoever_asks(lead: Reader, acme: Member, birch: Member) -> None:
    person = make.person(birch)
    assert person.user is not None
    make.incident(by=lead, tlp="red", shared_with=[person.user])
    alerting.place_all()

    assert feed_page(person).items == []
    assert feed_page(lead, own=True).items == []


def test_own_actions_are_left_out_unless_asked_for(
    lead: Reader, acme: Member, birch: Member
) -> None:
    incident = make.incident(by=lead)
    make.observation(incident, lead)
    theirs = make.observation(incident, make.person(birch))
    withdraw_incident(incident_id=incident.pk, reason="Genuine.", by=lead)

    without, with_own = feed(acme), feed(acme, own=True)

    assert [item["data"]["observation"]["id"] for item in without.items] == [str(theirs.pk)]
    assert [topic for topic, _ in told(with_own)] == [
        "incident.published", "observation.added", "observation.added", "incident.withdrawn",
    ]  # fmt: skip


def test_an_owner_does_not_learn_whose_sight_it_changed(lead: Reader, birch: Member) -> None:
    hidden = make.group(make.member(), lead.member, birch, membership_hidden=True)
    cedar = make.member()
    for named in (birch, cedar):  # the one belongs to the group, the other does not
        incident = make.incident(by=lead, tlp="amber", shared_with=[hidden])
        update_incident(
            incident_id=incident.pk,
            changes={"audiences": make.audience(hidden, named)},
            by=lead,
            expected_revision=incident.revision,
        )

    assert [topic for topic, _ in told(feed(lead.member, own=True))] == ["incident.published"] * 2
    assert [topic for topic, _ in told(feed(cedar))] == ["incident.granted"]


def test_members_endpoints_and_observations_stand_in_it_for_those_they_concern(
    lead: Reader, birch: Member
) -> None:
    cedar = create_member(slug="cedar", name="Cedar")
    change_member_status(member_id=cedar.pk, status=MemberStatus.SUSPENDED)
    incident = make.incident(by=lead, tlp="green")
    make.observation(incident, lead, tlp="amber", audiences=make.audience(make.member()))
    make.observation(incident, lead, tlp="amber", audiences=make.audience(birch))
    disable_endpoint(endpoint_id=alerting.endpoint(birch).pk, reason="test")

    page = feed(birch)

    assert told(page) == [
        ("member.left", "member"),
        ("incident.published", "incident"),
        ("observation.added", "incident"),
        ("endpoint.disabled", "endpoint"),
    ]
    assert page.items[2]["data"]["observation"].keys() == {"id", "incident", "tlp"}


def test_topics_narrow_it(lead: Reader, birch: Member) -> None:
    incident = make.incident(by=lead)
    make.observation(incident, lead)

    assert told(feed(birch, topics=["observation.added"])) == [("observation.added", "incident")]
    assert told(feed(birch, topics=["crossref.accepted"])) == []


def test_an_unknown_topic_is_refused(birch: Member) -> None:
    with pytest.raises(InvalidInput) as refusal:
        feed(birch, topics=["incident.publish"])

    assert refusal.value.errors[0].pointer == "/topics"
    assert "incident.published" in refusal.value.detail


def test_an_inactive_organisation_finds_nothing(lead: Reader, birch: Member) -> None:
    make.incident(by=lead)
    Member.objects.filter(pk=birch.pk).update(status=MemberStatus.SUSPENDED)

    assert feed(birch, topics=["incident.published"]).items == []


# Cursors ----------------------------------------------------------------------------------------


def test_pages_follow_each_other_without_gap_or_overlap(lead: Reader, birch: Member) -> None:
    refs = [make.incident(by=lead).ref for _ in range(5)]
    first = feed(birch, limit=2)
    second = feed(birch, limit=2, after=first.cursor)
    third = feed(birch, limit=2, after=second.cursor)
    fourth = feed(birch, limit=2, after=third.cursor)

    pages = [first, second, third, fourth]
    shown = [item["data"]["incident"]["ref"] for page in pages for item in page.items]
    assert shown == refs
    assert [len(page.items) for page in pages] == [2, 2, 1, 0]
    assert first.cursor == first.items[-1]["cursor"]
    assert fourth.cursor == third.cursor


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_hold_all_kinds_of_news_in_the_order_in_which_it_happened(
    lead: Reader, birch: Member, limit: int
) -> None:
    incidents = []
    for number in range(3):
        incidents.append(make.incident(by=lead))
        make.observation(incidents[0], lead)
        create_member(slug=f"newcomer-{number}", name="Newcomer")
        withdraw_incident(incident_id=make.incident(by=lead).pk, reason="Satire.", by=lead)
    make.link(incidents[0], incidents[1], lead)
    lost = make.incident(by=lead, tlp="amber", shared_with=[birch])
    whole = feed(birch, limit=200)

    page, paged = feed(birch, limit=limit), []
    while page.items:
        paged += page.items
        page = feed(birch, limit=limit, after=page.cursor)

    assert len(whole.items) == 17
    assert whole.items[-1]["data"]["incident"]["ref"] == lost.ref
    assert [item["data"]["event_id"] for item in paged] == [
        item["data"]["event_id"] for item in whole.items
    ]


def test_a_cursor_stays_equal_while_nothing_new_is_visible(lead: Reader, birch: Member) -> None:
    empty = feed(birch)
    make.incident(by=lead, tlp="amber", shared_with=[make.member()])
    assert feed(birch) == empty
    make.incident(by=lead)
    page = feed(birch)
    make.incident(by=lead, tlp="amber", shared_with=[make.member()])

    assert feed(birch) == page
    assert feed(birch, after=page.cursor) == FeedPage([], page.cursor)
    assert page.cursor != empty.cursor


def test_an_item_s_own_cursor_goes_on_behind_it(lead: Reader, birch: Member) -> None:
    refs = [make.incident(by=lead).ref for _ in range(3)]
    page = feed(birch)

    rest = feed(birch, after=page.items[0]["cursor"])

    assert [item["data"]["incident"]["ref"] for item in rest.items] == refs[1:]


def test_after_takes_the_id_of_an_event_that_was_sent_or_stands_in_the_feed(
    lead: Reader, birch: Member
) -> None:
    make.incident(by=lead)
    hook = alerting.endpoint(birch)
    amber = make.incident(by=lead, tlp="amber", shared_with=[birch])
    alerting.fan_out_all()
    alerting.send_all()
    last = make.incident(by=lead)
    alerting.place_all()
    Incident.objects.filter(pk=amber.pk).update(owner=make.member(), audiences=[])
    amber.named.all().delete()
    first_event, sent_event, _ = Event.objects.order_by("pk")

    after_shown = feed(birch, after=first_event.public_id)
    after_sent = feed(birch, after=sent_event.public_id)

    assert hook.deliveries.get().sequence == 1
    assert [topic for topic, _ in told(after_shown)] == ["incident.published"] * 2
    assert [item["data"]["incident"]["ref"] for item in after_sent.items] == [last.ref]


def test_what_was_received_before_it_has_a_place_gives_an_empty_page(
    lead: Reader, birch: Member
) -> None:
    alerting.endpoint(birch)
    make.incident(by=lead)
    alerting.fan_out_all()
    alerting.send_all()
    event_id = Event.objects.get().public_id

    page = feed_page(Reader(birch, None), after=event_id)

    assert page == FeedPage([], event_id)


def test_every_after_that_is_none_of_the_reader_s_is_refused_in_the_same_words(
    lead: Reader, acme: Member, birch: Member
) -> None:
    alerting.endpoint(birch)
    make.incident(by=lead, tlp="amber", shared_with=[make.member()])
    hidden = Event.objects.get()
    make.incident(by=lead)
    unplaced = Event.objects.order_by("pk").last()
    assert unplaced is not None
    alerting.place_all()
    Event.objects.filter(pk=unplaced.pk).update(position=None)
    of_another = feed_page(lead, own=True).cursor
    tries = [
        hidden.public_id,
        unplaced.public_id,
        f"evt_{uuid4().hex}",
        "evt_",
        "",
        of_another,
        crypto.seal("1", context="something else"),
        "x" * 5000,
        "\ud800",
    ]

    refusals = []
    for after in tries:
        with pytest.raises(InvalidInput) as refusal:
            feed_page(Reader(birch, None), after=after)
        refusals.append((refusal.value.code, refusal.value.pointer, refusal.value.detail))

    assert set(refusals) == {("invalid_cursor", "/after", refusals[0][2])}


def test_it_reaches_back_ninety_days(lead: Reader, birch: Member) -> None:
    for days in (89, 91):
        make.incident(by=lead)
        event = Event.objects.order_by("pk").last()
        assert event is not None
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE outbox_event DISABLE TRIGGER USER")
        Event.objects.filter(pk=event.pk).update(
            recorded_at=event.recorded_at - timedelta(days=days)
        )

    assert len(feed(birch).items) == 1


# As things are now ------------------------------------------------------------------------------


def test_it_shows_the_incident_as_it_is_now(lead: Reader, birch: Member) -> None:
    incident = make.incident(by=lead)
    alerting.change(incident, lead, title="As it is now")

    page = feed(birch)

    assert [item["data"]["incident"]["title"] for item in page.items] == ["As it is now"] * 2
    assert [item["data"]["version"] for item in page.items] == [2, 2]


def test_of_an_incident_lost_since_only_a_tombstone_is_left(lead: Reader, birch: Member) -> None:
    incident = make.incident(by=lead, tlp="amber", shared_with=[birch])
    shown = feed(birch).items[0]
    alerting.change(incident, lead, audiences=make.audience(make.member()))

    lost, revoked = feed(birch).items

    assert lost == {
        "type": "incident.published",
        "timestamp": shown["timestamp"],
        "data": {"event_id": shown["data"]["event_id"], "tombstone": True},
        "cursor": shown["cursor"],
    }
    assert revoked["data"]["incident"] == {"ref": incident.ref, "status": "published"}


def test_what_happened_after_it_was_lost_leaves_no_trace(lead: Reader, birch: Member) -> None:
    group = make.group(lead.member, birch)
    incident = make.incident(by=lead, tlp="amber", shared_with=[group])
    alerting.change(incident, lead, title="Second")
    feed(birch)
    group.memberships.all().delete()
    before = feed(birch)
    assert told(before) == [("incident.published", "tombstone"), ("incident.updated", "tombstone")]

    alerting.change(incident, lead, title="Third")
    make.observation(incident, lead)

    assert feed(birch) == before


def test_what_was_never_shown_leaves_no_trace_either(lead: Reader, birch: Member) -> None:
    group = make.group(lead.member, birch)
    make.incident(by=lead, tlp="amber", shared_with=[group])
    group.memberships.all().delete()

    assert feed(birch).items == []


def test_those_who_were_granted_sight_and_lost_it_see_a_tombstone(
    lead: Reader, birch: Member
) -> None:
    incident = make.incident(by=lead, tlp="amber", shared_with=[make.member()])
    alerting.change(incident, lead, audiences=make.audience(birch))
    granted = feed(birch)
    alerting.change(incident, lead, audiences=make.audience(make.member()))

    assert told(granted) == [("incident.granted", "incident")]
    assert told(feed(birch)) == [
        ("incident.granted", "tombstone"),
        ("incident.revoked", "incident"),
    ]


def test_a_withdrawal_tells_its_reason_to_those_who_may_read_what_is_left(
    lead: Reader, birch: Member
) -> None:
    group = make.group(lead.member, birch)
    cedar = make.member("cedar")
    incident = make.incident(by=lead, tlp="amber", shared_with=[group, cedar])
    withdraw_incident(incident_id=incident.pk, reason="It was genuine.", by=lead)
    group.memberships.all().delete()

    of_birch, of_cedar = feed(birch), feed(cedar)

    small = {"ref": incident.ref, "status": "withdrawn"}
    assert told(of_birch) == [("incident.withdrawn", "incident")]
    assert of_birch.items[0]["data"]["incident"] == small
    assert of_cedar.items[1]["data"]["incident"] == small | {"withdrawn_reason": "It was genuine."}
    assert of_cedar.items[0]["data"]["incident"].keys() == {
        "ref", "url", "status", "tlp", "pap", "owner", "version", "published_at",
        "withdrawn_at", "withdrawn_reason",
    }  # fmt: skip


def test_observations_of_a_withdrawn_incident_are_gone(lead: Reader, birch: Member) -> None:
    incident = make.incident(by=lead)
    make.observation(incident, lead)
    withdraw_incident(incident_id=incident.pk, reason="It was genuine.", by=lead)

    assert told(feed(birch, topics=["observation.added"])) == []


def test_what_was_received_and_lost_since_leaves_a_tombstone_and_a_place_to_go_on_from(
    lead: Reader, acme: Member, birch: Member
) -> None:
    group = make.group(acme, birch)
    incident = make.incident(by=lead, tlp="amber", shared_with=[group])
    make.observation(incident, lead)
    cedar = create_member(slug="cedar", name="Cedar")
    topics = ["observation.added", "member.joined"]
    received = feed(birch, topics=topics)
    assert told(received) == [("observation.added", "incident"), ("member.joined", "member")]

    group.memberships.all().delete()
    change_member_status(member_id=cedar.pk, status=MemberStatus.LEFT)
    lost = feed(birch, topics=topics)

    assert told(lost) == [("observation.added", "tombstone"), ("member.joined", "tombstone")]
    assert lost.cursor == received.cursor
    for item in received.items:
        page = feed(birch, after=item["data"]["event_id"], topics=topics)
        assert page.cursor == lost.cursor
    assert told(feed(make.member(), topics=topics)) == []


def test_what_is_gone_from_the_database_is_gone_from_the_feed(lead: Reader, birch: Member) -> None:
    make.incident(by=lead, tlp="amber", shared_with=[make.member()])
    alerting.change(Incident.objects.get(), lead, audiences=make.audience(birch))
    Event.objects.filter(topic="incident.published").update(is_directed=True)
    alerting.place_all()
    Incident.objects.all().delete()

    assert feed_page(Reader(birch, None)).items == []


# What reading leaves behind ---------------------------------------------------------------------


def test_what_is_shown_is_disclosed_once(lead: Reader, acme: Member, birch: Member) -> None:
    incident = make.incident(by=lead)
    feed(birch)
    first = Disclosure.objects.get()
    feed(birch)
    feed(acme, own=True)

    assert (first.incident_id, first.member_id) == (incident.pk, birch.pk)
    assert Disclosure.objects.get().at == first.at
    alerting.change(incident, lead, title="Newer")
    feed(birch)
    assert Disclosure.objects.get().at > first.at


def test_reading_amber_is_audited_once_a_page(lead: Reader, birch: Member) -> None:
    make.incident(by=lead)
    refs = [make.incident(by=lead, tlp="amber", shared_with=[birch]).ref for _ in range(2)]
    reader = make.system(birch)
    alerting.place_all()

    feed_page(reader)

    entry = AuditEntry.objects.get(action="incident.read")
    assert entry.objects_named == refs
    assert reader.token is not None
    assert (entry.member_id, entry.token_id) == (birch.pk, reader.token.pk)


def test_reading_green_is_not_audited(lead: Reader, birch: Member) -> None:
    make.incident(by=lead)
    feed(birch)

    assert AuditEntry.objects.filter(action="incident.read").exists() is False


def test_what_is_hidden_while_the_page_is_made_is_left_out(
    lead: Reader, birch: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = make.group(lead.member, birch)
    make.incident(by=lead, tlp="amber", shared_with=[group])
    kept = make.incident(by=lead)

    def load_later(occurrences: Iterable[Occurrence]) -> Subjects:
        group.memberships.all().delete()
        return load_subjects(occurrences)

    monkeypatch.setattr(module, "load_subjects", load_later)

    (item,) = feed(birch).items

    assert item["data"]["incident"]["ref"] == kept.ref


@pytest.mark.django_db(transaction=True)
def test_what_is_placed_while_the_page_is_made_is_not_passed_over(
    lead: Reader, birch: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = make.incident(by=lead)
    make.observation(incident, make.person(make.member()))
    find_others = module._others

    def place() -> None:
        for position, event in enumerate(Event.objects.order_by("pk"), start=1):
            Event.objects.filter(pk=event.pk).update(position=position)
        connection.close()

    def placed_meanwhile(*asked: Any, **options: Any) -> Any:
        placing = threading.Thread(target=place)
        placing.start()
        placing.join()
        return find_others(*asked, **options)

    with monkeypatch.context() as patched:
        patched.setattr(module, "_others", placed_meanwhile)
        first = feed_page(Reader(birch, None), after=None, limit=10, topics=[])
    second = feed_page(Reader(birch, None), after=first.cursor, limit=10, topics=[])

    types = [item["type"] for page in (first, second) for item in page.items]
    assert types == ["incident.published", "observation.added"]
