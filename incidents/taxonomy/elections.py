"""The calendar of elections as its data file states it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from incidents.taxonomy import registry
from incidents.taxonomy.registry import MalformedData, Record

ELECTIONS = registry.DATA / "elections.json"

KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
REGION = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")
SUPRANATIONAL = frozenset({"EU"})
"""Votes across countries; ISO 3166 reserves this code without counting it among the countries."""


class ElectionStatus(StrEnum):
    """How firm the dates are."""

    EXPECTED = "expected"
    SCHEDULED = "scheduled"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class ElectionFacts:
    """What is known about a vote."""

    key: str
    name: str
    kind: str
    country: str
    region: str
    polling_from: date
    polling_to: date
    source: str
    status: ElectionStatus


def read_elections(path: Path = ELECTIONS) -> tuple[ElectionFacts, ...]:
    """Read the calendar, in the order of the file. Raises MalformedData."""
    content = registry.read_json(path)
    if not isinstance(content, list):
        raise MalformedData(f"{path.name}: should be a list of elections")
    elections = tuple(_election(record) for record in registry.records_of(content, path.name))
    known: set[str] = set()
    for election in elections:
        if election.key in known:
            raise MalformedData(f"{path.name}: the key {election.key!r} stands here twice")
        known.add(election.key)
    return elections


def _election(record: Record) -> ElectionFacts:
    found = ElectionFacts(
        key=record.text("key", KEY),
        name=record.text("name"),
        kind=_one_of(record, "kind", registry.ids("election_kind")),
        country=_one_of(record, "country", registry.ids("countries") | SUPRANATIONAL),
        region=record.text("region", REGION, empty=True),
        polling_from=_day(record, "polling_from"),
        polling_to=_day(record, "polling_to"),
        source=record.text("source", empty=True),
        status=ElectionStatus(_one_of(record, "status", frozenset(ElectionStatus))),
    )
    record.refuse_others()
    if found.polling_from > found.polling_to:
        raise MalformedData(f"{record.where}: “polling_to” is before “polling_from”")
    return found


def _one_of(record: Record, name: str, allowed: frozenset[str]) -> str:
    found = record.text(name)
    if found not in allowed:
        listed = ", ".join(sorted(allowed))
        raise MalformedData(f"{record.where}: “{name}” {found!r} should be one of {listed}")
    return found


def _day(record: Record, name: str) -> date:
    found = record.text(name)
    try:
        return date.fromisoformat(found)
    except ValueError as error:
        raise MalformedData(
            f"{record.where}: “{name}” {found!r} should be a YYYY-MM-DD day"
        ) from error
