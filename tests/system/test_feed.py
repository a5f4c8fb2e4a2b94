"""The pull feed skips nothing, however late writers commit, and survives a restore."""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hub.cli.home import CHECKOUT, Home
from hub.cli.scratch import scratch_home
from hub.cli.services import embedded
from tests.system.api import Api
from tests.system.bookkeeping import events_of
from tests.system.fixtures import StartHub
from tests.system.harness import Hub, eventually, report
from tests.system.places import Template, dump, restore

pytestmark = pytest.mark.system

WRITERS = 8
LONGEST_DELAY_SECONDS = 0.05
PAGES = {"member-1": 200, "member-2": 50, "member-3": 7}
"""Readers, and how much each asks for at once."""


@dataclass
class FeedReader:
    """One member that follows the feed, and remembers what it has seen."""

    api: Api
    limit: int
    seen: list[str] = field(default_factory=list)
    cursors: list[str] = field(default_factory=list)
    """Beside each event, the cursor that goes on after it."""
    pages: int = 0
    empty_pages: int = 0
    slowest_seconds: float = 0.0

    def read_on(self) -> int:
        """Ask for the next page; how much stood there."""
        after = f"&after={self.cursors[-1]}" if self.cursors else ""
        answer = self.api.get(f"events/?topics=incident.published&limit={self.limit}{after}")
        assert answer.status == 200, answer
        items = answer.document["results"]
        self.seen.extend(item["data"]["event_id"] for item in items)
        self.cursors.extend(item["cursor"] for item in items)
        self.pages += 1
        self.empty_pages += not items
        self.slowest_seconds = max(self.slowest_seconds, answer.seconds)
        return len(items)

    def follow(self, stop: threading.Event) -> None:
        while not stop.is_set():
            if not self.read_on():
                time.sleep(0.03)

    def go_back_to(self, share: float) -> None:
        """Forget what came after this part of it, as a receiver restored from a copy would."""
        kept = int(len(self.seen) * share)
        del self.seen[kept:], self.cursors[kept:]


def test_readers_miss_nothing_and_see_nothing_twice(
    calm_template: Template, start_hub: StartHub, tmp_path: Path, chaos: bool
) -> None:
    count = 5000 if chaos else 200
    hub = start_hub("web", "relay", like=calm_template)
    readers = [FeedReader(hub.api(slug), limit) for slug, limit in PAGES.items()]

    with following(readers):
        write(hub, count)
        await_all(hub, readers)
    check(hub, readers, "written and read at the same time")

    # Some of them are behind, and some events have no position yet, when the dump is made.
    for reader, share in zip(readers, (1, 0.5, 0), strict=True):
        reader.go_back_to(share)
    hub.kill("relay")
    write(hub, count // 10)
    assert hub.books().unplaced == count // 10
    dump(hub.database_url, tmp_path / "dump.sql")
    hub.kill("web")
    with fresh_cluster() as database_url:
        restore(tmp_path / "dump.sql", database_url)
        restored = start_hub("web", "relay", database_url=database_url)
        for reader in readers:
            reader.api.port = restored.port
        with following(readers):
            write(restored, count // 10)
            await_all(restored, readers)
        check(restored, readers, "after dump and restore")
        restored.end()


@contextlib.contextmanager
def following(readers: list[FeedReader]) -> Iterator[None]:
    """Readers page on, as fast as they can, as long as the block."""
    stop = threading.Event()
    with ThreadPoolExecutor(len(readers)) as pool:
        running = [pool.submit(reader.follow, stop) for reader in readers]
        try:
            yield
        finally:
            stop.set()
    for reader in running:
        reader.result()


@contextlib.contextmanager
def fresh_cluster() -> Iterator[str]:
    with (
        scratch_home(Home.of(os.environ)) as home,
        embedded(home, durable=False, broker=False) as services,
    ):
        yield services.database_url


def write(hub: Hub, count: int) -> None:
    arguments = ["filer", str(count), str(WRITERS), str(LONGEST_DELAY_SECONDS)]
    finished = subprocess.run(
        [sys.executable, "-m", "tests.system.in_django", "tests.system.feed_writer", *arguments],
        cwd=CHECKOUT,
        env=hub.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert finished.returncode == 0, finished.stderr


def await_all(hub: Hub, readers: list[FeedReader]) -> None:
    """Wait until everything has its position, and everybody has caught up since."""
    assert eventually(lambda: hub.books().unplaced == 0, seconds=120), hub.what_was_said()
    empty = [reader.empty_pages for reader in readers]
    assert eventually(
        lambda: all(
            reader.empty_pages > before + 1 for reader, before in zip(readers, empty, strict=True)
        ),
        seconds=400,  # the one with the smallest pages has a thousand of them before it
    )


def check(hub: Hub, readers: list[FeedReader], when: str) -> None:
    events = events_of(hub.database_url)  # by id: in the order they were made, not committed
    order = {event: place for place, event in enumerate(events)}
    for reader in readers:
        places = [order[event] for event in reader.seen]
        late = sum(there > here for there, here in itertools.pairwise(places))
        missed = len(set(events) - set(reader.seen))
        twice = len(reader.seen) - len(set(reader.seen))
        report(
            f"\n{when}: {len(events)} events, {len(reader.seen)} read in {reader.pages} pages, "
            f"{missed} missed, {twice} twice; {late} committed later than a younger one; "
            f"slowest page {reader.slowest_seconds:.2f} s"
        )
        assert sorted(reader.seen) == sorted(events)
        assert late > 0  # else the experiment has shown nothing
