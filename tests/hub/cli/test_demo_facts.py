"""The facts of the demonstration are written in the hub's own vocabularies."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from accounts.models import MemberKind, MemberRole
from incidents.core.canonical import canonical_url
from incidents.taxonomy import registry
from incidents.taxonomy.elections import read_elections
from incidents.taxonomy.languages import canonical_language
from incidents.taxonomy.machinetags import check_tags

FACTS: dict[str, Any] = json.loads(
    (Path(__file__).parents[3] / "hub" / "cli" / "data" / "demo.json").read_text(encoding="utf-8")
)
MEMBERS = {member["slug"]: member for member in FACTS["members"]}
GROUPS = {group["key"]: group for group in FACTS["sharing_groups"]}
ENTRIES: list[dict[str, Any]] = FACTS["incidents"]

WORDS = {
    "tlp": "tlp",
    "pap": "pap",
    "severity": "severity",
    "urgency": "urgency",
    "stage": "stage",
    "media_kinds": "media_kinds",
    "manipulation": "manipulation",
    "goals": "goals",
    "harms": "harms",
    "countries": "countries",
}
"""Fields of an incident, with the vocabulary of their values."""


def words_of(incident: dict[str, Any]) -> set[tuple[str, str]]:
    """Every curated value that stands in an incident, with its vocabulary."""
    fields = {name: incident.get(name, []) for name in WORDS}
    lists = {name: [value] if isinstance(value, str) else value for name, value in fields.items()}
    moments = [incident[name] for name in ("created", "distributed") if name in incident]
    places = [*incident["targets"], *moments, *incident.get("observations", [])]
    return {
        *((WORDS[name], value) for name, values in lists.items() for value in values),
        *(("target_kind", target["kind"]) for target in incident["targets"]),
        *(("reference_kind", reference["kind"]) for reference in incident["references"]),
        *(("precision", moment["precision"]) for moment in moments),
        *(("countries", place["country"]) for place in places if place.get("country")),
    }


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["key"])
def test_every_value_of_an_incident_is_a_curated_one(entry: dict[str, Any]) -> None:
    unknown = {word for word in words_of(entry["incident"]) if not registry.is_value(*word)}

    assert unknown == set()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["key"])
def test_tags_languages_and_elections_are_known_and_canonical(entry: dict[str, Any]) -> None:
    incident = entry["incident"]
    spoken = [incident, *incident["references"], *incident.get("observations", [])]
    languages = [one["language"] for one in spoken if "language" in one] + incident["languages"]

    assert check_tags(incident["tags"]) == incident["tags"]
    assert [canonical_language(language) for language in languages] == languages
    assert set(incident["elections"]) <= {election.key for election in read_elections()}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["key"])
def test_every_incident_has_an_owner_references_and_a_day(entry: dict[str, Any]) -> None:
    incident = entry["incident"]
    known = {canonical_url(reference["url"]) for reference in incident["references"]}

    assert entry["owner"] in MEMBERS
    assert len(known) == len(incident["references"]) > 0
    assert datetime.fromisoformat(incident["distributed"]["at"]).tzinfo is not None
    assert incident["distributed"]["precision"] in {"day", "month"}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["key"])
def test_audiences_name_members_and_groups_that_the_owner_may_name(entry: dict[str, Any]) -> None:
    audiences = entry["incident"].get("audiences", [])
    members = {audience["member"] for audience in audiences if "member" in audience}
    groups = [GROUPS[audience["group"]] for audience in audiences if "group" in audience]

    assert members <= MEMBERS.keys() - {entry["owner"]}
    assert all(entry["owner"] in group["members"] for group in groups)
    assert bool(audiences) is entry["incident"]["tlp"].startswith("amber")


def test_the_members_are_invented_and_of_known_kinds() -> None:
    assert {member["kind"] for member in MEMBERS.values()} <= set(MemberKind.values)
    assert {role for member in MEMBERS.values() for role in member["roles"]} == set(
        MemberRole.values
    )
    assert all(
        domain.endswith(".example") for member in MEMBERS.values() for domain in member["domains"]
    )
    assert {
        member["signed_on"] for member in MEMBERS.values() if member["kind"] == MemberKind.SIGNATORY
    } == {"2024-02-16"}
    assert {country for member in MEMBERS.values() for country in member["jurisdictions"]} <= (
        registry.ids("countries")
    )


def test_the_groups_have_owners_and_one_hides_its_members() -> None:
    assert [group["membership_hidden"] for group in GROUPS.values()] == [False, True]
    assert all(group["owner"] in group["members"] for group in GROUPS.values())
    assert all(set(group["members"]) <= MEMBERS.keys() for group in GROUPS.values())


def test_the_thirty_incidents_have_keys_and_titles_of_their_own() -> None:
    assert len({entry["key"] for entry in ENTRIES}) == len(ENTRIES) == 30
    assert len({entry["incident"]["title"] for entry in ENTRIES}) == 30


def test_the_robocall_is_a_call_before_its_election() -> None:
    [entry] = [one for one in ENTRIES if one["key"] == "new-hampshire-biden-robocall-2024"]

    assert entry["incident"]["media_kinds"] == ["audio", "call"]
    assert entry["incident"]["elections"] == ["us-nh-primary-2024"]
    assert entry["incident"]["script"] != ""
