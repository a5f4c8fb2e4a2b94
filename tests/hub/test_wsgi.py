"""What the web has loaded when it forks its workers."""

from __future__ import annotations

import json
import subprocess
import sys

from hub.cli.home import CHECKOUT

LOADED = """
import gc, json, threading
import hub.wsgi
from django.db import connections
from django.urls import get_resolver
open_ones = [one.alias for one in connections.all() if one.connection is not None]
print(json.dumps({
    "connections": open_ones,
    "threads": threading.active_count(),
    "views": "url_patterns" in vars(get_resolver()),
    "frozen": gc.get_freeze_count() > 50_000,
}))
"""


def test_nothing_that_workers_could_not_share_is_open_when_they_are_forked() -> None:
    printed = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=CHECKOUT, check=True, capture_output=True, text=True
    ).stdout

    assert json.loads(printed) == {
        "connections": [],
        "threads": 1,
        "views": True,
        "frozen": True,
    }
