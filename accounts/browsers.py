"""What to call a browser in a list of sessions, after what it says of itself."""

from __future__ import annotations

from typing import Final

# The first that stands in the text: the later ones stand in the texts of the earlier ones too.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_name(agent: str) -> str:
    """Such as "Firefox, Windows"; the beginning of the text for what is no browser known here."""
    found = [
        next((name for mark, name in kinds if mark in agent), "") for kinds in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(name for name in found if name) or agent.partition(" ")[0][:40]
