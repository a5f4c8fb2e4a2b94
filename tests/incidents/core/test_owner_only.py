"""What only its owner may know of an incident: neither the value nor that it changed."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Member
from accounts.readers import Reader
from hub.outbox.models import Event
from incidents.core import history, models
from incidents.core.models import Incident
from incidents.core.services import filing
from incidents.core.services.filing import update_incident
from tests import make

FIELDS = frozenset({"audiences", "stage"})
"""A second field of this kind, as one that is added later would be."""


@pytest.fixture(autouse=True)
def two_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (models, filing, history):
        monkeypatch.setattr(module, "OWNER_ONLY", FIELDS)


@pytest.fixture
def by(db: None) -> Reader:
    return make.person(make.member(), reauthenticated=True)


@pytest.fixture
def readers(db: None) -> list[Member]:
    return [make.member(), make.member()]


def change(incident: Incident, by: Reader, **changes: Any) -> Incident:
    return update_incident(
        incident_id=incident.pk, changes=changes, by=by, expected_revision=incident.revision
    )


def entries(incident: Incident, member: Member) -> list[tuple[str, list[str]]]:
    reader = make.system(member)
    seen = history.versions_visible_to(reader, incident)
    shown = history.represent_versions(
        list(seen), incident=incident, for_owner=member.pk == incident.owner_id
    )
    return [(entry["change"], entry["fields"]) for entry in shown]


@pytest.mark.parametrize(
    ("changes", "shown", "topics"),
    [
        ({"stage": "closed"}, None, []),
        ({"stage": "closed", "audiences": ["first", "third"]}, None, ["incident.granted"]),
        ({"stage": "closed", "title": "New"}, ["title"], ["incident.updated"]),
        (
            {"stage": "closed", "audiences": ["first", "third"], "title": "New"},
            ["title"],
            ["incident.granted", "incident.updated"],
        ),
        ({"audiences": ["third"], "title": "New"}, None, ["incident.granted", "incident.revoked"]),
    ],
)
def test_others_learn_of_the_rest_alone(
    by: Reader,
    readers: list[Member],
    changes: dict[str, Any],
    shown: list[str] | None,
    topics: list[str],
) -> None:
    first, third = readers
    incident = make.incident(by=by, tlp="amber", shared_with=[first])
    members = {"first": first, "third": third}
    if "audiences" in changes:
        named = [members[name] for name in changes["audiences"]]
        changes = changes | {"audiences": make.audience(*named)}
    before = set(Event.objects.values_list("pk", flat=True))

    changed = change(incident, by, **changes)

    new = Event.objects.exclude(pk__in=before).order_by("topic")
    assert list(new.values_list("topic", flat=True)) == topics
    expected = [] if shown is None else [("updated", shown)]
    is_told = "title" in changes
    assert changed.version == (2 if is_told else 1)
    if "incident.revoked" not in topics:
        assert entries(changed, first)[:-1] == expected
    assert entries(changed, by.member)[0] == ("updated", sorted(changes))
