"""Two ways to act on a page: with a mouse, and with the keys of a keyboard alone."""

from __future__ import annotations

from typing import Final, Protocol

from playwright.sync_api import Locator, Page, expect

MOST_STEPS: Final = 200
"""From one thing to another."""
WHERE: Final = """(wanted) => {
  const here = document.activeElement
  if (here === wanted) return 'here'
  const isRadio = (one) => one.matches('input[type=radio]')
  if (isRadio(here) && isRadio(wanted) && here.name === wanted.name) return 'in its group'
  const preceding = Node.DOCUMENT_POSITION_PRECEDING
  return here.compareDocumentPosition(wanted) & preceding ? 'before' : 'after'
}"""
KEYS: Final = {"before": "Shift+Tab", "after": "Tab", "in its group": "ArrowDown"}
"""What leads to a thing that stands there, seen from what has the focus."""
SHOWS_FOCUS: Final = """(wanted) => {
  const { outlineStyle, outlineWidth } = getComputedStyle(wanted)
  const { x, y, width, height } = wanted.getBoundingClientRect()
  const seen = document.elementFromPoint(x + width / 2, y + height / 2)
  return document.activeElement === wanted
    && wanted.matches(':focus-visible')
    && outlineStyle !== 'none' && parseFloat(outlineWidth) > 0
    && [wanted, ...(wanted.labels ?? [])].some((one) => one.contains(seen))
}"""
"""That it has the focus, a ring around it, and that nothing lies over it."""


class Hand(Protocol):
    """What somebody does with a thing on a page, however they do it."""

    def write(self, field: Locator, text: str) -> None: ...

    def choose(self, box: Locator) -> None: ...

    def press(self, pressed: Locator) -> None: ...


class Mouse:
    def __init__(self, page: Page) -> None:
        """What it acts on knows its page."""

    def write(self, field: Locator, text: str) -> None:
        field.fill(text)

    def choose(self, box: Locator) -> None:
        box.check()

    def press(self, pressed: Locator) -> None:
        pressed.click()


class Keyboard:
    """Tab, Shift+Tab, Enter, Space, the arrows, and text; what is acted upon shows the focus."""

    def __init__(self, page: Page) -> None:
        self._keys = page.keyboard

    def write(self, field: Locator, text: str) -> None:
        self._reach(field)
        self._keys.type(text)
        expect(field).to_have_value(text)

    def choose(self, box: Locator) -> None:
        """The arrows choose one of several on the way there; Space does what is left to do."""
        self._reach(box)
        if not box.is_checked():
            self._keys.press("Space")
        expect(box).to_be_checked()

    def press(self, pressed: Locator) -> None:
        self._reach(pressed)
        self._keys.press("Enter")

    def _reach(self, wanted: Locator) -> None:
        """Go there as somebody does who sees where it stands: on with Tab, back with Shift+Tab."""
        wanted.wait_for()
        for _ in range(MOST_STEPS):
            where = wanted.evaluate(WHERE)
            if where == "here":
                break
            self._keys.press(KEYS[where])
        assert wanted.evaluate(SHOWS_FOCUS), f"{wanted} does not show that it has the focus"
