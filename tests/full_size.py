"""What waits for `make chaos`, since others show nearly the same every day."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

import pytest

LOT: Final = "one drawn by lot"


def seldom(names: Iterable[str], *, often: Collection[str]) -> list[Any]:
    """Parameters of a test, of which those that are not among `often` need --chaos."""
    waits = pytest.mark.chaos(f"every day stands {', '.join(often)}")
    return [name if name in often else pytest.param(name, marks=waits) for name in names]


def by_lot(names: Iterable[str]) -> list[Any]:
    """Parameters of a test; without --chaos only `LOT`, for which the test draws one."""
    return [LOT, *seldom(names, often=[LOT])]
