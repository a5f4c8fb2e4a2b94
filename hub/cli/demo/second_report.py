"""The robo-call of New Hampshire as a member reports it that knows nothing of the first report."""

from __future__ import annotations

from typing import Final

from hub.cli.demo_facts import IncidentFacts

TRACKED: Final = "?utm_source=newsletter&utm_medium=email"
"""As an address looks that was copied from a mail: the hub knows it for the same article."""
MISSPELT: Final = "hampshrie"
"""What a hurried person types into a search for either report."""


def second_report(first: IncidentFacts, *, owner: str) -> IncidentFacts:
    """The same deepfake: one of the articles under another address, the script with other words."""
    article = first.incident["references"][0]
    told = {
        "title": "Robo-calls with a cloned voice before the New Hampshire primary",
        "tlp": first.tlp,
        "media_kinds": ["audio", "call"],
        "targets": [{"name": "Joseph Biden", "kind": "candidate", "country": "US"}],
        "script": str(first.incident["script"]).replace("keep the vote", "save your vote"),
        "countries": ["US"],
        "references": [{"url": article["url"] + TRACKED, "kind": "news"}],
    }
    return IncidentFacts(f"{first.key}-again", owner, publish=True, incident=told)
