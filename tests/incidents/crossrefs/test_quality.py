"""Suggestions are right often enough to be shown, and leave little out."""

from __future__ import annotations

from typing import Any

import pytest

from hub.cli.demo_facts import read_facts
from tests.incidents.crossrefs.copies import measure
from tests.shared_data import load_json

pytestmark = pytest.mark.django_db


def own_incidents() -> dict[str, dict[str, Any]]:
    return {facts.key: _document(facts.incident) for facts in read_facts().incidents}


def shared_incidents() -> dict[str, dict[str, Any]]:
    found = load_json("incidents/real_incidents.json")
    return {
        one["key"]: {
            "title": one["title"],
            "script": one["summary"],  # what is said in them is not on record
            "targets": [{"name": target["name"], "kind": "other"} for target in one["targets"]],
            "references": [{"url": reference["url"]} for reference in one["references"]],
            "countries": one["countries"],
            "media_kinds": [kind for kind in one["media_kinds"] if kind in KINDS],
            "distributed": _moment(one["first_distributed"]),
        }
        for one in found
    }


KINDS = {"video", "audio", "image", "text"}


def _moment(first: Any) -> dict[str, str] | None:
    if not first or not first["date"]:
        return None
    day = (first["date"] + "-01-01")[:10]
    return {"at": f"{day}T00:00:00Z", "precision": first["precision"]}


def _document(incident: Any) -> dict[str, Any]:
    said = incident.get("script") or incident.get("narrative") or ""
    kept = ("title", "targets", "references", "countries", "media_kinds", "distributed")
    document = {name: incident[name] for name in kept if incident.get(name)}
    document.setdefault("countries", [])
    document.setdefault("distributed", None)
    return document | {"script": said if len(said) > 45 else incident["summary"]}


@pytest.mark.parametrize("source", [own_incidents, shared_incidents])
def test_suggestions_are_good_enough_to_show(source: Any, capsys: Any) -> None:
    originals = source()

    quality = measure(originals, seed=2024)

    with capsys.disabled():
        print(f"\n{source.__name__}, {len(originals)} with copies: {quality}")  # noqa: T201
    assert quality.precision >= 0.9, quality.wrong
    assert quality.recall >= 0.9, quality.missed
