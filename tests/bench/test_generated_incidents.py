"""Generated incidents are what the services would have left, had somebody filed each."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import Model

from accounts.models import Member, MemberKind
from accounts.readers import Reader
from bench.failure import BenchError
from bench.incidents import landmarks
from bench.incidents.cast import COMMUNITY_READER, OBSERVING_READER
from bench.incidents.loading import load
from bench.incidents.rows import Rows
from incidents.core.appearances import Appearance
from incidents.core.audiences import Audience
from incidents.core.documents import canonical_document, require_sound
from incidents.core.indexing import write_audience, write_indexes
from incidents.core.models import (
    Citation,
    Fingerprint,
    Incident,
    IncidentVersion,
    Observation,
    Status,
)
from incidents.core.named import resolve_named
from incidents.core.search_column import SearchWord
from incidents.core.taggings import Tagging
from incidents.sharing.marks import Tlp
from incidents.taxonomy.services import load_vocabularies

COUNT, SEED = 200, 7
INDEXES: dict[type[Model], tuple[str, ...]] = {
    Audience: ("incident_id", "member_id", "group_id", "user_id"),
    Citation: ("incident_id", "canonical_url"),
    Fingerprint: ("incident_id", "algorithm", "value", "quality"),
    Tagging: ("incident_id", "tag", "folded", "open_to"),
    Appearance: ("incident_id", "observation_id", "platform"),
    SearchWord: ("word",),
}
DOCUMENT = (
    "title", "summary", "narrative", "script", "severity", "urgency", "stage", "media_kinds",
    "manipulation", "goals", "harms", "targets", "countries", "languages", "elections", "tags",
    "created", "distributed", "references", "fingerprints",
)  # fmt: skip


@pytest.fixture
def loaded(db: None) -> Rows:
    load_vocabularies()
    rows = Rows(count=COUNT, seed=SEED)
    load(rows)
    return rows


def test_indexing_generated_incidents_again_changes_nothing(loaded: Rows) -> None:
    before = index_rows()
    assert all(before[model] for model in INDEXES)

    for incident in Incident.objects.all():
        by = Reader(incident.owner, incident.author)
        named = resolve_named(incident.audiences, mark=incident.tlp, by=by)
        incident.revision = 2  # what the first one wrote is written anew
        write_audience(incident, named)
        write_indexes(incident, DOCUMENT)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE incidents_incident SET search = ''")  # computed anew by its trigger
    assert index_rows() == before


def test_generated_documents_are_in_canonical_form(loaded: Rows) -> None:
    for incident in Incident.objects.all():
        document = {name: getattr(incident, name) for name in DOCUMENT}

        assert canonical_document(document) == document
        require_sound(incident)
        incident.clean_fields(exclude=["audiences", "merged_into"])


def test_generated_observations_are_what_their_fields_take(loaded: Rows) -> None:
    observations = Observation.objects.all()

    assert len(observations) > COUNT / 10
    for observation in observations:
        observation.clean_fields()


def test_each_generated_incident_has_the_version_that_the_trigger_would_have_copied(
    loaded: Rows,
) -> None:
    copied = [
        field.attname
        for field in IncidentVersion._meta.concrete_fields
        if not field.name.startswith("pgh_")
    ]

    versions = list(IncidentVersion.objects.order_by("id").values(*copied))

    assert versions == list(Incident.objects.order_by("id").values(*copied))


def test_generated_incidents_are_as_varied_as_those_of_a_hub(loaded: Rows) -> None:
    incidents = list(Incident.objects.all())

    assert {incident.tlp for incident in incidents} == set(Tlp.values)
    assert {incident.status for incident in incidents} == set(Status.values)
    assert {member.kind for member in Member.objects.all()} == set(MemberKind.values)
    assert sum("Quorndon" in incident.title for incident in incidents) == landmarks.NUMBER


def test_every_reader_of_the_measurement_reads_the_landmarks_and_not_all_else(
    loaded: Rows,
) -> None:
    for slug in (COMMUNITY_READER, OBSERVING_READER):
        visible = Incident.objects.visible_to(Reader(Member.objects.get(slug=slug), None))

        marked = visible.filter(countries__contains=[landmarks.COUNTRY])
        assert marked.count() == landmarks.NUMBER
        assert visible.count() < COUNT


def test_the_same_seed_gives_the_same_incidents() -> None:
    first, second = (written(Rows(count=30, seed=SEED)) for _ in range(2))
    other = written(Rows(count=30, seed=SEED + 1))

    assert first == second
    assert first != other


def written(rows: Rows) -> str:
    return json.dumps([(one.incident, one.observations) for one in rows], cls=DjangoJSONEncoder)


def test_a_hub_with_members_is_not_filled(loaded: Rows) -> None:
    with pytest.raises(BenchError, match="has members already"):
        load(Rows(count=10, seed=SEED))


def index_rows() -> dict[Any, list[Any]]:
    """All rows of all indexes, and the words by which each incident is found."""
    rows: dict[Any, list[Any]] = {
        model: sorted(model._default_manager.values_list(*columns), key=str)
        for model, columns in INDEXES.items()
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, search::text FROM incidents_incident ORDER BY id")
        rows["search"] = cursor.fetchall()
    return rows
