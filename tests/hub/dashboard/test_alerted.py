"""Who was alerted of an incident: what its owner is told of that, and what not."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Member
from accounts.readers import Reader
from hub.outbox.models import Event
from incidents.alerts.feed import feed_page
from incidents.core.models import Incident
from incidents.core.services.filing import withdraw_incident
from incidents.sharing.models import Membership, SharingGroup
from tests import make
from tests.alerting import change, endpoint, fan_out_all, place_all, send_all
from tests.hub.dashboard.reading import Page

pytestmark = pytest.mark.django_db


def listening(slug: str = "", *, endpoints: int = 1) -> Member:
    """An organisation with endpoints."""
    member = make.member(slug)
    for _ in range(endpoints):
        endpoint(member)
    return member


def alerts(by: Reader, incident: Incident, query: str = "") -> Page:
    client = Client()
    assert by.user is not None
    client.force_login(by.user)
    answer = client.get(f"/incidents/{incident.ref}/alerts/{query}")
    assert answer.status_code == 200
    return Page(answer)


def of_topic(topic: str) -> str:
    """The query that asks for the latest event of a topic."""
    return f"?event={Event.objects.filter(topic=topic).latest('pk').public_id}"


def deliver(status: int = 200) -> None:
    fan_out_all()
    send_all(status=status)


def test_the_owner_sees_which_organisations_got_it_and_when() -> None:
    owner = make.person(make.member())
    listening("reelnest", endpoints=2)
    make.member("silent")
    incident = make.incident(by=owner)
    deliver()

    page = alerts(owner, incident)

    assert page.text["alerted"].count("Reelnest") == 1
    assert "Published version 1" in page.text["alerted"]
    assert "Delivered 1" in page.text["alerted"]
    assert " s" in page.text["alerted"].partition("Reelnest")[2]
    assert "Silent" not in page.html
    assert "hooks.example.com" not in page.html


@pytest.mark.parametrize(
    ("status", "told"), [(200, "Delivered"), (500, "Waiting"), (None, "Waiting")]
)
def test_an_organisation_stands_there_with_how_it_went(status: int | None, told: str) -> None:
    owner = make.person(make.member())
    listening("reelnest")
    incident = make.incident(by=owner)
    fan_out_all()
    send_all(status=status)

    assert f"Reelnest {told}" in alerts(owner, incident).text["alerted"]


def test_only_the_owner_is_told() -> None:
    other = listening("reelnest")
    incident = make.incident()
    deliver()
    client = Client()
    client.force_login(make.user(other))

    answer = client.get(f"/incidents/{incident.ref}/alerts/")

    assert answer.status_code == 404
    assert "alerts" not in Page(client.get(f"/incidents/{incident.ref}/")).ids


def test_the_events_of_other_incidents_are_not_asked_for_here() -> None:
    owner = make.person(make.member())
    listening("reelnest")
    incident, other = make.incident(by=owner), make.incident(by=owner, tlp="clear")
    make.incident(by=owner)
    deliver()

    event = Event.objects.get(topic="incident.published", subject_id=other.pk)
    page = alerts(owner, incident, f"?event={event.public_id}")

    assert "Published version 1" in page.text["alerted"]
    assert event.public_id not in page.html
    assert len(page.links["events"]) == 1


def test_who_read_it_in_the_feed_stands_there_with_the_time() -> None:
    owner = make.person(make.member())
    reading, delivered = make.member("reelnest"), listening("hedgewatch")
    incident = make.incident(by=owner)
    deliver()
    place_all()
    for one in (reading, delivered):
        feed_page(make.system(one))

    told = alerts(owner, incident).text["alerted"].partition("Read in the feed")[2]

    assert "Reelnest last" in told
    assert "Hedgewatch" not in told


def test_of_a_group_whose_members_the_owner_knows_each_is_named() -> None:
    owner = make.person(make.member())
    group = make.group(owner.member, listening("reelnest"), membership_hidden=True)
    incident = make.incident(by=owner, tlp="amber", shared_with=[group])
    deliver()

    assert "Reelnest" in alerts(owner, incident).text["alerted"]


class Opaque:
    """An incident of an organisation that belongs to a hidden group, which others manage."""

    def __init__(self, *also_named: Member) -> None:
        self.owner = make.person(make.member())
        self.inside = listening("inside-one")
        self.group = make.group(
            make.member(), self.owner.member, self.inside, membership_hidden=True
        )
        self.incident = make.incident(
            by=self.owner, tlp="amber", shared_with=[self.group, *also_named]
        )

    def shared_with(self, *named: Member | SharingGroup, **fields: object) -> None:
        change(self.incident, self.owner, audiences=make.audience(*named), **fields)

    @property
    def page(self) -> Page:
        return alerts(self.owner, self.incident)


def test_of_a_hidden_group_only_its_states_are_told() -> None:
    scene = Opaque()
    deliver()
    place_all()
    feed_page(make.system(scene.inside))

    page = scene.page

    assert f"{scene.group.name} Delivered" in page.text["alerted"]
    assert "Inside-One" not in page.html
    assert "Delivered 1" not in page.text["alerted"]


@pytest.mark.parametrize("how", ["by name", "by the mark", "in the feed"])
def test_who_was_let_in_by_a_hidden_group_first_is_not_named_for_that(how: str) -> None:
    scene = Opaque()
    deliver()
    place_all()
    feed_page(make.system(scene.inside))
    if how == "by name":
        scene.shared_with(scene.inside)
    else:
        Incident.objects.filter(pk=scene.incident.pk).update(tlp="green", audiences=[])
    deliver()

    first = alerts(scene.owner, scene.incident, of_topic("incident.published"))

    assert "Inside-One" not in first.text["alerted"]


def test_changes_of_sight_are_left_out_where_a_hidden_group_is_or_was_named() -> None:
    named = listening("named-one")
    scene = Opaque(named)
    scene.shared_with(scene.group, scene.inside)
    scene.shared_with(named)
    deliver()
    topics = set(Event.objects.values_list("topic", flat=True))

    page = scene.page

    assert {"incident.granted", "incident.revoked"} & topics
    assert page.text["events"].startswith("Changes Published version 1 · ")
    assert page.text["events"].count("version") == 1


def test_who_was_named_all_the_time_is_named_beside_a_hidden_group() -> None:
    throughout, dropped = listening("throughout"), listening("dropped")
    scene = Opaque(throughout, dropped)
    deliver()
    assert {"Throughout", "Dropped"} <= set(scene.page.text["alerted"].split())

    scene.shared_with(scene.group, throughout)

    assert "Throughout" in scene.page.text["alerted"]
    assert "Dropped" not in scene.page.html


def test_a_hidden_member_that_is_named_too_changes_nothing_for_the_group() -> None:
    """Naming one organisation after the other must not tell which of them belong to the group."""
    scene = Opaque()
    deliver()
    before = scene.page.text["alerted"].partition(scene.group.name)[2][:10]

    scene.shared_with(scene.group, scene.inside)
    change(scene.incident, scene.owner, summary="More.")
    deliver()

    after = scene.page.text["alerted"].partition(scene.group.name)[2][:10]
    assert before == after == " Delivered"


def test_with_a_known_group_changes_of_sight_are_told_with_names() -> None:
    owner = make.person(make.member())
    one, other = listening("reelnest"), listening("hedgewatch")
    incident = make.incident(by=owner, tlp="amber", shared_with=[one])
    deliver()
    change(incident, owner, audiences=make.audience(other))
    deliver()

    granted = alerts(owner, incident, of_topic("incident.granted")).text["alerted"]
    revoked = alerts(owner, incident, of_topic("incident.revoked")).text["alerted"]

    assert ("Hedgewatch" in granted, "Reelnest" in granted) == (True, False)
    assert ("Hedgewatch" in revoked, "Reelnest" in revoked) == (False, True)


def test_who_has_left_a_group_is_not_named_any_more() -> None:
    owner = make.person(make.member())
    gone = listening("gone")
    group = make.group(owner.member, gone, make.member())
    incident = make.incident(by=owner, tlp="amber", shared_with=[group])
    deliver()
    Membership.objects.filter(member=gone).delete()

    assert "Gone" not in alerts(owner, incident).html


def test_a_withdrawal_and_a_draft_and_red() -> None:
    owner = make.person(make.member())
    listening("reelnest")
    withdrawn = make.incident(by=owner)
    deliver()
    withdraw_incident(incident_id=withdrawn.pk, reason="Wrong.", by=owner)
    deliver()
    red = make.incident(by=owner, tlp="red", shared_with=[make.user(make.member())])
    deliver()

    assert "Withdrawn version 2" in alerts(owner, withdrawn).text["alerted"]
    assert "Reelnest" in alerts(owner, withdrawn).text["alerted"]
    assert "Reelnest" not in alerts(owner, red).html
    assert "Nobody was alerted" in alerts(owner, make.draft(owner.member)).text["alerted"]


def test_the_page_takes_as_many_queries_for_many_organisations_as_for_one() -> None:
    owner = make.person(make.member())

    def queries(number: int) -> int:
        for _ in range(number):
            listening()
        incident = make.incident(by=owner)
        deliver()
        alerts(owner, incident)
        with CaptureQueriesContext(connection) as captured:
            alerts(owner, incident)
        return len(captured)

    assert queries(1) == queries(30)
