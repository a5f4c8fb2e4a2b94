"""The incident that every side sends: a real one, from the facts of the demonstration."""

from __future__ import annotations

from typing import Any

from hub.cli.demo_facts import read_facts


def document() -> dict[str, Any]:
    """As POST takes it, without observations, which would be alerts of their own."""
    told = dict(read_facts().incidents[0].incident)
    del told["observations"]
    return told | {"tlp": "clear"}
