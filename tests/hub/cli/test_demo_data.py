"""The demonstration loads whole, once, as if its members had done it."""

from __future__ import annotations

import dataclasses
import os
import subprocess
from typing import Any

import pytest
from django.core.management import CommandError
from django.test import Client
from pytest_django import Settings

from accounts.models import ApiToken, Member, MemberStatus, User
from accounts.services.members import change_member_status
from hub.audit.models import AuditEntry
from hub.cli.demo_data import load_demo
from hub.cli.demo_facts import Facts, read_facts
from hub.cli.prepare import prepare, say_how_to_sign_in
from hub.kit.errors import InvalidInput
from hub.kit.provisioning import answer_of
from hub.outbox.models import Event
from incidents.core.models import Incident, Observation, Status
from incidents.sharing.models import SharingGroup
from incidents.taxonomy.models import Election

TABLES = (Member, User, ApiToken, SharingGroup, Incident, Observation, Event, AuditEntry)


def rows() -> dict[str, int]:
    return {table.__name__: table._default_manager.count() for table in TABLES}


def loaddemo(*options: str) -> dict[str, Any]:
    return answer_of("loaddemo", *options)


def only(facts: Facts, *keys: str) -> Facts:
    kept = [incident for incident in facts.incidents if incident.key in keys]
    return dataclasses.replace(facts, incidents=kept)


@pytest.fixture(autouse=True)
def vocabularies(db: None) -> None:
    answer_of("loadvocabularies")


def test_the_demonstration_is_loaded_whole_and_printed_as_one_json_value() -> None:
    printed = loaddemo()

    assert {name: printed[name] for name in ("members", "groups", "incidents", "created")} == {
        "members": 9,
        "groups": 2,
        "incidents": 30,
        "created": 9 + 27 + 2 + 30,
    }
    assert printed["users"][:2] == ["admin@quillfeed.example", "lead@quillfeed.example"]
    assert "token" not in printed
    assert Incident.objects.filter(status=Status.PUBLISHED).count() == 30
    assert Event.objects.filter(topic="incident.published").count() == 30
    assert User.objects.filter(role="lead").count() == 9
    assert not any(user.has_usable_password() for user in User.objects.all())


def test_loading_it_twice_changes_nothing() -> None:
    loaddemo("--token")
    before = rows()

    printed = loaddemo("--token")

    assert printed["created"] == 0
    assert "token" not in printed
    assert rows() == before


def test_what_is_missing_is_added_to_what_is_there() -> None:
    facts = read_facts()
    load_demo(only(facts, "zelensky-surrender-video-2022", "rubio-signal-voice-2025"))

    loaded = load_demo(facts)

    assert loaded.created == 28
    assert Incident.objects.count() == 30


def test_a_token_is_made_for_the_first_member_and_shown_once() -> None:
    printed = loaddemo("--token")

    assert printed["token"]["member"] == "quillfeed"
    assert printed["token"]["token"].startswith("dfh_")
    assert ApiToken.objects.get().member.slug == "quillfeed"


def test_members_are_as_the_facts_say() -> None:
    loaddemo()

    checker = Member.objects.get(slug="plumbline")
    assert checker.in_community is True
    assert Member.objects.get(slug="ballot-commission").in_community is False
    assert str(Member.objects.get(slug="trueleaf").signed_on) == "2024-02-16"
    assert Member.objects.get(slug="farwire").jurisdictions == ["US", "CA"]


def test_an_incident_for_a_group_names_the_group_of_this_hub() -> None:
    loaddemo()

    incident = Incident.objects.get(title__startswith="Senator")
    group = SharingGroup.objects.get(name="Election desk")
    assert incident.audiences == [{"group": str(group.pk)}]


def test_a_suspended_member_files_nothing_and_nothing_is_loaded() -> None:
    facts = read_facts()
    load_demo(only(facts))
    suspended = Member.objects.get(slug="hedgewatch")
    change_member_status(member_id=suspended.pk, status=MemberStatus.SUSPENDED)
    before = rows()

    with pytest.raises(CommandError, match="To file incidents and edit"):
        loaddemo()

    assert rows() == before


def test_facts_that_the_hub_would_not_take_are_refused_in_words() -> None:
    facts = only(read_facts(), "zelensky-surrender-video-2022")
    wrong = dataclasses.replace(
        facts.incidents[0], incident={**facts.incidents[0].incident, "severity": "huge"}
    )

    with pytest.raises(InvalidInput, match="zelensky-surrender-video-2022: /severity: ") as caught:
        load_demo(dataclasses.replace(facts, incidents=[wrong]))

    assert "high" in caught.value.detail
    assert rows() == dict.fromkeys(rows(), 0)


def test_an_election_that_was_never_loaded_is_named() -> None:
    Election.objects.all().delete()

    with pytest.raises(InvalidInput, match="new-hampshire-biden-robocall-2024: /elections/0: "):
        load_demo(read_facts())

    assert rows() == dict.fromkeys(rows(), 0)


def test_a_first_start_loads_it_and_says_how_to_begin(
    capsys: pytest.CaptureFixture[str], settings: Settings, client: Client
) -> None:
    settings.HUB_DEMO_PASSWORD = "0123456789abcdef"
    settings.HUB_BASE_URL = "http://127.0.0.1:8123"

    prepare(demo=True)
    say_how_to_sign_in()
    said = capsys.readouterr().out.splitlines()
    prepare(demo=True)
    say_how_to_sign_in()

    way_in = (
        "Sign in at http://127.0.0.1:8123/sign-in/ as admin@quillfeed.example "
        "with the password 0123456789abcdef"
    )
    assert said[0] == "Demonstration loaded: 9 members, 2 sharing groups, 30 incidents."
    assert said[2].startswith("Authorization: Bearer dfh_")
    assert said[3] == way_in
    assert said[4].startswith("The same for lead@quillfeed.example and analyst@quillfeed.example")
    assert capsys.readouterr().out.splitlines() == said[3:]
    for email in ("admin@quillfeed.example", "analyst@farwire.example"):
        answer = client.post("/sign-in/", {"login": email, "password": "0123456789abcdef"})
        assert answer.status_code == 302
        client.logout()


def test_without_a_password_there_is_no_signing_in_to_the_demonstration(
    settings: Settings,
) -> None:
    settings.HUB_DEMO_PASSWORD = ""

    with pytest.raises(CommandError, match="Set HUB_DEMO_PASSWORD"):
        loaddemo("--sign-in")

    assert Member.objects.exists() is False


def test_where_nobody_of_the_demonstration_is_a_start_says_how_to_make_somebody(
    capsys: pytest.CaptureFixture[str],
) -> None:
    say_how_to_sign_in()

    assert capsys.readouterr().out.endswith("made by: manage.py user create --help\n")


def test_a_start_without_the_demonstration_loads_vocabularies_alone() -> None:
    prepare(demo=False)

    assert Member.objects.count() == 0


def test_the_tables_are_brought_up_to_date_as_their_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(subprocess.CalledProcessError):
        prepare(demo=False)

    monkeypatch.setenv("DATABASE_OWNER_URL", os.environ["DATABASE_URL"])
    prepare(demo=False)
