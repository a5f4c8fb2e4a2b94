"""A browser for the tests of pages: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, sync_playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage"]

OpenBrowser = Callable[..., BrowserContext]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def chromium(django_db_setup: None) -> Iterator[Browser]:
    """One browser for the tests of a module.

    Playwright's loop runs in this thread until the end, beside the tests' own use of the database.
    """
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("There is no Chromium on this machine: apt-get install chromium-headless-shell")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
            yield browser
            browser.close()


@pytest.fixture
def open_browser(open_browser_at: OpenBrowser, live_server: Any) -> OpenBrowser:
    """Opens a browser of its own on the hub; at the end its console must have been silent."""
    return partial(open_browser_at, live_server.url)


@pytest.fixture
def open_browser_at(chromium: Browser) -> Iterator[OpenBrowser]:
    """As `open_browser`, at an address that is given."""
    opened: list[BrowserContext] = []
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    def open_one(address: str, **options: Any) -> BrowserContext:
        context = chromium.new_context(base_url=address, **options)
        context.set_default_timeout(10_000)
        context.on("console", listen)
        opened.append(context)
        return context

    yield open_one

    for context in opened:
        context.close()
    assert complaints == []
