"""Merging of free tags by the hub's operator."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError

from accounts.models import Member
from hub.audit.models import AuditEntry
from hub.kit.errors import Conflict, InvalidInput
from hub.kit.provisioning import answer_of
from hub.outbox.models import Event
from incidents.core.indexing import write_indexes
from incidents.core.models import Incident, IncidentVersion
from incidents.core.services import tagging
from incidents.core.services.filing import withdraw_incident
from incidents.core.services.tagging import apply_tags, merge_tag
from incidents.taxonomy.models import TagAlias
from tests import make
from tests.conftest import Login

OLD, NEW, THIRD = 'tag:"robo call"', 'tag:"robocall"', 'tag:"phone"'


@pytest.fixture
def owner(db: None) -> Member:
    return make.member("acme")


def test_the_command_prints_what_became_of_it(owner: Member) -> None:
    make.incident(owner, tags=[OLD])

    printed = answer_of("tag", "merge", "--from", OLD, "--into", NEW)

    assert printed == {"from": OLD, "into": NEW, "incidents": 1}


def test_the_command_says_in_words_what_is_wrong(db: None) -> None:
    with pytest.raises(CommandError, match="free tags"):
        answer_of("tag", "merge", "--from", "likelihood:likely", "--into", NEW)


def test_every_incident_gets_the_new_tag_in_the_place_of_the_old(owner: Member) -> None:
    by = make.person(owner)
    rows = [
        make.incident(by=by, tags=[THIRD, OLD]),
        make.draft(by=by, tags=[OLD, NEW]),
        make.incident(by=by, tags=[THIRD]),
        make.incident(by=by, tags=[OLD]),
    ]
    withdraw_incident(incident_id=rows[3].pk, reason="Satire.", by=by)
    events = set(Event.objects.values_list("pk", flat=True))

    merged = merge_tag(tag=OLD, into=NEW)

    assert merged == (OLD, NEW, 2)
    tags = [Incident.objects.get(pk=row.pk).tags for row in rows]
    assert tags == [[THIRD, NEW], [NEW], [THIRD], [OLD]]
    assert set(rows[0].taggings.values_list("tag", flat=True)) == {THIRD, NEW}
    event = Event.objects.exclude(pk__in=events).get()
    assert (event.topic, event.stream_id, event.version) == ("incident.updated", rows[0].pk, 2)
    assert event.actor_id is None


def test_the_history_says_that_the_hub_did_it(owner: Member, as_token: Login) -> None:
    row = make.incident(owner, tags=[OLD])
    merge_tag(tag=OLD, into=NEW)

    reader = as_token(make.member())
    latest = reader.get(f"/api/v1/incidents/{row.ref}/history/").json()["results"][0]

    assert latest == {
        "version": 2,
        "at": latest["at"],
        "organisation": None,
        "change": "retagged",
        "note": f"{OLD} was merged into {NEW}",
        "fields": ["tags"],
    }


def test_the_audit_log_keeps_what_the_operator_did(owner: Member) -> None:
    row = make.incident(owner, tags=[OLD])
    merge_tag(tag=OLD, into=NEW)

    merge = AuditEntry.objects.get(action="tag.merge")
    assert (merge.member_id, merge.detail) == (None, {"from": OLD, "into": NEW})
    assert AuditEntry.objects.get(action="incident.retag").objects_named == [row.ref]


def test_it_goes_on_where_it_was_interrupted(
    owner: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tagging, "BATCH", 2)
    for _ in range(3):
        make.incident(owner, tags=[OLD])
    calls = []

    def die_in_the_second_batch(*given: Any) -> None:
        calls.append(given)
        if len(calls) == 3:
            raise ConnectionError
        write_indexes(*given)

    monkeypatch.setattr(tagging, "write_indexes", die_in_the_second_batch)
    with pytest.raises(ConnectionError):
        merge_tag(tag=OLD, into=NEW)
    assert Incident.objects.filter(tags=[OLD]).count() == 1

    again = [merge_tag(tag=OLD, into=NEW).incidents for _ in range(2)]

    assert again == [1, 0]
    assert IncidentVersion.objects.filter(change="retagged").count() == 3


def test_later_uses_of_the_old_tag_become_the_new_one(owner: Member) -> None:
    merge_tag(tag=OLD, into=NEW)
    by = make.person(owner)

    row = make.incident(by=by, tags=[OLD, THIRD, NEW])
    (tagged,) = apply_tags(refs=[row.ref], add=[OLD], remove=[THIRD], by=by)
    assert tagged.tags == [NEW]
    (tagged,) = apply_tags(refs=[row.ref], add=[], remove=[OLD], by=by)

    assert tagged.tags == []


def test_chains_are_resolved_to_their_end(owner: Member) -> None:
    merge_tag(tag=OLD, into=NEW)
    merge_tag(tag=NEW, into=THIRD)
    row = make.incident(owner, tags=[OLD])

    merged = merge_tag(tag='tag:"calls"', into=OLD)

    assert row.tags == [THIRD]
    assert merged.into == THIRD
    assert set(TagAlias.objects.values_list("into", flat=True)) == {THIRD}


@pytest.mark.parametrize(
    ("tag", "into", "words"),
    [
        (OLD, OLD, "itself"),
        (THIRD, OLD, "circle"),
        (OLD, 'tag:"else"', "already"),
    ],
)
def test_what_would_go_in_a_circle_or_two_ways_is_refused(
    db: None, tag: str, into: str, words: str
) -> None:
    if tag != into:
        merge_tag(tag=OLD, into=THIRD)

    with pytest.raises(Conflict, match=words):
        merge_tag(tag=tag, into=into)

    assert AuditEntry.objects.count() == (tag != into)


@pytest.mark.parametrize(
    ("tag", "into", "pointer"), [("nonsense", NEW, "/from"), (OLD, "likelihood:likely", "/into")]
)
def test_only_free_tags_are_merged(db: None, tag: str, into: str, pointer: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        merge_tag(tag=tag, into=into)

    assert refused.value.errors[0].pointer == pointer
    assert TagAlias.objects.exists() is False
