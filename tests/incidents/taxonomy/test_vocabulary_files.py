"""The files of curated values are read strictly, and are the one truth of what may be written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from incidents.taxonomy import registry
from incidents.taxonomy.registry import MalformedData, Use

GOOD: dict[str, Any] = {
    "namespace": "colour",
    "label": "Colour",
    "description": "What it looks like.",
    "source": "the hub",
    "licence": "Apache-2.0",
    "use": "tag",
    "exclusive": False,
    "groups": [{"id": "warm", "label": "Warm"}],
    "values": [
        {
            "id": "red",
            "label": "Red",
            "description": "As blood.",
            "predicate": "name",
            "group": "warm",
        },
        {"id": "red.1", "label": "Pink", "predicate": "name", "parent": "red"},
    ],
}


@pytest.mark.parametrize(
    ("namespace", "expected"),
    [
        ("tlp", "clear green amber amber+strict red"),
        ("pap", "clear green amber red"),
        ("severity", "info low medium high critical"),
        ("urgency", "routine soon now"),
        ("stage", "triage assessing mitigating resolved closed"),
        ("media_kinds", "image video audio call live_stream text"),
        (
            "authenticity",
            (
                "synthetic edited decontextualised staged satire authorised_synthetic authentic"
                " undetermined disputed"
            ),
        ),
        (
            "manipulation",
            (
                "face_swap lip_sync voice_clone full_generation inpainting splice speed_change"
                " selective_crop caption_swap persona_image"
            ),
        ),
        (
            "goals",
            (
                "satire entertainment false_information reputation political_interference"
                " emotional_harm incite_violence diversion boost_reputation education activism"
                " financial_gain extortion information_gathering"
            ),
        ),
        (
            "harms",
            (
                "voter_suppression false_voting_procedure candidate_impersonation"
                " official_impersonation false_endorsement war_or_crisis incitement fraud sexual"
                " minor extortion privacy discrimination health"
            ),
        ),
        (
            "target_kind",
            (
                "politician candidate election_official public_figure journalist government_entity"
                " organisation group private_person"
            ),
        ),
        (
            "reference_kind",
            "news fact_check official_statement platform_post archive research other",
        ),
        ("precision", "exact minute hour day month year unknown"),
        ("account_verified", "none paid identity_checked organisation unknown"),
        ("account_automation", "human bot cyborg unknown"),
        ("admiralty", "a b c d e f g 1 2 3 4 5 6"),
        (
            "likelihood",
            (
                "almost_no_chance very_unlikely unlikely roughly_even likely very_likely"
                " almost_certain"
            ),
        ),
        ("confidence", "low moderate high"),
        (
            "responsibility",
            (
                "prohibited prohibited_but_inadequate ignored encouraged shaped coordinated ordered"
                " rogue_conducted executed integrated"
            ),
        ),
        (
            "mediareview",
            "original decontextualised edited_or_cropped transformed staged satire_or_parody",
        ),
        (
            "accord",
            (
                "prevention provenance detection responsive_protection evaluation public_awareness"
                " resilience commitment_1 commitment_2 commitment_3 commitment_4 commitment_5"
                " commitment_6 commitment_7 commitment_8"
            ),
        ),
        (
            "label_kind",
            (
                "fully_ai_generated partly_ai_modified manipulated_context satire unverified"
                " removed_notice"
            ),
        ),
        ("label_point", "creation upload after"),
        (
            "response_action",
            (
                "none no_violation label reduce remove suspend_account take_down_network"
                " block_generator patch_model geo_restrict notify_target refer_authority"
                " inform_users block_number official_denial fact_check public_warning legal_action"
            ),
        ),
        ("election_kind", "presidential parliamentary general local primary referendum"),
    ],
)
def test_the_curated_ids_are_stable_and_in_order(namespace: str, expected: str) -> None:
    vocabulary = registry.vocabulary(namespace)

    assert vocabulary is not None
    assert [value.id for value in vocabulary.values] == expected.split()


def test_there_are_as_many_vocabularies_as_files() -> None:
    assert len(registry.vocabularies()) == len(
        list((registry.DATA / "vocabularies").glob("*.json"))
    )
    assert registry.vocabulary("colour") is None
    assert registry.ids("colour") == frozenset()


@pytest.mark.parametrize("vocabulary", registry.vocabularies(), ids=lambda known: known.namespace)
def test_every_value_is_described_in_its_own_words(vocabulary: registry.Vocabulary) -> None:
    names_itself = {"countries"}  # a country needs no description

    blank = [value.id for value in vocabulary.values if not value.description]

    assert vocabulary.namespace in names_itself or blank == []


def test_the_large_lists_are_whole() -> None:
    assert len(registry.ids("countries")) == 249
    assert len(registry.ids("disarm")) == 391
    assert registry.is_value("countries", "UA") is True
    assert registry.is_value("countries", "UK") is False
    assert registry.is_value("disarm", "T0087.001") is True


def test_disarm_names_its_source_and_licence() -> None:
    disarm = registry.vocabulary("disarm")

    assert disarm is not None
    assert "DISARM Foundation" in disarm.source
    assert "CC BY-SA 4.0" in disarm.licence


def test_every_harm_stands_in_one_of_three_groups() -> None:
    harms = registry.vocabulary("harms")

    assert harms is not None
    assert [group.id for group in harms.groups] == ["demean", "defraud", "disinform"]
    assert {value.group for value in harms.values} == {"demean", "defraud", "disinform"}


def test_free_tags_have_a_vocabulary_without_values() -> None:
    free = registry.vocabulary("tag")

    assert free is not None
    assert (free.use, free.values) == (Use.FREE, ())


def test_a_good_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "colour.json").write_text(json.dumps(GOOD))

    [vocabulary] = registry.read_vocabularies(tmp_path)

    assert vocabulary.predicates == ("name",)
    assert [group.label for group in vocabulary.groups] == ["Warm"]
    assert [(value.id, value.group, value.parent) for value in vocabulary.values] == [
        ("red", "warm", ""),
        ("red.1", "", "red"),
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"namespace": "color"}, "“namespace” is 'color', but should be the file's name"),
        ({"namespace": "Colour"}, "“namespace” 'Colour' should match"),
        ({"label": ""}, "colour.json: “label” is missing or not a text"),
        ({"source": 7}, "colour.json: “source” is missing or not a text"),
        ({"licence": None}, "colour.json: “licence” is missing or not a text"),
        ({"use": "badge"}, "“use” 'badge' should be one of field, tag, free"),
        ({"exclusive": "no"}, "“exclusive” is missing or neither true nor false"),
        ({"values": {}}, "“values” is missing or not a list"),
        ({"values": []}, "every vocabulary but a free one lists its values"),
        ({"use": "free"}, "only a vocabulary of tags has predicates"),
        ({"values": ["red"]}, "colour.json, values 1: should be an object"),
        ({"values": [{"id": "red"}]}, "colour.json, values 1 (red): “label” is missing"),
        ({"values": [{"id": "re d", "label": "x"}]}, "values 1 (re d): “id” 're d' should match"),
        ({"groups": [{"id": "warm"}]}, "colour.json, groups 1 (warm): “label” is missing"),
        ({"groups": []}, "values 1 (red): there is no group 'warm'"),
        (
            {"values": GOOD["values"][1:]},
            "values 1 (red.1): the parent 'red' does not stand before",
        ),
        ({"values": GOOD["values"][:1] * 2}, "values 2 (red): the id stands here a second time"),
        ({"hue": 1}, "colour.json: unknown “hue”"),
    ],
)
def test_a_malformed_file_is_refused_with_its_position(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    (tmp_path / "colour.json").write_text(json.dumps(GOOD | change))

    with pytest.raises(MalformedData) as refused:
        registry.read_vocabularies(tmp_path)

    assert said in refused.value.detail


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"namespace": "colour",\n "label"', "colour.json, line 2, column 9: not JSON"),
        ("[]", "colour.json: should be an object"),
    ],
)
def test_a_file_that_is_no_json_object_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "colour.json").write_text(text)

    with pytest.raises(MalformedData) as refused:
        registry.read_vocabularies(tmp_path)

    assert said in refused.value.detail
