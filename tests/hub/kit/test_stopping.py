"""Asking a process and its children to stop."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator

import pytest

from hub.kit import stopping


@pytest.fixture(autouse=True)
def nobody_asked() -> Iterator[None]:
    yield
    stopping._page[0] = 0


def test_nobody_stops_unasked() -> None:
    assert stopping.is_stopping() is False


def test_children_that_were_forked_before_know_it_too() -> None:
    context = multiprocessing.get_context("fork")
    asked, answers = context.Event(), context.Queue()

    def child() -> None:
        answers.put(stopping.is_stopping())
        asked.wait()
        answers.put(stopping.is_stopping())

    process = context.Process(target=child)
    process.start()
    before = answers.get(timeout=10)
    stopping.request_stop()
    asked.set()
    after = answers.get(timeout=10)
    process.join()

    assert (before, after) == (False, True)
    assert stopping.is_stopping() is True
