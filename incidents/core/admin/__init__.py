"""Incidents for operators: what they are marked, who may see them, and the tags they bear."""

from __future__ import annotations

from incidents.core.admin import (  # noqa: F401 - Django finds what an app registers from here
    incidents,
    tags,
    why,
)
