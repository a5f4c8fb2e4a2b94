"""The incident that every side sends: a real one, from the facts of the demonstration."""

from __future__ import annotations

import secrets
from typing import Any

from hub.cli.demo_facts import read_facts


def document() -> dict[str, Any]:
    """As POST takes it, without observations, which would be alerts of their own.

    Each has a script and cites articles of its own, or the hub would find that it belongs together
    with all that were sent before, and tell everybody of that too.
    """
    told = dict(read_facts().incidents[0].incident)
    del told["observations"]
    references = [
        one | {"url": f"{one['url']}?copy={secrets.token_hex(4)}"} for one in told["references"]
    ]
    script = secrets.token_hex(len(told["script"]) // 2)
    return told | {"tlp": "clear", "references": references, "script": script}
