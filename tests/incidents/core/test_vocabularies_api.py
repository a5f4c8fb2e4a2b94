"""Vocabularies over REST: curated values for all, free tags only where they can be seen."""

from __future__ import annotations

import pytest

from incidents.core.services.filing import withdraw_incident
from incidents.taxonomy.services import load_vocabularies
from tests import make
from tests.conftest import Login

VOCABULARIES = "/api/v1/vocabularies/"


def test_curated_values_come_with_label_source_and_licence(as_token: Login) -> None:
    client = as_token(make.member(), "incidents:read")

    listed = {one["namespace"]: one for one in client.get(VOCABULARIES).json()["results"]}
    harms = client.get(f"{VOCABULARIES}harms/")

    assert {"tlp", "harms", "disarm", "tag"} <= set(listed)
    assert harms.json() == listed["harms"]
    assert harms.json()["source"]
    assert "voter_suppression" in [value["id"] for value in harms.json()["values"]]
    cached = client.get(f"{VOCABULARIES}harms/", headers={"If-None-Match": harms["ETag"]})
    assert cached.status_code == 304


def test_values_that_serve_as_tags_say_how_they_are_written(as_token: Login) -> None:
    disarm = as_token(make.member()).get(f"{VOCABULARIES}disarm/").json()

    tags = [value["tag"] for value in disarm["values"] if value["id"] == "T0087.001"]

    assert tags == ['disarm:technique="T0087.001"']


def test_free_tags_are_those_on_what_the_reader_sees(as_token: Login) -> None:
    owner, reader = make.member(), make.member()
    make.incident(owner, tags=['tag:"seen"', "likelihood:likely"])
    make.incident(owner, tlp="amber", shared_with=[make.member()], tags=['tag:"hidden"'])
    gone = make.incident(owner, tags=['tag:"withdrawn"'])
    withdraw_incident(incident_id=gone.pk, reason="wrong", by=make.person(owner))

    theirs = as_token(reader).get(f"{VOCABULARIES}tag/").json()["values"]
    mine = as_token(owner).get(f"{VOCABULARIES}tag/").json()["values"]

    assert [(value["id"], value["tag"]) for value in theirs] == [("seen", 'tag:"seen"')]
    assert [value["id"] for value in mine] == ["hidden", "seen"]


@pytest.mark.django_db
def test_an_unknown_vocabulary_is_absent(as_token: Login) -> None:
    assert as_token(make.member()).get(f"{VOCABULARIES}colours/").status_code == 404


def test_the_election_calendar_is_listed_by_day(as_token: Login) -> None:
    load_vocabularies()

    listed = as_token(make.member()).get("/api/v1/elections/?limit=200").json()["results"]

    days = [one["polling_from"] for one in listed]
    assert days == sorted(days)
    (primary,) = [one for one in listed if one["id"] == "us-nh-primary-2024"]
    assert (primary["kind"], primary["country"], primary["polling_from"]) == (
        "primary",
        "US",
        "2024-01-23",
    )
