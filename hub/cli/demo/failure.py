"""What ends the demonstration early."""

from __future__ import annotations

from hub.kit.errors import HubError


class Deviation(HubError):
    """Something did not happen as the hub promises it."""

    code = "deviation"
    title = "The demonstration failed"


def expect(condition: bool, sentence: str) -> None:
    """Raise Deviation, which tells what happened instead, unless the condition holds."""
    if not condition:
        raise Deviation(sentence)
