"""What one learns who sees an incident now, but not always did, or not all that hangs on it."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.readers import Reader
from accounts.services.members import change_member_status, create_member
from hub.outbox.models import Event
from hub.outbox.services import place_events
from incidents.core.models import Incident
from incidents.core.services.filing import update_incident, withdraw_incident
from tests import make
from tests.conftest import Login

EVENTS, INCIDENTS = "/api/v1/events/", "/api/v1/incidents/"


def place() -> None:
    """The test's transaction is still open: let what it wrote count as committed long ago."""
    Event.objects.filter(position=None).update(xid=0)
    place_events()


def change(incident: Incident, by: Reader, **changes: Any) -> None:
    incident.refresh_from_db()
    update_incident(
        incident_id=incident.pk, changes=changes, by=by, expected_revision=incident.revision
    )


def topics(feed: Any) -> list[str]:
    return [item["type"] for item in feed.json()["results"]]


def test_naming_somebody_else_too_changes_nothing_for_those_who_read_it(as_token: Login) -> None:
    owner, reader = make.member(), make.member()
    lead = make.person(owner)
    incident = make.incident(by=lead, tlp="amber", shared_with=[reader])
    client, path = as_token(reader), f"{INCIDENTS}{incident.ref}/"
    before = [client.get(path), client.get(f"{path}history/")]

    change(incident, lead, audiences=make.audience(reader, make.member()))

    after = [client.get(path), client.get(f"{path}history/")]
    assert [answer.content for answer in after] == [answer.content for answer in before]
    assert after[0]["ETag"] == before[0]["ETag"]


@pytest.mark.parametrize("tlp", ["amber", "green"])
def test_an_observation_does_not_tell_who_is_in_a_hidden_group(as_token: Login, tlp: str) -> None:
    owner, secret = make.member(), make.member("secret-member")
    group = make.group(make.member(), owner, secret, membership_hidden=True)
    incident = make.incident(owner, tlp=tlp, shared_with=[group])
    make.observation(incident, make.person(secret))
    place()
    client = as_token(owner)

    listed = client.get(f"{INCIDENTS}{incident.ref}/observations/")
    feed = client.get(EVENTS)

    assert [one["organisation"] for one in listed.json()["results"]] == [None]
    assert topics(feed) == ["observation.added"]
    assert b"secret-member" not in listed.content + feed.content


def test_filters_tell_nothing_of_what_a_tombstone_leaves_out(as_token: Login) -> None:
    lead = make.person(make.member())
    incident = make.incident(by=lead, severity="critical")
    withdraw_incident(incident_id=incident.pk, reason="Satire.", by=lead)
    client = as_token(make.member())

    answers = [
        client.get(f"{INCIDENTS}?status=withdrawn&severity={severity}").content
        for severity in ("low", "critical")
    ]

    assert answers[0] == answers[1]


def test_the_feed_does_not_tell_of_organisations_that_have_left(as_token: Login) -> None:
    gone = create_member(slug="gone-corp", name="Gone")
    change_member_status(member_id=gone.pk, status="left")
    place()

    feed = as_token(make.member()).get(EVENTS)

    assert topics(feed) == []


def test_the_feed_shows_nothing_from_before_sight_was_granted(as_token: Login) -> None:
    lead, first, later = make.person(make.member()), make.member(), make.member()
    incident = make.incident(by=lead, tlp="amber", shared_with=[first])
    change(incident, lead, title="Second")
    change(incident, lead, audiences=make.audience(first, later))
    change(incident, lead, title="Third")
    place()

    feed = as_token(later).get(EVENTS)

    assert topics(feed) == ["incident.granted", "incident.updated"]


def test_nor_from_the_time_between_losing_and_regaining_it(as_token: Login) -> None:
    lead, other, reader = make.person(make.member()), make.member(), make.member()
    incident = make.incident(by=lead, tlp="amber", shared_with=[other, reader])
    change(incident, lead, audiences=make.audience(other))
    change(incident, lead, title="Behind their back")
    change(incident, lead, audiences=make.audience(other, reader))
    place()

    feed = as_token(reader).get(EVENTS)

    assert topics(feed) == ["incident.published", "incident.revoked", "incident.granted"]


def test_the_feed_goes_on_for_one_who_regained_sight_by_a_group(as_token: Login) -> None:
    owner, reader = make.member(), make.member()
    lead, group = make.person(owner), make.group(owner)
    incident = make.incident(by=lead)
    change(incident, lead, audiences=make.audience(group))
    group.members.add(reader)
    change(incident, lead, title="Second")
    place()

    feed = as_token(reader).get(EVENTS)

    assert topics(feed) == ["incident.published", "incident.revoked", "incident.updated"]
