"""Which tests of those that run at once one process runs after each other."""

from __future__ import annotations

from typing import Final

from xdist.scheduler import LoadScopeScheduling

TOGETHER: Final = {
    "tests/browser/test_whole_path.py": "hubs",
    "tests/browser/test_filing_survives.py": "hubs",
    "tests/browser/": "browsers",
    "tests/system/": "hubs",
    "tests/hub/cli/": "command line",
    "tests/hub/web/test_admin_pages.py": "operators' pages",
    "tests/hub/web/test_every_page.py": "every page",
    "tests/hub/web/test_hostile_text.py": "hostile text",
    "tests/two_worlds/": "two worlds",
}
"""What takes long: it begins first, and what it needs is made once for all in a group."""


class Together(LoadScopeScheduling):  # type: ignore[misc] # it ships no types
    """Large groups first, then every other test by itself, so that all processes end together."""

    def _split_scope(self, nodeid: str) -> str:
        return next((name for path, name in TOGETHER.items() if nodeid.startswith(path)), nodeid)
