"""The calendar of elections is loaded from its file, again and again to the same effect."""

from __future__ import annotations

import json
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from accounts.models import Member, MemberKind, MemberStatus
from accounts.readers import Reader
from incidents.taxonomy import elections, registry, services
from incidents.taxonomy.elections import read_elections
from incidents.taxonomy.models import Election
from incidents.taxonomy.registry import MalformedData

GOOD: dict[str, Any] = {
    "key": "xx-2026",
    "name": "2026 election",
    "kind": "local",
    "country": "AR",
    "region": "AR-C",
    "polling_from": "2026-05-02",
    "polling_to": "2026-05-03",
    "status": "scheduled",
}


def election(**fields: Any) -> Election:
    days = {"polling_from": date(2026, 5, 2), "polling_to": date(2026, 5, 3)}
    fields = {"key": "xx-2026", "watch_from": date(2026, 3, 1), **days, **fields}
    return Election(name="2026 election", kind="local", country="AR", status="held", **fields)


@pytest.mark.django_db
def test_loading_twice_leaves_what_loading_once_made() -> None:
    first = services.load_vocabularies()
    rows = list(Election.objects.values().order_by("key"))

    second = services.load_vocabularies()

    assert second == first
    assert first.elections == len(rows) == len(read_elections())
    assert list(Election.objects.values().order_by("key")) == rows


@pytest.mark.django_db
def test_loading_mends_what_differs_and_keeps_what_left_the_file() -> None:
    election(key="us-nh-primary-2024").save()
    election(key="left-the-file").save()

    services.load_vocabularies()

    primary = Election.objects.get(key="us-nh-primary-2024")
    assert str(primary) == "2024 New Hampshire Democratic presidential primary"
    assert (primary.kind, primary.country, primary.region) == ("primary", "US", "US-NH")
    assert primary.polling_from == date(2024, 1, 23)
    assert primary.watch_from == date(2023, 11, 24)
    assert Election.objects.filter(key="left-the-file").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "seen"), [(MemberStatus.ACTIVE, 1), (MemberStatus.SUSPENDED, 0)]
)
def test_the_calendar_is_read_by_every_active_organisation(status: str, seen: int) -> None:
    election().save()
    reader = Reader(Member(slug="observer", kind=MemberKind.REGULATOR, status=status), None)

    assert Election.objects.visible_to(reader).count() == seen


@pytest.mark.django_db
def test_the_command_prints_one_json_value() -> None:
    out = StringIO()

    call_command("loadvocabularies", stdout=out)

    assert json.loads(out.getvalue()) == {
        "vocabularies": len(registry.vocabularies()),
        "values": sum(len(known.values) for known in registry.vocabularies()),
        "elections": Election.objects.count(),
    }


@pytest.mark.django_db
def test_a_malformed_file_stops_the_command_and_loads_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "elections.json"
    path.write_text(json.dumps([GOOD, GOOD]))
    monkeypatch.setattr(services, "read_elections", lambda: read_elections(path))

    with pytest.raises(CommandError, match="'xx-2026' stands here twice"):
        call_command("loadvocabularies")

    assert Election.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    "days",
    [
        {"polling_to": date(2026, 5, 1)},
        {"watch_from": date(2026, 5, 3)},
    ],
)
def test_the_database_refuses_days_in_the_wrong_order(days: dict[str, date]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        election(**days).save()

    assert Election.objects.count() == 0


def test_every_election_of_the_file_is_sound() -> None:
    found = read_elections()

    assert len(found) >= 40
    assert {known.kind for known in found} <= registry.ids("election_kind")
    assert [known.key for known in found if known.country == "EU"] == ["eu-2024"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({}, "elections.json: should be a list of elections"),
        (
            [GOOD | {"kind": "midterm"}],
            "elections.json 1 (xx-2026): “kind” 'midterm' should be one of",
        ),
        ([GOOD | {"country": "UK"}], "“country” 'UK' should be one of"),
        ([GOOD | {"region": "Texas"}], "“region” 'Texas' should match"),
        ([GOOD | {"status": "past"}], "“status” 'past' should be one of expected, held, scheduled"),
        ([GOOD | {"polling_to": "2026-05-01"}], "“polling_to” is before “polling_from”"),
        ([GOOD | {"polling_to": "May"}], "“polling_to” 'May' should be a YYYY-MM-DD day"),
        ([GOOD | {"turnout": "high"}], "unknown “turnout”"),
        ([GOOD | {"key": "XX"}], "“key” 'XX' should match"),
    ],
)
def test_a_malformed_calendar_is_refused_with_its_position(
    tmp_path: Path, content: Any, said: str
) -> None:
    path = tmp_path / elections.ELECTIONS.name
    path.write_text(json.dumps(content))

    with pytest.raises(MalformedData) as refused:
        read_elections(path)

    assert said in refused.value.detail
