"""Test data that may lie beside the checkout; tests that want it are skipped where it does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "shared" / "data"


def load_json(path: str) -> Any:
    """The JSON in `path` under `../shared/data`, or skip the test."""
    file = FOLDER / path
    if not file.exists():
        pytest.skip(f"../shared/data/{path} is not here")
    return json.loads(file.read_text(encoding="utf-8"))
