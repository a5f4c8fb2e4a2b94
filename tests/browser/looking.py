"""What is asked of every page as a browser shows it: access for everybody, and its width."""

from __future__ import annotations

from typing import Any, Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WCAG: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
GOOD_PRACTICE: Final = "best-practice"
"""What axe advises beyond WCAG."""
LEFT_OUT: Final = {
    "landmark-unique": "a table that scrolls by itself bears the name of the panel it stands in",
}
"""Advice that is not followed, and why."""
TELEPHONE: Final = 390
"""Pixels; nothing but what scrolls by itself is wider there."""
UNFOLD: Final = "document.querySelectorAll('details').forEach((one) => (one.open = true))"
TOO_WIDE: Final = """(telephone) => {
  const room = document.documentElement.clientWidth
  const unstacked = [...document.querySelectorAll('.table-stacks')].filter(
    (one) => room <= telephone && one.scrollWidth > one.clientWidth + 1,
  )
  const found = unstacked.map((one) => `does not stack: ${one.outerHTML.slice(0, 160)}`)
  if (document.documentElement.scrollWidth <= room) return found
  const scrolls = (one) => one && (getComputedStyle(one).overflowX !== 'visible'
    || scrolls(one.parentElement.closest('body *')))
  const wide = [...document.querySelectorAll('body *')].filter(
    (one) => one.getBoundingClientRect().right > room + 1 && !scrolls(one),
  )
  const said = wide.map((one) => one.outerHTML.slice(0, 160)).slice(0, 3)
  return [...found, `${document.documentElement.scrollWidth} px wide`, ...said]
}"""
"""How wide the page is, if it does not fit, and some of what is beyond the edge; on a telephone
also the tables that should stand in blocks and scroll instead."""


def broken_rules(page: Page, *rules: str) -> list[str]:
    """The rules of axe that the page breaks, each with the first element that breaks it."""
    options = {
        "runOnly": list(rules or WCAG),
        "rules": {name: {"enabled": False} for name in LEFT_OUT},
        "resultTypes": ["violations"],
    }
    found: list[dict[str, Any]] = Axe().run(page, options=options).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:300]}" for one in found]


def too_wide(page: Page) -> list[str]:
    """What is wider than the window and does not scroll by itself, or scrolls and should not."""
    found: list[str] = page.evaluate(TOO_WIDE, TELEPHONE)
    return found
